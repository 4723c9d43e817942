"""A whole shop read from a folder of CSV files: catalogue, stores, customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from personalization.assets import asset
from personalization.catalogue import Catalogue, CatalogueError, load_catalogue, rows_of
from personalization.consent import Consents
from personalization.customer import Customer, Order, OrderStatus, Purchase
from personalization.grammar import plain
from personalization.view import CustomerFile

__all__ = ["Shop", "Store", "UnknownCustomer", "read_settings", "store_from_row"]


class UnknownCustomer(LookupError):
    """No customer of that name; the message lists those there are."""

    def __init__(self, name: str, names: tuple[str, ...]) -> None:
        self.name, self.names = name, names
        super().__init__(f"no customer named {name!r}: the customers are {', '.join(names)}")


@dataclass(frozen=True)
class Store:
    id: str
    name: str
    """The town or quarter it goes by: "Lyon Bellecour"."""
    address: str
    phone: str
    """As it is said, in pairs."""
    opens: dict[int, tuple[time, time]]
    """Opening and closing time by weekday (Monday is 0); a weekday that isn't there is closed."""

    def open_at(self, moment: datetime) -> bool:
        hours = self.opens.get(moment.weekday())
        return hours is not None and hours[0] <= moment.time() < hours[1]


class Shop:
    """Brand, catalogue, stores and customers.

    Raw customers stay inside: `open_file` hands one out behind their consents.
    """

    def __init__(
        self,
        brand: str,
        catalogue: Catalogue,
        stores: tuple[Store, ...],
        customers: tuple[Customer, ...],
        today: date,
        problems: tuple[CatalogueError, ...] = (),
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.brand = brand
        self.catalogue = catalogue
        self.stores = stores
        self.customers = customers
        self.today = today
        self.problems = problems
        self.settings = settings or {}

    @classmethod
    def load(cls, folder: Path | None = None, today: date | None = None) -> Shop:
        """Read a shop's folder (the demo shop's by default). Bad rows are left out and stand in `problems`.

        Args:
            today: dates of purchases and orders count from it; the machine's date by default.

        Raises:
            CatalogueError: a file is missing or can't be read at all.
            AssetMissing: no folder was given and the demo shop isn't there.
        """
        folder = folder or asset("shop")
        today = today or date.today()
        settings = read_settings(folder / "shop.yaml")
        catalogue = load_catalogue(folder)
        problems = list(catalogue.problems)
        columns = ("id", "name", "address", "phone", "hours")
        stores = tuple(_each(folder / "stores.csv", columns, store_from_row, problems))
        customers = _customers(folder, catalogue, today, problems)
        return cls(str(settings["brand"]), catalogue, stores, customers, today, tuple(problems), settings)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(customer.name for customer in self.customers)

    def customer(self, name: str) -> Customer:
        """The customer of this name or id; case and accents don't matter.

        Raises:
            UnknownCustomer: there is none.
        """
        wanted = plain(name)
        for customer in self.customers:
            if wanted in (plain(customer.name), plain(customer.id)):
                return customer
        raise UnknownCustomer(name, self.names)

    def open_file(self, name: str, consents: Consents | None = None) -> CustomerFile:
        """The customer's data behind their consents (none granted, unless given).

        Raises:
            UnknownCustomer: there is none of this name.
        """
        customer = self.customer(name)
        return CustomerFile(customer, consents, self.today, customer.id)

    def recorder(self, name: str) -> Any:
        """Listens to the journal of a conversation with this customer; None in a shop of files, which keeps nothing."""
        return None

    def ranking(self) -> Any:
        """What ranks by other customers' baskets; None in a shop of files, where no consent to that is kept."""
        return None

    def store(self, name: str) -> Store | None:
        """The store whose id or name holds these words; None where none or several do."""
        wanted = plain(name)
        found = [each for each in self.stores if wanted in (each.id, plain(each.name))]
        found = found or [each for each in self.stores if wanted and wanted in plain(each.name)]
        return found[0] if len(found) == 1 else None


def read_settings(path: Path) -> dict[str, Any]:
    """A shop's YAML settings. Raises CatalogueError where they can't be read or name no brand."""
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise CatalogueError(
            path.name, 0, "the file is missing: it needs at least 'brand: the shop's name'"
        ) from missing
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        raise CatalogueError(path.name, 1, f"not well-formed YAML: {str(wrong).splitlines()[0]}") from wrong
    if not isinstance(settings, dict) or not settings.get("brand"):
        raise CatalogueError(path.name, 1, "it has no brand: add 'brand: the shop's name'")
    return settings


def _each(path: Path, columns: tuple[str, ...], build, problems: list[CatalogueError]):
    """Each row built; one that can't be is reported and left out. A file that isn't there is an empty one."""
    if not path.is_file():
        return
    for line, row in rows_of(path, columns):
        try:
            yield build(row)
        except ValueError as wrong:
            problems.append(CatalogueError(path.name, line, str(wrong)))


def store_from_row(row: dict[str, str]) -> Store:
    """Hours are written "0-4 9:30-19:00; 5 10:00-18:00": weekdays (Monday is 0), opening, closing."""
    opens: dict[int, tuple[time, time]] = {}
    for part in filter(None, (each.strip() for each in row["hours"].split(";"))):
        try:
            days, hours = part.split()
            first, _, last = days.partition("-")
            start, end = (time(*map(int, each.split(":"))) for each in hours.split("-"))
        except (ValueError, TypeError) as wrong:
            raise ValueError(f"hours {part!r} aren't understood: write them as 0-4 9:30-19:00") from wrong
        opens |= {day: (start, end) for day in range(int(first), int(last or first) + 1)}
    return Store(row["id"], row["name"], row["address"], row["phone"], opens)


def _customers(folder: Path, catalogue: Catalogue, today: date, problems: list[CatalogueError]) -> tuple[Customer, ...]:
    """Customers with their purchases and orders joined on."""
    bought: dict[str, list[Purchase]] = {}
    orders: dict[str, list[Order]] = {}

    def purchase(row: dict[str, str]) -> None:
        product = _product_of(row["product"], catalogue)
        day = _ago(row, "days_ago", today)
        returned = _ago(row, "returned_days_ago", today) if row["returned_days_ago"] else None
        count = int(row["quantity"] or 1) if (row["quantity"] or "1").isdigit() else 0
        if day > today or count < 1:
            raise ValueError("days_ago and quantity are whole numbers from 0 and from 1: correct them")
        why = catalogue.sensitive(product)
        made = Purchase(product.id, day, count, product.price, returned, row["order"], why)
        bought.setdefault(row["customer"], []).append(made)

    def order(row: dict[str, str]) -> None:
        items = tuple(_product_of(each, catalogue).id for each in row["items"].split())
        expected = today + timedelta(days=int(row["in_days"])) if row["in_days"] else None
        made = Order(row["order"], OrderStatus(row["status"]), expected, items)
        orders.setdefault(row["customer"], []).append(made)

    def customer(row: dict[str, str]) -> Customer:
        if not row["id"] or not row["name"]:
            raise ValueError("the id or the name is empty: a customer needs both")
        birth = int(row["birth_year"]) if row["birth_year"] else None
        history = tuple(sorted(bought.pop(row["id"], ()), key=lambda each: each.date))
        own = tuple(orders.pop(row["id"], ()))
        return Customer(
            row["id"],
            row["name"],
            row["language"] or "fr",
            birth,
            row["store"],
            history,
            own,
            row["open_case"] or None,
            row["story"],
        )

    columns = ("customer", "product", "days_ago", "quantity", "returned_days_ago", "order")
    for _ in _each(folder / "purchases.csv", columns, purchase, problems):
        pass
    for _ in _each(folder / "orders.csv", ("customer", "order", "status", "in_days", "items"), order, problems):
        pass
    columns = ("id", "name", "language", "birth_year", "store", "open_case", "story")
    made = tuple(_each(folder / "customers.csv", columns, customer, problems))
    for stray in sorted({*bought, *orders}):
        problems.append(
            CatalogueError("customers.csv", 0, f"customer {stray!r} has purchases or orders but no row: add one")
        )
    return made


def _product_of(id: str, catalogue: Catalogue):
    product = catalogue.get(id)
    if product is None:
        raise ValueError(f"product {id!r} is not in products.csv: add it there or correct it")
    return product


def _ago(row: dict[str, str], column: str, today: date) -> date:
    try:
        return today - timedelta(days=int(row[column]))
    except (ValueError, OverflowError) as wrong:
        raise ValueError(f"{column} is {row[column]!r}: write a whole number of days before today") from wrong
