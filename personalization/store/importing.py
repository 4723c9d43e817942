"""Brings a shop in: every row is checked and sealed first, then all of it is written in one transaction, or nothing.

Importing the same again changes nothing: a record is recognised by a keyed hash of what makes it that record. The
database is locked only while it writes.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Table as SqlTable
from sqlalchemy import bindparam, func, insert, select, update

from personalization.catalogue import (
    CATEGORY_COLUMNS,
    PRODUCT_COLUMNS,
    CatalogueError,
    Category,
    Product,
    category_from_row,
    product_from_row,
)
from personalization.customer import Order
from personalization.shop import store_from_row
from personalization.store import schema
from personalization.store.bulk import insert_records
from personalization.store.database import read, write
from personalization.store.errors import ImportRefused
from personalization.store.importing_people import People
from personalization.store.mapping import COLUMNS, Mapping
from personalization.store.records import order_text, purchase_text
from personalization.store.shop_store import ShopStore
from personalization.store.sources import Source, Table, tables_of
from personalization.store.spool import Spool
from personalization.store.validation import Days, Problems, identifier, money, quantity, status

__all__ = ["Import", "Report", "check_source", "import_shop"]

Progress = Callable[[str, int, int], None]
"""Told what is being done ("purchases", "writing"), how much of it is, and of how much."""


@dataclass
class Report:
    """What came in."""

    read: dict[str, int] = field(default_factory=dict)
    """Rows by table."""
    new: dict[str, int] = field(default_factory=dict)
    """Rows that weren't there, by table."""
    changed: dict[str, int] = field(default_factory=dict)
    left_out: int = 0
    """Rows that can't be used."""
    erased: int = 0
    """Rows of customers who had their data erased: they aren't brought back."""
    problems: tuple[CatalogueError, ...] = ()
    """The first thousand of what can't be used."""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain types; no value of a row, only counts."""
        return {
            "read": self.read, "new": self.new, "changed": self.changed, "left_out": self.left_out,
            "erased": self.erased, "seconds": round(self.seconds, 2),
        }  # fmt: skip


def import_shop(
    store: ShopStore,
    source: Source,
    mapping: Mapping | None = None,
    today: date | None = None,
    skip_bad: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> Report:
    """Imports what the source has.

    Args:
        skip_bad: leave out rows that can't be used; otherwise one such row and nothing is imported.

    Raises:
        ImportRefused: rows can't be used. CatalogueError: a file can't be read. StoreError: the database can't be
            written. In each case nothing was changed.
    """
    began = time.perf_counter()
    with store.exclusive():
        work = Import(store, mapping or Mapping(), today or date.today(), progress)
        try:
            work.prepare(source)
            if work.problems.count and not skip_bad:
                raise ImportRefused(tuple(work.problems.first), work.problems.count)
            work.write()
        finally:
            work.spool.close()
    work.report.seconds = time.perf_counter() - began
    return work.report


def check_source(store: ShopStore, source: Source, mapping: Mapping, today: date, progress: Progress) -> Report:
    """What an import would say, and nothing is written."""
    work = Import(store, mapping, today, progress)
    try:
        work.prepare(source)
    finally:
        work.spool.close()
    return work.report


class Import:
    """One import. `prepare` reads, checks and seals; `write` writes."""

    def __init__(self, store: ShopStore, mapping: Mapping, today: date, progress: Progress) -> None:
        self.store, self.mapping, self.today, self.progress = store, mapping, today, progress
        self.problems, self.report = Problems(), Report()
        self.spool = Spool(("purchases", "orders"))
        self._kinds, self._things, self._places = (
            _rows(store, "categories"),
            _rows(store, "products"),
            _rows(store, "stores"),
        )
        self.categories: dict[str, Category] = {
            id: category_from_row(dict.fromkeys(CATEGORY_COLUMNS, "") | row, {}) for id, row in self._kinds.items()
        }
        self.products: dict[str, Product] = {id: self._product(row) for id, row in self._things.items()}
        self.people = People(store, self.problems, self.report, self.spool)
        self._changed: dict[str, dict[str, dict[str, str]]] = {"categories": {}, "products": {}, "stores": {}}
        self._stocks: dict[str, int] = {}
        self._sold: Counter[str] = Counter()
        self._counts_sold = False

    def prepare(self, source: Source) -> None:
        found = set()
        for table in tables_of(source, self.mapping):
            found.add(table.name)
            self.report.read[table.name] = 0
            if table.name == "products":
                self._counts_sold = "sold" not in table.present
            getattr(self, f"_{table.name}")(table)
            self.progress(table.name, table.size, table.size)
        if not found:
            raise CatalogueError(
                "the source", 0, f"none of these is in it: {', '.join(COLUMNS)}; add one or a mapping file"
            )
        self.report.left_out = self.problems.count
        self.report.problems = tuple(self.problems.first)

    def _each(self, table: Table, build: Callable[[dict[str, str]], None]) -> None:
        """Each row as a dict, for tables of moderate size."""
        columns = COLUMNS[table.name]
        for line, values in table.rows:
            self._count(table)
            told = {column: value for column, value in zip(columns, values, strict=True) if column in table.present}
            try:
                build(told)
            except ValueError as wrong:
                self.problems.add(table.where, line, str(wrong))

    def _count(self, table: Table) -> None:
        self.report.read[table.name] += 1
        if self.report.read[table.name] % 5000 == 0:
            self.progress(table.name, table.done(), table.size)

    # What everybody may see

    def _categories(self, table: Table) -> None:
        def build(told: dict[str, str]) -> None:
            row = self._kinds.get(told["id"], {}) | told
            made = category_from_row(dict.fromkeys(CATEGORY_COLUMNS, "") | row, {})
            self._keep("categories", identifier(told["id"], "id"), row)
            self.categories[made.id] = made

        self._each(table, build)

    def _products(self, table: Table) -> None:
        def build(told: dict[str, str]) -> None:
            row = self._things.get(told["id"], {}) | told
            made = self._product(row)
            self._keep("products", identifier(told["id"], "id"), row)
            self.products[made.id] = made

        self._each(table, build)

    def _product(self, row: dict[str, str]) -> Product:
        return product_from_row(dict.fromkeys(PRODUCT_COLUMNS, "") | row, self.categories)

    def _stores(self, table: Table) -> None:
        def build(told: dict[str, str]) -> None:
            row = {"address": "", "phone": "", "hours": ""} | self._places.get(told["id"], {}) | told
            store_from_row(row)
            self._keep("stores", identifier(told["id"], "id"), row)

        self._each(table, build)

    def _keep(self, name: str, id: str, row: dict[str, str]) -> None:
        if id in self._changed[name]:
            raise ValueError(f"id {id!r} stands on an earlier line too: give this one another id")
        self._changed[name][id] = row

    def _stock(self, table: Table) -> None:
        def build(told: dict[str, str]) -> None:
            if told["product"] not in self.products:
                raise ValueError(f"product {told['product']!r} is not among the products: add it there or correct it")
            if told["product"] in self._stocks:
                raise ValueError(f"product {told['product']!r} stands on an earlier line too: leave one")
            if not (told["stock"].isascii() and told["stock"].isdigit()):
                raise ValueError(f"the stock is {told['stock']!r}: write a whole number from 0")
            self._stocks[told["product"]] = int(told["stock"])

        self._each(table, build)

    def _customers(self, table: Table) -> None:
        stores = frozenset({*self._places, *self._changed["stores"]})
        for line, values in table.rows:
            self._count(table)
            told = {
                column: value
                for column, value in zip(COLUMNS["customers"], values, strict=True)
                if column in table.present
            }
            self.people.customer(table.where, line, told, self.today, stores)

    def _purchases(self, table: Table) -> None:
        """The long one: a loop with as little in it as it takes."""
        days, people, products = Days(self.today, self.mapping.of("purchases").date_format), self.people, self.products
        sensitive = {each.id: each.sensitive or self.categories[each.category].sensitive for each in products.values()}
        prices, counts, recent, read = {"": ""}, {"": 1}, (self.today - timedelta(days=365)).isoformat(), 0
        written: dict[tuple[str, str], str] = {}
        for line, (customer, product, day, ago, count, price, returned, returned_ago, order, id) in table.rows:
            read += 1
            if read % 5000 == 0:
                self.progress("purchases", table.done(), table.size)
            try:
                if product not in products:
                    raise ValueError(f"product {product!r} is not among the products: add it there or correct it")
                made = written.get((day, ago))
                if made is None:
                    made = written[day, ago] = days.past(day, ago).isoformat()
                if price not in prices:
                    prices[price] = money(price)
                if count not in counts:
                    counts[count] = quantity(count)
                paid = prices[price] or f"{products[product].price:.2f}"
                back = ""
                if returned or returned_ago:
                    back = days.past(returned, returned_ago, "day of return").isoformat()
                    if back < made:
                        raise ValueError("it was returned before it was bought: correct one of the days")
                if not order.isprintable():
                    raise ValueError("the order's number holds control characters: correct it")
                text = purchase_text(product, made, counts[count], paid, back, order, sensitive[product], line)
                told = f"{product}\0{made}\0{count}\0{price}\0{order}"
                if people.purchase(customer, told, id, text, bool(back)) and made > recent:
                    self._sold[product] += 1
            except ValueError as wrong:
                self.problems.add(table.where, line, str(wrong))
        self.report.read["purchases"] = read

    def _returns(self, table: Table) -> None:
        days = Days(self.today, self.mapping.of("returns").date_format)

        def build(told: dict[str, str]) -> None:
            day = days.past(told.get("date", ""), told.get("days_ago", ""))
            if told["product"] not in self.products:
                raise ValueError(f"product {told['product']!r} is not among the products: add it there or correct it")
            self.people.give_back(told["customer"], told["product"], day, told.get("order", ""))

        self._each(table, build)

    def _orders(self, table: Table) -> None:
        days = Days(self.today, self.mapping.of("orders").date_format)

        def build(told: dict[str, str]) -> None:
            items = tuple(told.get("items", "").split())
            for each in items:
                if each not in self.products:
                    raise ValueError(f"product {each!r} is not among the products: add it there or correct it")
            expected = days.any(told.get("expected", ""), told.get("in_days", ""), "day it is expected")
            made = Order(identifier(told["order"], "order's number"), status(told["status"]), expected, items)
            self.people.order(told["customer"], made.id, order_text(made, self.report.read["orders"]))

        self._each(table, build)

    # Writing

    def write(self) -> None:
        store, new = self.store, self.people.new_keys
        store.keys.add(new)
        try:
            with write(store.engine) as connection:
                self._write(connection)
        except BaseException:
            if new:
                store.keys.destroy(new)
            raise

    def _write(self, connection) -> None:
        before = {name: _count(connection, name) for name in ("customers", "purchases", "orders")}
        for name in ("categories", "stores", "products"):
            self._write_rows(connection, name)
        for product, stock in self._stocks.items():
            connection.execute(update(schema.products).where(schema.products.c.id == product).values(stock=stock))
        if self._counts_sold and self._sold:
            table = schema.products
            change = update(table).where(table.c.id == bindparam("of"), table.c.sold < bindparam("sales"))
            rows = [{"of": id, "sales": count} for id, count in self._sold.items()]
            connection.execute(change.values(sold=bindparam("sales")), rows)
        self.people.write(connection)
        self._write_records(connection, "purchases")
        self._write_records(connection, "orders")
        for name, count in before.items():
            if name in self.report.read:
                self.report.new[name] = _count(connection, name) - count
        told = self.report.as_dict()
        del told["seconds"]
        at = datetime.now(UTC).isoformat(timespec="seconds")
        connection.execute(insert(schema.imports).values(at=at, report=json.dumps(told)))
        self.store.ledger.append(connection, "import", "command", told)

    def _write_rows(self, connection, name: str) -> None:
        """Catalogue rows: new ones, and those that say something else than before."""
        table: SqlTable = schema.SHOP.tables[name]
        known = {"categories": self._kinds, "stores": self._places, "products": self._things}[name]
        fresh = {id: row for id, row in self._changed[name].items() if id not in known}
        other = {id: row for id, row in self._changed[name].items() if id in known and row != known[id]}
        if name in self.report.read:
            self.report.new[name], self.report.changed[name] = len(fresh), len(other)
        if fresh:
            connection.execute(insert(table), [self._values(name, id, row) for id, row in fresh.items()])
        if other:
            values = [
                {f"to_{key}": value for key, value in self._values(name, id, row).items()} for id, row in other.items()
            ]
            change = update(table).where(table.c.id == bindparam("to_id"))
            named = {column.name: bindparam(f"to_{column.name}") for column in table.c if column.name != "id"}
            connection.execute(change.values(**named), values)

    def _values(self, name: str, id: str, row: dict[str, str]) -> dict[str, Any]:
        values: dict[str, Any] = {"id": id, "row": json.dumps(row, ensure_ascii=False, sort_keys=True)}
        if name == "products":
            values |= {"stock": int(row.get("stock") or 0), "sold": int(row.get("sold") or 0)}
        return values

    def _write_records(self, connection, name: str) -> None:
        total, done = self.spool.count(name), 0

        def batches(anew: bool):
            nonlocal done
            for rows in self.spool.batches(name, anew):
                yield rows
                done += len(rows)
                self.progress("writing", done, total)

        for anew in (False, True):
            insert_records(connection, schema.SHOP.tables[name], batches(anew), replace=anew)


def _count(connection, name: str) -> int:
    return connection.scalar(select(func.count()).select_from(schema.SHOP.tables[name]))


def _rows(store: ShopStore, name: str) -> dict[str, dict[str, str]]:
    """Rows of the catalogue as they are, by id."""
    table = schema.SHOP.tables[name]
    with read(store.engine) as connection:
        found: Iterable = connection.execute(select(table)).all()
    if name != "products":
        return {row.id: json.loads(row.row) for row in found}
    return {row.id: json.loads(row.row) | {"stock": str(row.stock), "sold": str(row.sold)} for row in found}
