"""`candide staff`: accounts of the people who take calls over, and what they may read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from voice.cli.printing import print_json
from voice.cli.shop import Json, Keys, MasterKey, Shop, opened

__all__ = ["register"]

Name = Annotated[str, typer.Argument(help="Of the account.")]
As = Annotated[str, typer.Option("--as", help="Who looks: the name of an account.")]


def register(app: typer.Typer) -> None:
    staff = typer.Typer(no_args_is_help=True, help="Accounts of the people who work for the shop.")
    app.add_typer(staff, name="staff")
    for command in (add, list_, password, authenticator, close, handoffs, looks):
        staff.command(command.__name__.rstrip("_"))(command)


def add(
    shop: Shop,
    name: Name,
    role: Annotated[str, typer.Option("--role", help="agent or privacy.")] = "agent",
    master: MasterKey = None,
    keys: Keys = None,
) -> None:
    """Opens an account: the password is asked for, or the input's first line; the authenticator's secret is printed."""
    from personalization.identity.staff import Role

    if role not in tuple(Role):
        raise typer.BadParameter(f"{role!r}: use one of {', '.join(Role)}", param_hint="--role")
    with _staff(shop, master, keys) as (_, staff):
        uri = staff.add(name, Role(role), _secret("Password", confirm=True))
    typer.echo(
        f"{name} has an account ({role}). Their authenticator reads this, once (a QR code of it, or the secret):"
    )
    typer.echo(uri)


def list_(shop: Shop, master: MasterKey = None, keys: Keys = None, json_: Json = False) -> None:
    """Who has an account, of which role, and when they last signed in."""
    from dataclasses import asdict

    with _staff(shop, master, keys) as (_, staff):
        found = staff.accounts()
    if json_:
        print_json({"accounts": [asdict(each) for each in found]})
        return
    for each in found:
        factor = "second factor shown" if each.confirmed else "second factor not shown yet"
        state = factor if each.closed is None else "closed"
        last = datetime.fromtimestamp(each.signed_in, UTC).isoformat(timespec="minutes") if each.signed_in else "never"
        typer.echo(f"{each.name:30} {each.role:8} signed in {last:24} {state}")
    if not found:
        typer.echo("Nobody has an account: candide staff add")


def password(shop: Shop, name: Name, master: MasterKey = None, keys: Keys = None) -> None:
    """Sets another password: asked for, or the first line of the standard input."""
    with _staff(shop, master, keys) as (_, staff):
        staff.set_password(name, _secret("New password", confirm=True))
    typer.echo("The password is set.")


def authenticator(shop: Shop, name: Name, master: MasterKey = None, keys: Keys = None) -> None:
    """Makes another secret for an authenticator app; the one before holds no more. Printed once."""
    with _staff(shop, master, keys) as (_, staff):
        typer.echo(staff.new_authenticator(name))


def close(shop: Shop, name: Name, master: MasterKey = None, keys: Keys = None) -> None:
    """Closes an account. What was done by it stays in the ledger."""
    with _staff(shop, master, keys) as (_, staff):
        staff.close(name)
    typer.echo(f"Nobody comes in as {name} any more.")


def handoffs(
    shop: Shop,
    who: As,
    open_: Annotated[
        str | None, typer.Option("--open", help="The hand-off to read: the beginning of its id is enough.")
    ] = None,
    master: MasterKey = None,
    keys: Keys = None,
    json_: Json = False,
) -> None:
    """Hand-offs that wait, or one of them whole. Password and code are asked for, or are two lines of the input."""
    from personalization.store.handoffs import NoSuchHandoff

    with _desk(shop, who, master, keys) as desk:
        if open_ is None:
            waiting = desk.waiting()
            if json_:
                print_json({"handoffs": list(waiting)})
            for each in () if json_ else waiting:
                known = "proved who they are" if each["authenticated"] else "unknown"
                reasons = ", ".join(each["reasons"])
                typer.echo(
                    f"{each['id'][:10]}  {each['at'][:16]}  {each['outcome']:11} {each['language']}  {known}: {reasons}"
                )
            return
        try:
            found = desk.read(open_)
        except NoSuchHandoff as wrong:
            raise typer.BadParameter(str(wrong), param_hint="--open") from wrong
        told = found.outline() | found.told
        if json_:
            print_json(told)
        else:
            for key, value in told.items():
                typer.echo(f"{key:16} {_words(value)}")


def looks(shop: Shop, who: As, master: MasterKey = None, keys: Keys = None, json_: Json = False) -> None:
    """Who looked at what, and who signed in or was refused. Password and code are asked for, or are two lines."""
    with _desk(shop, who, master, keys) as desk:
        rows = [{"at": each.at, "actor": each.actor, "kind": each.kind, "detail": each.detail} for each in desk.looks()]
    if json_:
        print_json({"looks": rows})
        return
    for row in rows:
        typer.echo(f"{row['at'][:19]}  {row['actor']:30} {row['kind']:9} {_words(row['detail'])}")


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_words(each)}" for key, each in value.items()) or "-"
    if isinstance(value, (list, tuple)):
        return " | ".join(map(_words, value)) or "-"
    return "-" if value in (None, "") else str(value)


@contextmanager
def _staff(shop: str, master: str | None, keys: str | None) -> Iterator[tuple[Any, Any]]:
    """(store, accounts); what they refuse is said in a sentence."""
    from personalization.identity.staff import Staff, StaffError

    with opened(shop, master, keys) as store:
        try:
            yield store, Staff(store)
        except StaffError as wrong:
            typer.echo(f"candide: {wrong}", err=True)
            raise typer.Exit(2) from wrong


@contextmanager
def _desk(shop: str, who: str, master: str | None, keys: str | None) -> Iterator[Any]:
    """The desk of somebody who shows both factors. Exit code 1: they don't, or their role may not do that."""
    from personalization.identity.desk import Desk, NotAllowed

    with _staff(shop, master, keys) as (store, staff):
        typed = _secret("Password")
        verdict = staff.sign_in(who, typed, _secret("Code").replace(" ", ""), "command")
        if verdict is None or isinstance(verdict, float):
            why = "the name, the password or the code is wrong" if verdict is None else _wait(verdict)
            typer.echo(f"candide: {why}", err=True)
            raise typer.Exit(1)
        try:
            yield Desk(store, verdict)
        except NotAllowed as refused:
            typer.echo(f"candide: {refused}", err=True)
            raise typer.Exit(1) from refused


def _wait(seconds: float) -> str:
    return f"too many tries: wait {max(1, round(seconds / 60))} minutes"


def _secret(what: str, confirm: bool = False) -> str:
    if sys.stdin.isatty():
        return typer.prompt(what, hide_input=True, confirmation_prompt=confirm)
    return sys.stdin.readline().rstrip("\r\n")
