"""The customers' side of an import: who is who, and what is theirs, sealed as it is read."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from personalization.store import schema
from personalization.store.database import read
from personalization.store.errors import KeyGone
from personalization.store.records import person_text, place_of, purchase_from, purchase_text
from personalization.store.sealing import VERSION, Sealer, new_key
from personalization.store.shop_store import ShopStore
from personalization.store.spool import Spool
from personalization.store.validation import Problems, person_from

if TYPE_CHECKING:
    from personalization.store.importing import Report

__all__ = ["People"]

_OPEN_SEALERS = 120_000
"""About 2.3 kB each."""
_NOBODY: dict[str, Any] = {
    "language": "fr", "birth_year": None, "store": "", "open_case": None, "story": "", "phone": "", "email": "",
}  # fmt: skip


class People:
    """Attributes:
    new_keys: data keys, (32,) bytes, of customers who weren't there, by uid.
    """

    def __init__(self, store: ShopStore, problems: Problems, report: Report, spool: Spool) -> None:
        self._store, self._problems, self._report, self._spool = store, problems, report, spool
        self._lookup = store.lookup
        with read(store.engine) as connection:
            rows = connection.execute(select(schema.customers.c.lookup, schema.customers.c.uid))
            self._known: dict[bytes, bytes] = {lookup: uid for lookup, uid in rows}
            self._gone: set[bytes] = set(connection.scalars(select(schema.suppressed.c.lookup)))
        self._keys = store.keys.all() if self._known else {}
        self.new_keys: dict[bytes, bytes] = {}
        self._uids: dict[str, bytes | None] = {}
        self._lines: dict[bytes, int] = {}
        self._sealed: dict[bytes, tuple[bytes, int]] | None = None
        self._fresh: list[dict[str, Any]] = []
        self._other: list[dict[str, Any]] = []
        self._sealers: dict[bytes, Sealer] = {}
        self._seen: set[bytes] = set()
        self._wanted_back: Counter[tuple] = Counter()
        self._hash_key = store.lookup.of("records", store.name)

    def customer(self, where: str, line: int, told: dict[str, str], today: date, stores: frozenset[str]) -> None:
        """A row of customers."""
        try:
            person = person_from(told, today, stores)
            lookup = self._lookup.of("customer", told["id"])
            if lookup in self._gone:
                self._report.erased += 1
                return
            uid = self._known.get(lookup)
            if uid in self._lines:
                raise ValueError(f"this id stands on line {self._lines[uid]} too: leave one of the two")
            before = self._before(uid) if uid else None
        except ValueError as wrong:
            self._problems.add(where, line, str(wrong))
            return
        if uid is None:
            uid = new_key()[:16]
            self._known[lookup], self.new_keys[uid], self._keys[uid] = uid, (key := new_key()), key
        self._lines[uid] = line
        text = person_text({**_NOBODY, "since": today.isoformat(), **(before or {}), **person})
        if before is not None and text == person_text(before):
            return
        row = {
            "uid": uid, "lookup": lookup, "by_name": self._lookup.by_words("name", told["name"]), "version": VERSION,
            "sealed": self._sealer(uid).seal("customers", b"", text),
        }  # fmt: skip
        (self._fresh if before is None else self._other).append(row)

    def _before(self, uid: bytes) -> dict[str, Any]:
        """What is kept about a customer who is there."""
        if self._sealed is None:
            table = schema.customers
            with read(self._store.engine) as connection:
                rows = connection.execute(select(table.c.uid, table.c.version, table.c.sealed))
                self._sealed = {row.uid: (row.sealed, row.version) for row in rows}
        return json.loads(self._sealer(uid).open("customers", b"", *self._sealed[uid]))

    def purchase(self, customer: str, told: str, id: str, text: str, anew: bool) -> bool:
        """A line of a receipt. False for a customer who had their data erased.

        Args:
            told: what tells it from another, as the file writes it. id: its own number, where it has one.

        Raises:
            ValueError: nobody by that number, or the line's id came before.
        """
        uid = self._uids.get(customer) or self._uid(customer)
        if uid is None:
            self._report.erased += 1
            return False
        what = f"purchase\0{id}" if id else f"purchases\0{customer}\0{told}"
        key = self._key(what)
        if key in self._seen:
            if id:
                raise ValueError(f"the purchase's id {id!r} stands on an earlier line too: correct one of them")
            again = 1
            while key in self._seen:  # the same thing bought twice the same day, on two lines
                again += 1
                key = self._key(f"{what}\0\0{again}")
        self._seen.add(key)
        self._spool.add("purchases", (uid, key, self._sealer(uid).seal("purchases", key, text), int(anew)))
        return True

    def _key(self, what: str) -> bytes:
        """(16,) bytes: keyed BLAKE2b (RFC 7693) of what makes a record that record."""
        return blake2b(what.encode(), digest_size=16, key=self._hash_key).digest()

    def order(self, customer: str, number: str, text: str) -> None:
        uid = self._uids.get(customer) or self._uid(customer)
        if uid is None:
            self._report.erased += 1
            return
        key = self._key(f"orders\0{customer}\0{number}")
        if key in self._seen:
            raise ValueError(f"order {number!r} stands on an earlier line too: leave one of the two")
        self._seen.add(key)
        self._spool.add("orders", (uid, key, self._sealer(uid).seal("orders", key, text), 1))

    def give_back(self, customer: str, product: str, day: date, order: str) -> None:
        """A return: the last purchase of it that is still with the customer is marked.

        Raises:
            ValueError: they didn't buy it, or everything they bought came back before.
        """
        uid = self._uids.get(customer) or self._uid(customer)
        if uid is None:
            self._report.erased += 1
            return
        sealer = self._sealer(uid)
        sealed = dict(self._stored(uid))
        sealed |= {key: one for key, one, anew in self._spool.of("purchases", uid) if anew or key not in sealed}
        made = [(key, purchase_from(sealer.open("purchases", key, one))) for key, one in sealed.items()]
        made = [(key, each) for key, each in made if each.product == product and order in ("", each.order)]
        self._wanted_back[uid, product, day, order] += 1
        if sum(each.returned == day for _, each in made) >= self._wanted_back[uid, product, day, order]:
            return  # an import before this one, or the purchase itself, said so
        kept = [(each.date, key, each) for key, each in made if each.returned is None and each.date <= day]
        if not kept:
            raise ValueError(f"the customer has no {product!r} bought before {day} to bring back: correct the row")
        _, key, found = max(kept, key=lambda each: each[:2])
        place = place_of(sealer.open("purchases", key, sealed[key]))
        bought, paid = found.date.isoformat(), str(found.price)
        back = day.isoformat()
        text = purchase_text(product, bought, found.quantity, paid, back, found.order, found.sensitive, place)
        self._spool.add("purchases", (uid, key, sealer.seal("purchases", key, text), 1))

    def _stored(self, uid: bytes) -> list[tuple[bytes, bytes]]:
        if uid in self.new_keys:
            return []
        table = schema.purchases
        with read(self._store.engine) as connection:
            return [
                tuple(row)
                for row in connection.execute(select(table.c.key, table.c.sealed).where(table.c.customer == uid))
            ]

    def _uid(self, customer: str) -> bytes | None:
        """None for one who had their data erased. Raises ValueError for nobody."""
        lookup = self._lookup.of("customer", customer)
        if lookup in self._gone:
            return None
        uid = self._known.get(lookup)
        if uid is None:
            raise ValueError(f"customer {customer!r} is not among the customers: add them there or correct the row")
        self._uids[customer] = uid
        return uid

    def _sealer(self, uid: bytes) -> Sealer:
        sealer = self._sealers.get(uid)
        if sealer is None:
            if len(self._sealers) >= _OPEN_SEALERS:
                self._sealers.clear()
            if uid not in self._keys:
                raise KeyGone("a customer's key is missing: put the data keys back from their copy, or run shop check")
            sealer = self._sealers[uid] = Sealer(self._keys[uid], uid)
        return sealer

    def write(self, connection) -> None:
        if self._fresh:
            connection.execute(insert(schema.customers), self._fresh)
        if self._other:
            table = schema.customers
            change = update(table).where(table.c.uid == bindparam("of")).values(
                by_name=bindparam("by_name"), version=bindparam("version"), sealed=bindparam("sealed")
            )  # fmt: skip
            kept = ("by_name", "version", "sealed")
            connection.execute(
                change, [{"of": row["uid"], **{name: row[name] for name in kept}} for row in self._other]
            )
        if "customers" in self._report.read:
            self._report.changed["customers"] = len(self._other)
