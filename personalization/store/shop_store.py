"""A shop's database, opened: catalogue in the clear, customers sealed, keys elsewhere, every use in the ledger."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, delete, func, insert, select

from personalization.catalogue import CATEGORY_COLUMNS, PRODUCT_COLUMNS, Catalogue, category_from_row, product_from_row
from personalization.consent import Consents
from personalization.customer import Customer
from personalization.events import ConsentChanged
from personalization.purposes import Purpose, Scope
from personalization.shop import Store, UnknownCustomer, store_from_row
from personalization.store import schema
from personalization.store.database import is_sqlite, open_database, read, sqlite_file, write
from personalization.store.errors import Damaged, KeyGone, MasterKeyMissing, NoShop, StoreError
from personalization.store.exclusive import exclusive
from personalization.store.keys import DataKeys
from personalization.store.ledger import Ledger
from personalization.store.lookup import Lookup
from personalization.store.master import Master, master_from
from personalization.store.migrating import is_made, migrate
from personalization.store.places import Places, address, keys_address
from personalization.store.records import customer_from, standing_from, standing_text
from personalization.store.sealing import VERSION, Sealer

__all__ = ["NoSuchCustomer", "ShopStore"]


class NoSuchCustomer(UnknownCustomer):
    """Nobody, or several, by that name; the others' names aren't told."""

    def __init__(self, name: str, several: bool = False) -> None:
        super().__init__(name, ())
        what = "several customers are called" if several else "no customer has the number or the name"
        self.args = (f"{what} {name!r}: give the customer's number",)


class ShopStore:
    """Made by `open` or `make`.

    Attributes:
        name: random; the shop's name in exported heads and beside its master key.
    """

    def __init__(self, engine: Engine, keys: DataKeys, name: str) -> None:
        self.engine, self.keys, self.name = engine, keys, name
        self.lookup = Lookup(keys.shop_key("lookup"))
        self.ledger = Ledger(engine, keys.shop_key("ledger"), name)
        self.places = Places(name)

    @classmethod
    def open(
        cls, named: str, master: Master | str | None = None, keys: str | None = None, wait: float | None = None
    ) -> ShopStore:
        """Opens a shop there is.

        Args:
            named: a database's address, its file, or a folder with a shop.db.
            master: the master key, or what names it (`master_from`). keys: address of the data keys' database.
            wait: seconds a write waits for another one.

        Raises:
            StoreError: what is wrong, and what to do.
        """
        url = address(named)
        file = sqlite_file(url)
        if file is not None and not file.is_file():
            raise NoShop(f"{file} isn't there: make it with candide shop import, or name another")
        more = {} if wait is None else {"wait": wait}
        engine = open_database(url, **more)
        if not is_made(engine):
            raise NoShop(f"{named} holds no shop: make one with candide shop import")
        migrate(engine, "shop")
        with read(engine) as connection:
            name = connection.scalar(select(schema.shop.c.name))
        if name is None:
            raise Damaged(f"{named} holds no shop's name any more: put back the last backup (candide shop restore)")
        keys = keys or keys_address(url, file, name)
        held = sqlite_file(keys)
        if held is not None and not held.is_file():
            raise MasterKeyMissing(
                f"the data keys in {held} are missing: put them back from their copy (candide keys backup made it)"
            )
        store = open_database(keys, **more)
        migrate(store, "keys")
        if not hasattr(master, "wrap"):
            master = master_from(master, Places(name).master)
        try:
            return cls(engine, DataKeys(store, master, name), name)
        except KeyGone as empty:
            raise Damaged(f"{keys} holds no keys of this shop: put them back from their copy") from empty

    @classmethod
    def make(
        cls,
        named: str,
        brand: str,
        settings: dict[str, Any],
        master: Master | str | None = None,
        keys: str | None = None,
    ) -> ShopStore:
        """Makes an empty shop, its keys and (where it names a file or the keyring) its master key.

        Raises:
            StoreError: there is one already, or it can't be made.
        """
        url = address(named)
        file, name = sqlite_file(url), secrets.token_hex(8)
        engine = _made(url)
        if is_made(engine):
            raise StoreError(f"{named} holds a shop already")
        keys = keys or keys_address(url, file, name)
        store = _made(keys)
        migrate(store, "keys")
        if not hasattr(master, "wrap"):
            master = master_from(master, Places(name).master, create=True)
        held = DataKeys(store, master, name)
        if held.owners():
            raise StoreError(f"{keys} holds the keys of another shop: put its database back, or move them elsewhere")
        held.set_up()
        migrate(engine, "shop")
        ledger = Ledger(engine, held.shop_key("ledger"), name)
        with write(engine) as connection:
            connection.execute(
                insert(schema.shop).values(id=1, name=name, brand=brand, settings=json.dumps(settings, default=str))
            )
            ledger.set_up(connection)
            ledger.append(connection, "keys", "command", {"what": "made"})
        return cls(engine, held, name)

    def exclusive(self, wait: float = 1.0) -> AbstractContextManager[None]:
        """Imports, erasures and clean-ups are done one at a time. Raises Busy."""
        return exclusive(self.engine, self.name, wait)

    def close(self) -> None:
        self.engine.dispose()
        self.keys.engine.dispose()

    def head(self):
        """The ledger's head, also written to the file of heads outside the database."""
        head = self.ledger.head()
        head.write(self.places.heads)
        return head

    # What everybody may see

    def brand(self) -> tuple[str, dict[str, Any]]:
        """The brand and the settings."""
        with read(self.engine) as connection:
            row = connection.execute(select(schema.shop.c.brand, schema.shop.c.settings)).one()
        return row.brand, json.loads(row.settings)

    def catalogue(self) -> Catalogue:
        with read(self.engine) as connection:
            kinds = connection.execute(select(schema.categories)).all()
            things = connection.execute(select(schema.products)).all()
        blank = dict.fromkeys(CATEGORY_COLUMNS, "")
        categories = {row.id: category_from_row(blank | json.loads(row.row), {}) for row in kinds}
        blank = dict.fromkeys(PRODUCT_COLUMNS, "")
        products = {}
        for row in things:
            told = blank | json.loads(row.row) | {"stock": str(row.stock), "sold": str(row.sold)}
            products[row.id] = product_from_row(told, categories)
        return Catalogue(categories, products)

    def stores(self) -> tuple[Store, ...]:
        with read(self.engine) as connection:
            rows = connection.scalars(select(schema.stores.c.row).order_by(schema.stores.c.id)).all()
        return tuple(store_from_row(json.loads(row)) for row in rows)

    # What is a person's

    def find(self, named: str) -> bytes:
        """The uid of the customer with this number, else with this name (case and accents aside).

        Raises:
            NoSuchCustomer: there is none, or there are several of that name.
        """
        table = schema.customers
        with read(self.engine) as connection:
            number = self.lookup.of("customer", named.strip())
            uid = connection.scalar(select(table.c.uid).where(table.c.lookup == number))
            if uid is not None:
                return uid
            by_name = select(table.c.uid).where(table.c.by_name == self.lookup.by_words("name", named))
            found = connection.scalars(by_name.limit(2)).all()
        if len(found) != 1:
            raise NoSuchCustomer(named, several=len(found) > 1)
        return found[0]

    def customer(self, uid: bytes) -> Customer:
        """Everything about one customer, opened. For `CustomerFile` to close up again, and for the customer's own copy.

        Raises:
            NoSuchCustomer: there is none, or their key was destroyed. Damaged: a record was changed.
        """
        try:
            sealer = self.keys.sealer(uid)
        except KeyGone as erased:
            raise NoSuchCustomer("that") from erased
        with read(self.engine) as connection:
            row = connection.execute(select(schema.customers).where(schema.customers.c.uid == uid)).first()
            if row is None:
                raise NoSuchCustomer("that")
            bought = list(self._opened(connection, schema.purchases, uid, sealer))
            orders = list(self._opened(connection, schema.orders, uid, sealer))
        return customer_from(sealer.open("customers", b"", row.sealed, row.version), bought, orders)

    def person(self, uid: bytes) -> dict[str, Any]:
        """The row of customers, opened: also what `Customer` has no room for (telephone, e-mail)."""
        sealer = self.keys.sealer(uid)
        with read(self.engine) as connection:
            row = connection.execute(select(schema.customers).where(schema.customers.c.uid == uid)).first()
        if row is None:
            raise NoSuchCustomer("that")
        return json.loads(sealer.open("customers", b"", row.sealed, row.version))

    def _opened(self, connection, table, uid: bytes, sealer: Sealer) -> Iterator[str]:
        asked = select(table.c.key, table.c.version, table.c.sealed).where(table.c.customer == uid)
        for key, version, sealed in connection.execute(asked):
            yield sealer.open(table.name, key, sealed, version)

    def consents(self, uid: bytes) -> Consents:
        """The lasting consents that stand; each is granted anew from its proof, by the rules of today."""
        standing = Consents()
        for purpose, scope, proof, _ in self.proofs(uid):
            standing.grant(purpose, scope, proof)
        return standing

    def proofs(self, uid: bytes) -> list[tuple]:
        """(purpose, scope, proof, when) of each consent that is kept."""
        sealer = self.keys.sealer(uid)
        with read(self.engine) as connection:
            return [standing_from(text) for text in self._opened(connection, schema.consents, uid, sealer)]

    def keep_consent(self, uid: bytes, changed: ConsentChanged, actor: str = "conversation") -> None:
        """A change of consent is entered in the ledger; only a lasting consent is kept, any other outcome ends it."""
        sealer = self.keys.sealer(uid)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with write(self.engine) as connection:
            self._set_consent(connection, uid, sealer, changed, now)
            told = {
                "purpose": changed.purpose.value, "granted": changed.granted, "why": changed.why,
                "scope": changed.scope.value if changed.scope else None, "script": changed.script,
                "version": changed.version, "confidence": changed.confidence,
            }  # fmt: skip
            self.ledger.append(connection, "consent", actor, told, uid, sealer)
        if changed.purpose is Purpose.IMPROVEMENT_STATISTICS and not changed.granted:
            from personalization.store.habits import forget

            forget(self, uid)

    def _set_consent(self, connection, uid: bytes, sealer: Sealer, changed: ConsentChanged, now: str) -> None:
        from personalization.consent import Proof

        table, key = schema.consents, self.consent_key(uid, changed.purpose)
        connection.execute(delete(table).where(table.c.customer == uid, table.c.key == key))
        if changed.granted and changed.scope is Scope.LASTING:
            proof = Proof(changed.script, changed.version, changed.language, changed.heard, changed.confidence)
            sealed = sealer.seal("consents", key, standing_text(changed.purpose, changed.scope, proof, now))
            connection.execute(insert(table).values(customer=uid, key=key, version=VERSION, sealed=sealed))

    def consent_key(self, uid: bytes, purpose: Purpose) -> bytes:
        """(16,) bytes: which record of the consents this purpose's is."""
        return self.lookup.of("consent", f"{uid.hex()}\0{purpose.value}")

    def account_key(self, uid: bytes) -> bytes:
        """(16,) bytes: under which failed identifications of this customer are counted."""
        return self.lookup.of("account", uid.hex())

    def missing_keys(self) -> list[bytes]:
        """Customers whose rows are (again) there and whose key was destroyed: a backup from before brought them."""
        owners = self.keys.owners()
        with read(self.engine) as connection:
            return [uid for uid in connection.scalars(select(schema.customers.c.uid)) if uid not in owners]

    def counts(self) -> dict[str, int]:
        """Rows by table."""
        with read(self.engine) as connection:
            return {
                table.name: connection.scalar(select(func.count()).select_from(table))
                for table in schema.SHOP.sorted_tables
                if table.name not in ("shop", "ledger_state", "imports")
            }


def _made(url: str) -> Engine:
    """An engine; the file of a new SQLite database is readable by its owner alone."""
    file = sqlite_file(url)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as wrong:
            raise NoShop(
                f"{file} can't be made ({wrong.strerror}): name a file in a folder that can be written"
            ) from wrong
    engine = open_database(url)
    assert file is None or is_sqlite(engine)
    return engine
