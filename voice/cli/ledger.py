"""`candide ledger`: is the record of every use whole, and what does it end with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from voice.cli.printing import print_json
from voice.cli.shop import Json, Keys, MasterKey, Shop, opened

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    ledger = typer.Typer(no_args_is_help=True, help="The ledger of a shop in a database.")
    app.add_typer(ledger, name="ledger")
    for command in (verify, head, show):
        ledger.command()(command)


def verify(
    shop: Shop,
    heads: Annotated[
        Path | None,
        typer.Option("--heads", help="Heads that were kept elsewhere; by default those in the configuration."),
    ] = None,
    master: MasterKey = None,
    keys: Keys = None,
    json_: Json = False,
) -> None:
    """Finds any edit, deletion, swap or cut. Exit code 1 if there is one."""
    from personalization.store.ledger import heads_in

    with opened(shop, master, keys) as store:
        path = heads or store.places.heads
        known = heads_in(path) if heads or path.is_file() else ()
        verdict = store.ledger.verify(known)
    if json_:
        print_json({"entries": verdict.entries, "heads": len(known), "problems": list(verdict.problems)})
    else:
        for problem in verdict.problems:
            typer.echo(problem, err=True)
        whole = "changed" if verdict.problems else "whole"
        typer.echo(f"{verdict.entries:,} entries, {len(known)} exported heads: {whole}")
    raise typer.Exit(1 if verdict.problems else 0)


def head(shop: Shop, master: MasterKey = None, keys: Keys = None) -> None:
    """Prints the last entry's head, one JSON line, and adds it to the heads kept outside the database.

    Put it where nobody who can write the database can write: print it, mail it, publish it.
    """
    with opened(shop, master, keys) as store:
        typer.echo(json.dumps(asdict(store.head())))


def show(
    shop: Shop,
    customer: Annotated[str | None, typer.Option("--customer", help="Only about this customer, opened.")] = None,
    last: Annotated[int, typer.Option("--last", help="How many.", min=1)] = 50,
    master: MasterKey = None,
    keys: Keys = None,
) -> None:
    """The last entries. What tells about a customer is shown where they are named, and that look is entered too."""
    from collections import deque

    with opened(shop, master, keys) as store:
        if customer is None:
            found = deque(store.ledger.entries(), last)
        else:
            uid = store.find(customer)
            store.ledger.record("access", "command", {"what": "ledger"}, subject=uid)
            found = deque(store.ledger.entries(uid, store.keys.sealer(uid)), last)
    for entry in found:
        told = "(sealed)" if entry.detail is None else json.dumps(entry.detail, ensure_ascii=False)
        typer.echo(f"{entry.seq:>8}  {entry.at}  {entry.kind:<11} {entry.actor:<13} {told}")
