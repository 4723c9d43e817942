"""`candide shop`: brings a retailer's data in, and what is done with a shop kept in a database."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from voice.cli.printing import print_json

__all__ = ["register"]

Shop = Annotated[str, typer.Argument(help="A database file, a folder with a shop.db, or postgresql://user@host/shop.")]
MasterKey = Annotated[
    str | None,
    typer.Option("--master", help="The master key: a file, env:VARIABLE or keyring:NAME.", show_default=False),
]
Keys = Annotated[
    str | None, typer.Option("--keys", help="Address of the data keys; by default beside the file.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Customer = Annotated[str, typer.Argument(help="The customer's number, or name where only one has it.")]


def register(app: typer.Typer) -> None:
    shop = typer.Typer(no_args_is_help=True, help="A shop in a database: import, check, erase, export, back up.")
    app.add_typer(shop, name="shop")
    shop.command("import")(import_)
    from voice.cli.pin import pin

    for command in (check, stats, daily, learn, erase, export, pin, backup, restore):
        shop.command()(command)


def import_(
    source: Annotated[str, typer.Argument(help="A folder of CSV or Parquet files, or a database's address.")],
    to: Annotated[str, typer.Option("--to", help="The shop; made where it isn't there.")] = "shop.db",
    mapping: Annotated[Path | None, typer.Option("--map", help="What their tables and columns are called.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out rows that can't be used.")] = False,
    master: MasterKey = None,
    keys: Keys = None,
    json_: Json = False,
) -> None:
    """Brings products, stores, customers, purchases, returns, stock and orders in. The same again changes nothing."""
    from personalization.store.errors import ImportRefused
    from personalization.store.importing import import_shop
    from personalization.store.mapping import load_mapping
    from personalization.store.sources import open_source

    told, found = load_mapping(mapping), open_source(source)
    store = _open_or_make(source, to, told, master, keys)
    try:
        with _progress() as progress:
            report = import_shop(store, found, told, skip_bad=skip_bad, progress=progress)
    except ImportRefused as refused:
        _tell_problems(refused.problems, refused.count)
        raise
    finally:
        store.close()
    _show_report(report.as_dict(), report.problems, json_)


def check(
    shop: Annotated[str, typer.Argument(help="A shop's database; or a folder or database to import from.")],
    to: Annotated[str | None, typer.Option("--to", help="Check an import into this shop; nothing is written.")] = None,
    mapping: Annotated[Path | None, typer.Option("--map", help="What their tables and columns are called.")] = None,
    master: MasterKey = None,
    keys: Keys = None,
    json_: Json = False,
) -> None:
    """A shop: is every record, key and ledger entry whole? A source: can every row be used? Exit code 1 if not."""
    from personalization.store.places import is_database

    if to is None and mapping is None and is_database(shop):
        _check_shop(shop, master, keys, json_)
    else:
        _check_source(shop, to, mapping, master, keys, json_)


def _check_shop(shop: str, master: str | None, keys: str | None, json_: bool) -> None:
    from personalization.store.checking import check

    with opened(shop, master, keys) as store, _progress() as progress:
        found = check(store, lambda done, total: progress("records", done, total))
    if json_:
        print_json({"records": found.records, "stray_keys": found.stray_keys, "problems": found.problems})
    else:
        typer.echo(f"{found.records:,} sealed records open")
        for problem in found.problems:
            typer.echo(problem, err=True)
    raise typer.Exit(1 if found.problems else 0)


def _check_source(source: str, to: str | None, mapping: Path | None, master, keys, json_: bool) -> None:
    import tempfile
    from datetime import date

    from personalization.store.importing import check_source
    from personalization.store.mapping import load_mapping
    from personalization.store.master import FileMaster
    from personalization.store.shop_store import ShopStore
    from personalization.store.sources import open_source

    told, found = load_mapping(mapping), open_source(source)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        if to is not None:
            store = stack.enter_context(opened(to, master, keys))
        else:  # nothing there yet: checked against an empty shop that is thrown away
            own = FileMaster.create(Path(folder) / "key")
            store = ShopStore.make(f"{folder}/shop.db", "-", {}, own, f"sqlite:///{folder}/keys")
            stack.callback(store.close)
        with _progress() as progress:
            report = check_source(store, found, told, date.today(), progress)
    _show_report(report.as_dict(), report.problems, json_)
    raise typer.Exit(1 if report.left_out else 0)


def stats(shop: Shop, master: MasterKey = None, keys: Keys = None, json_: Json = False) -> None:
    """How much there is of what; nothing about anybody."""
    with opened(shop, master, keys) as store:
        brand, _ = store.brand()
        counts = store.counts()
        figures = {"brand": brand, **counts, "master_key_since": store.keys.rotated.date().isoformat()}
    if json_:
        print_json(figures)
    else:
        for key, value in figures.items():
            typer.echo(f"{key:18}{value:>14,}" if isinstance(value, int) else f"{key:18}{value:>14}")


def daily(
    shop: Shop,
    rotate: Annotated[bool, typer.Option(help="Replace the master key where somebody was erased.")] = True,
    master: MasterKey = None,
    keys: Keys = None,
    json_: Json = False,
) -> None:
    """What is to run every day: unfinished erasures, data whose time is over, the ledger's head."""
    from personalization.store.retention import clean_daily

    with opened(shop, master, keys) as store:
        done = clean_daily(store, rotate=rotate)
    figures = {
        "deleted": done.deleted, "idle_customers_erased": done.idle, "erasures_finished": len(done.receipts),
        "keys_rewrapped": done.rewrapped,
    }  # fmt: skip
    if json_:
        print_json(figures)
    else:
        _lines(figures)


def learn(shop: Shop, master: MasterKey = None, keys: Keys = None, json_: Json = False) -> None:
    """Learns what is bought again and together, from customers who allow improvement statistics for good."""
    from personalization.baskets.model import TooFew
    from personalization.store.habits import learn as learn_now

    with opened(shop, master, keys) as store:
        try:
            baskets = learn_now(store).baskets
        except TooFew as few:
            typer.echo(f"nothing was learnt: {few}", err=True)
            raise typer.Exit(1) from few
    figures = {"customers": len(baskets.users), "baskets": len(baskets), "products": len(baskets.items)}
    if json_:
        print_json(figures)
    else:
        _lines(figures)


def erase(
    shop: Shop,
    customer: Customer,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    receipt: Annotated[Path | None, typer.Option("--receipt", help="Where the receipt is written, JSON.")] = None,
    master: MasterKey = None,
    keys: Keys = None,
) -> None:
    """Destroys a customer's key, rows and all that was derived from them. It can't be undone."""
    import json

    from personalization.store.erasure import erase as erase_now

    with opened(shop, master, keys) as store:
        uid = store.find(customer)
        if not yes and not typer.confirm("Erase this customer for good?"):
            raise typer.Exit(1)
        told = erase_now(store, uid).as_dict()
        store.head()
    if receipt is not None:
        receipt.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print_json(told)


def export(
    shop: Shop,
    customer: Customer,
    out: Annotated[Path, typer.Option("--out", help="A folder for the copy.")] = Path("copy"),
    master: MasterKey = None,
    keys: Keys = None,
) -> None:
    """A customer's copy of their data: JSON, CSV, and a page to read."""
    from personalization.store.exporting import write_copy

    with opened(shop, master, keys) as store:
        for path in write_copy(store, store.find(customer), out):
            typer.echo(path)


def backup(
    shop: Shop, file: Annotated[Path, typer.Argument(help="A new file.")], master: MasterKey = None, keys: Keys = None
) -> None:
    """Copies the database while it is in use. The data keys aren't in it: see candide keys backup."""
    from personalization.store.backup import back_up

    with opened(shop, master, keys) as store:
        back_up(store, file)
    typer.echo(f"{file}: made; it opens with the data keys only, and never for a customer who was erased")


def restore(
    file: Annotated[Path, typer.Argument(help="What candide shop backup made.")],
    shop: Shop,
    master: MasterKey = None,
    keys: Keys = None,
) -> None:
    """Puts a backup in the place of the database. Stop what uses it first. Erased customers stay erased."""
    from personalization.store.backup import restore as put_back

    gone, ledger = put_back(file, shop, master, keys)
    typer.echo(f"{shop}: restored; {gone} erased since then and left out")
    if not ledger:
        typer.echo("the ledger could not be carried over: it ends where the backup was made", err=True)


@contextlib.contextmanager
def opened(shop: str, master: str | None, keys: str | None) -> Iterator[Any]:
    """The shop's store, closed at the end. Raises StoreError."""
    from personalization.store.shop_store import ShopStore

    store = ShopStore.open(shop, master, keys)
    try:
        yield store
    finally:
        store.close()


def _open_or_make(source: str, to: str, told, master: str | None, keys: str | None):
    from personalization.shop import read_settings
    from personalization.store.database import open_database, sqlite_file
    from personalization.store.migrating import is_made
    from personalization.store.places import address
    from personalization.store.shop_store import ShopStore

    url = address(to)
    file = sqlite_file(url)
    if (file is None or file.is_file()) and is_made(open_database(url)):
        return ShopStore.open(to, master, keys)
    settings = dict(told.settings)
    sheet = Path(source).expanduser() / "shop.yaml"
    if "://" not in source and sheet.is_file():
        settings = read_settings(sheet) | settings
    brand = told.brand or settings.get("brand") or "Candide"
    return ShopStore.make(to, str(brand), settings, master, keys)


@contextlib.contextmanager
def _progress() -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:11}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield progress


def _show_report(figures: dict[str, Any], problems, json_: bool) -> None:
    if json_:
        print_json(figures | {"problems": [str(problem) for problem in problems]})
        return
    _tell_problems(problems, figures["left_out"])
    _lines(figures)


def _tell_problems(problems, count: int) -> None:
    for problem in problems[:20]:
        print(problem, file=sys.stderr)
    if count > 20:
        print(f"... and {count - 20:,} more", file=sys.stderr)


def _lines(figures: dict[str, Any]) -> None:
    for key, value in figures.items():
        if isinstance(value, dict):
            typer.echo(f"{key}: {', '.join(f'{name} {count:,}' for name, count in value.items()) or 'nothing'}")
        else:
            typer.echo(f"{key}: {value:,}" if isinstance(value, int) else f"{key}: {value}")
