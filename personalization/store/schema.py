"""The tables. What says something about a person is in `sealed` columns; the rest are random numbers and keyed hashes.

Two databases: the shop's, and the data keys' (`KEYS`), which is never part of a backup of the first.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

__all__ = ["KEYS", "PERSONAL", "SHOP"]

SHOP = MetaData()
KEYS = MetaData()


def _uid(name: str, **more) -> Column:
    """16 random bytes: what a customer is called in here. Only their own row ties it to a person."""
    return Column(name, LargeBinary(16), nullable=False, **more)


def _sealed() -> tuple[Column, Column]:
    return Column("version", SmallInteger, nullable=False), Column("sealed", LargeBinary, nullable=False)


def _of_customer(name: str) -> Table:
    """Sealed records of one customer, each under a keyed hash of what makes it that record."""
    return Table(
        name, SHOP, _uid("customer", primary_key=True), Column("key", LargeBinary(16), primary_key=True), *_sealed(),
        sqlite_with_rowid=False,
    )  # fmt: skip


shop = Table(
    "shop", SHOP,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(32), nullable=False),  # random: which shop an exported ledger head belongs to
    Column("brand", Text, nullable=False),
    Column("settings", Text, nullable=False),
)  # fmt: skip

categories = Table("categories", SHOP, Column("id", String, primary_key=True), Column("row", Text, nullable=False))
stores = Table("stores", SHOP, Column("id", String, primary_key=True), Column("row", Text, nullable=False))
products = Table(
    "products", SHOP,
    Column("id", String, primary_key=True),
    Column("row", Text, nullable=False),
    Column("stock", Integer, nullable=False),
    Column("sold", Integer, nullable=False),
)  # fmt: skip

customers = Table(
    "customers", SHOP,
    _uid("uid", primary_key=True),
    Column("lookup", LargeBinary(16), nullable=False, unique=True),
    Column("by_name", LargeBinary(16), nullable=False),
    *_sealed(),
)  # fmt: skip
Index("customers_by_name", customers.c.by_name)

purchases = _of_customer("purchases")
orders = _of_customer("orders")
consents = _of_customer("consents")
credentials = _of_customer("credentials")
handoffs = _of_customer("handoffs")


def _of_shop(name: str) -> Table:
    """Sealed records of nobody known, under the shop's own key."""
    return Table(name, SHOP, Column("key", LargeBinary(16), primary_key=True), *_sealed())


strangers = _of_shop("strangers")  # their hand-offs
staff = _of_shop("staff")

attempts = Table(
    "attempts", SHOP,
    Column("key", LargeBinary(16), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", Float, nullable=False),
    Column("until", Float, nullable=False),
)  # fmt: skip

erasures = Table(
    "erasures", SHOP,
    _uid("uid", primary_key=True),
    Column("asked", String(32), nullable=False),
    Column("done", String(32)),
)  # fmt: skip

suppressed = Table("suppressed", SHOP, Column("lookup", LargeBinary(16), primary_key=True))

imports = Table(
    "imports", SHOP,
    Column("id", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("report", Text, nullable=False),
)  # fmt: skip

ledger = Table(
    "ledger", SHOP,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("subject", LargeBinary(16)),
    Column("sealed", SmallInteger, nullable=False),
    Column("detail", LargeBinary, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
)  # fmt: skip

ledger_state = Table(
    "ledger_state", SHOP,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("before", BigInteger, nullable=False),  # entries up to this one were let go after their time
    Column("before_mac", LargeBinary(32), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
    Column("tag", LargeBinary(32), nullable=False),
)  # fmt: skip

PERSONAL = (purchases, orders, consents, credentials, handoffs)
"""Tables with a `customer` column: erased, exported and retained by it."""

keys = Table(
    "keys", KEYS,
    Column("owner", LargeBinary(16), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)  # fmt: skip
Index("keys_by_generation", keys.c.generation)

keys_state = Table(
    "keys_state", KEYS,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, nullable=False),
    Column("rotated", String(32), nullable=False),
)  # fmt: skip
