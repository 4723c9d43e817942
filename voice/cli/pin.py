"""`candide shop pin`: gives a customer what they prove themselves with on the telephone."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from voice.cli.shop import Customer, Keys, MasterKey, Shop, opened

__all__ = ["pin"]


def pin(
    shop: Shop,
    customer: Customer,
    authenticator: Annotated[
        bool, typer.Option("--authenticator", help="Make a secret for an authenticator app, too; printed once.")
    ] = False,
    master: MasterKey = None,
    keys: Keys = None,
) -> None:
    """Sets a customer's PIN: asked for, or the first line of the standard input."""
    from personalization.identity.identification import Identification
    from personalization.identity.pin import PinError

    with opened(shop, master, keys) as store:
        uid = store.find(customer)
        typed = _asked() if sys.stdin.isatty() else sys.stdin.readline()
        try:
            Identification(store).set_pin(uid, typed.strip())
        except PinError as wrong:
            raise typer.BadParameter(str(wrong), param_hint="PIN") from wrong
        typer.echo("The PIN is set.")
        if authenticator:
            typer.echo(Identification(store).enrol_totp(uid))


def _asked() -> str:
    return typer.prompt("PIN", hide_input=True, confirmation_prompt=True)
