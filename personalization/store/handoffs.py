"""Hand-offs as people read them: kept sealed for as long as a call back may take, each look in the ledger.

Only what the caller's consents let through is in one (`personalization.handoff`). A known customer's is sealed under
their own key and goes with them; a stranger's under the shop's.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from personalization.events import HandedOff
from personalization.store.database import read, write
from personalization.store.errors import KeyGone
from personalization.store.schema import handoffs, strangers
from personalization.store.sealing import VERSION, Sealer
from personalization.store.shop_store import ShopStore

__all__ = ["Handoff", "Handoffs", "NoSuchHandoff"]


_ID = re.compile(r"[0-9a-f]{1,32}")


class NoSuchHandoff(LookupError):
    """There is none of that number, or it has had its time."""


@dataclass(frozen=True)
class Handoff:
    """One that waits to be read."""

    id: str
    """Hex digits."""
    at: str
    """ISO 8601, UTC."""
    customer: bytes | None
    """The customer's uid; None for a stranger."""
    way: str
    """Which line or kiosk it came by."""
    told: dict[str, Any] = field(repr=False)
    """The fields of `HandedOff`."""

    def outline(self) -> dict[str, Any]:
        """What a list shows before anybody looks: nothing that was said."""
        keys = ("reasons", "outcome", "language", "authenticated")
        return {"id": self.id, "at": self.at, "way": self.way} | {key: self.told[key] for key in keys}


class Handoffs:
    """Of one shop."""

    def __init__(self, store: ShopStore) -> None:
        self._store = store

    def keep(self, event: HandedOff, customer: bytes | None = None, way: str = "") -> str:
        """Keeps it; its id.

        Raises:
            KeyGone: the customer was erased meanwhile.
        """
        key = secrets.token_bytes(16)
        told = {"at": _now(), "way": way, "told": asdict(event)}
        sealer, table = self._sealer(customer, key), strangers if customer is None else handoffs
        values = {"key": key, "version": VERSION, "sealed": sealer.seal(table.name, key, json.dumps(told))}
        with write(self._store.engine) as connection:
            connection.execute(insert(table).values(**values | ({} if customer is None else {"customer": customer})))
        return key.hex()

    def all(self) -> tuple[Handoff, ...]:
        """Newest first. This is the shop's own work; people look through `personalization.identity.desk`."""
        with read(self._store.engine) as connection:
            known = connection.execute(select(handoffs)).all()
            others = connection.execute(select(strangers)).all()
        found = [self._opened(row, row.customer) for row in known] + [self._opened(row, None) for row in others]
        return tuple(sorted((each for each in found if each), key=lambda each: each.at, reverse=True))

    def of(self, customer: bytes) -> tuple[Handoff, ...]:
        """One customer's, newest first."""
        with read(self._store.engine) as connection:
            rows = connection.execute(select(handoffs).where(handoffs.c.customer == customer)).all()
        found = [self._opened(row, customer) for row in rows]
        return tuple(sorted((each for each in found if each), key=lambda each: each.at, reverse=True))

    def open(self, id: str) -> Handoff:
        """The one whose id begins with this; no other is decrypted.

        Raises:
            NoSuchHandoff: none begins with this, or several do.
        """
        span = _span(id)
        rows = [] if span is None else self._within(*span)
        if len(rows) > 1:
            raise NoSuchHandoff(f"several hand-offs begin with {id!r}")
        found = self._opened(*rows[0]) if rows else None
        if found is None:
            raise NoSuchHandoff(f"no hand-off begins with {id!r}")
        return found

    def let_go(self, connection: Connection, before: date) -> int:
        """Deletes those older than that day; how many."""
        old = [each for each in self.all() if each.at[:10] < before.isoformat()]
        for each in old:
            table = strangers if each.customer is None else handoffs
            connection.execute(delete(table).where(table.c.key == bytes.fromhex(each.id)))
        return len(old)

    def _within(self, first: bytes, last: bytes) -> list[tuple[Any, bytes | None]]:
        """(row, customer) in this range of keys, still sealed; at most two of each table, as two are too many."""
        with read(self._store.engine) as connection:
            known, others = (
                connection.execute(select(table).where(table.c.key.between(first, last)).limit(2)).all()
                for table in (handoffs, strangers)
            )
        return [(row, row.customer) for row in known] + [(row, None) for row in others]

    def _sealer(self, customer: bytes | None, key: bytes) -> Sealer:
        if customer is None:
            return Sealer(self._store.keys.own_key("staff"), key)
        return self._store.keys.sealer(customer)

    def _opened(self, row: Any, customer: bytes | None) -> Handoff | None:
        table = strangers if customer is None else handoffs
        try:
            text = self._sealer(customer, row.key).open(table.name, row.key, row.sealed, row.version)
        except KeyGone:  # erased meanwhile
            return None
        found = json.loads(text)
        return Handoff(row.key.hex(), found["at"], customer, found["way"], found["told"])


def _span(beginning: str) -> tuple[bytes, bytes] | None:
    """The first and the last key, (16,) bytes each, whose hex digits begin so; None where none can."""
    digits = beginning.lower()
    if not _ID.fullmatch(digits):
        return None
    return bytes.fromhex(digits.ljust(32, "0")), bytes.fromhex(digits.ljust(32, "f"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
