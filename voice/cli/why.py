"""`candide why`: on screen, why a product would be offered to a customer, in three depths, and what weighs what."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from voice.cli.printing import print_json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    app.command()(why)


def why(
    customer: Annotated[str, typer.Argument(help="The customer's number or name.")],
    product: Annotated[str, typer.Argument(help="The product's id, or words of its name.")],
    shop: Annotated[
        str | None, typer.Option("--shop", help="A folder, a database file or address; the demo shop by default.")
    ] = None,
    consent: Annotated[
        bool,
        typer.Option(
            "--consent",
            help="The customer is here and says that their purchases may be used, this once; it is recorded.",
        ),
    ] = False,
    language: Annotated[str, typer.Option("--lang", help="fr or en.")] = "fr",
    master: Annotated[str | None, typer.Option("--master", help="The master key of a database.")] = None,
    keys: Annotated[str | None, typer.Option("--keys", help="Address of the data keys.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Why this product, for this customer. Purchases are read only where the customer allows it."""
    from personalization.phrases import LANGUAGES, Phrases
    from personalization.recommend import Recommender
    from personalization.shop import UnknownCustomer
    from personalization.why import UnknownProduct, product_named
    from personalization.why import why as explained

    if language not in LANGUAGES:
        raise typer.BadParameter(f"{language!r}: use one of {', '.join(LANGUAGES)}", param_hint="--lang")
    with _opened(shop, master, keys) as found:
        try:
            thing = product_named(product, found.catalogue, language)
            file = found.open_file(customer)
        except (UnknownProduct, UnknownCustomer) as unknown:
            typer.echo(f"candide: {unknown}", err=True)
            raise typer.Exit(2) from unknown
        with _consented(found, customer, file, consent, language) as changes:
            view = file.advice()
            recommender = Recommender(found.catalogue, found.today, language, found.ranking())
            told = explained(recommender, view, thing, Phrases(language, found.brand), found.today)
        figures = _figures(told, view is not None, changes, language)
    if json_:
        print_json(figures)
    else:
        _show(figures)


@contextlib.contextmanager
def _opened(named: str | None, master: str | None, keys: str | None) -> Iterator[Any]:
    from pathlib import Path

    from personalization.shop import Shop

    folder = Path(named).expanduser() if named else None
    if folder is None or (folder / "shop.yaml").is_file():
        yield Shop.load(folder)
        return
    from personalization.store.shop_store import ShopStore
    from personalization.store.stored_shop import StoredShop

    store = ShopStore.open(named, master, keys)
    try:
        yield StoredShop(store, actor="command")
        store.head()
    finally:
        store.close()


@contextlib.contextmanager
def _consented(shop, customer: str, file, consent: bool, language: str) -> Iterator[list]:
    """The consent stated with --consent, while this command runs; given and over, both are in the ledger."""
    from personalization.consent import Proof
    from personalization.purposes import Purpose, Scope

    changes: list = []
    recorder = shop.recorder(customer) if consent and not file.consents.granted(Purpose.PURCHASES) else None
    try:
        if consent and not file.consents.granted(Purpose.PURCHASES):
            proof = Proof("consent.purchases", 1, language, "candide why --consent", 1.0)
            changes.append(file.consents.grant(Purpose.PURCHASES, Scope.ONCE, proof))
        yield changes
        if changes:
            changes.append(file.consents.spend(Purpose.PURCHASES))
    finally:
        if recorder is not None:
            for each in changes:
                recorder(each)
            recorder.close()


def _figures(told, read: bool, changes: list, language: str) -> dict[str, Any]:
    suggestion, out = told.suggestion, told.kept_out
    evidence = suggestion.evidence if suggestion else ()
    return {
        "product": told.product.id,
        "name": str(told.product.names[language]),
        "offered": told.offer,
        "rule": suggestion.rule if suggestion else None,
        "verified": suggestion.verified if suggestion else None,
        "evidence": [{"product": each.product, "date": each.date.isoformat()} for each in evidence],
        "kept_out": {"rule": out.rule, "until": out.until} if out else None,
        "depths": [list(lines) for lines in told.depths],
        "parts": {name: round(value, 3) for name, value in told.parts.items()},
        "unit": told.unit,
        "purchases_read": read,
        "consent": [{"granted": each.granted, "why": each.why, "said": each.heard} for each in changes],
    }


def _show(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{figures['name']}[/bold] ({figures['product']})")
    if not figures["purchases_read"]:
        console.print("No purchase was read: the customer has not allowed it (--consent, when they say so).")
    out = figures["kept_out"]
    if out:
        until = f" until {out['until']}" if out["until"] else ""
        console.print(f"It would not be offered: {out['rule'].replace('_', ' ')}{until}.")
    elif figures["offered"] == "none":
        console.print("It would not be among three offers, nor among three of its kind.")
    for depth, lines in enumerate(figures["depths"], 1):
        console.print(f"[bold]{depth}[/bold]  {' '.join(lines)}", highlight=False)
    chart = Table(box=None, show_header=False, pad_edge=False)
    most = max((abs(value) for value in figures["parts"].values()), default=0) or 1
    for name, value in figures["parts"].items():
        bar = ("█" if value >= 0 else "░") * round(24 * abs(value) / most)
        chart.add_row(name.replace("_", " "), bar, f"{value:+.2f}")
    console.print(chart)
    console.print(f"({figures['unit']})", style="dim")
