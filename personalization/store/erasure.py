"""Erases a customer: key, rows, and everything derived; and gives a receipt (GDPR art. 17).

The wish is written down first, the key is destroyed next: from then on nothing of theirs can be read anywhere, in no
backup either, and what a crash interrupts is finished by the next call. The ledger keeps that it was done, not to whom.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, update

from personalization.store import schema
from personalization.store.database import insert_new, read, wipe_log, write
from personalization.store.derived import forget_derived
from personalization.store.errors import Busy
from personalization.store.shop_store import ShopStore

__all__ = ["Receipt", "ask_erasure", "erase", "finish_erasures"]


@dataclass(frozen=True)
class Receipt:
    """Proof for the customer and for the shop; it names nobody.

    Attributes:
        number: random, the same as in the ledger. rows: how many were deleted, by table. derived: files deleted.
        log_emptied: no reader held the database's log; else the daily clean-up empties it.
        entry, mac: the ledger's entry about it.
    """

    number: str
    brand: str
    asked: str
    done: str
    rows: dict[str, int]
    derived: int
    log_emptied: bool
    entry: int
    mac: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def ask_erasure(store: ShopStore, uid: bytes, suppress: bool = True) -> None:
    """Writes the wish down: it will be done, even if this program stops here.

    Args:
        suppress: a keyed hash of the customer's number stays, so that the next import doesn't bring them back.
    """
    table = schema.erasures
    with write(store.engine) as connection:
        insert_new(connection, table, uid=uid, asked=_now())
        lookup = connection.scalar(select(schema.customers.c.lookup).where(schema.customers.c.uid == uid))
        if suppress and lookup is not None:
            insert_new(connection, schema.suppressed, lookup=lookup)


def erase(store: ShopStore, uid: bytes, actor: str = "command", suppress: bool = True, wait: float = 20.0) -> Receipt:
    """Erases one customer now.

    Raises:
        Busy: an import is at work; the wish is written down and `finish_erasures` will do it.
    """
    ask_erasure(store, uid, suppress)
    try:
        with store.exclusive(wait):
            return _erase(store, uid, actor)
    except Busy as busy:
        raise Busy(
            "an import is at work: the erasure is written down, and will be done by candide shop daily"
        ) from busy


def finish_erasures(store: ShopStore, actor: str = "daily") -> list[Receipt]:
    """Those that were asked for and not finished."""
    table = schema.erasures
    with store.exclusive(20.0):
        with read(store.engine) as connection:
            waiting = connection.scalars(select(table.c.uid).where(table.c.done.is_(None))).all()
        return [_erase(store, uid, actor) for uid in waiting]


def _erase(store: ShopStore, uid: bytes, actor: str) -> Receipt:
    clean = store.keys.destroy([uid])
    derived = forget_derived(store.name)
    rows: dict[str, int] = {}
    with write(store.engine) as connection:
        for table in schema.PERSONAL:
            rows[table.name] = connection.execute(delete(table).where(table.c.customer == uid)).rowcount
        rows["customers"] = connection.execute(delete(schema.customers).where(schema.customers.c.uid == uid)).rowcount
        connection.execute(delete(schema.attempts).where(schema.attempts.c.key == store.account_key(uid)))
        asked = connection.scalar(select(schema.erasures.c.asked).where(schema.erasures.c.uid == uid))
        done = _now()
        connection.execute(update(schema.erasures).where(schema.erasures.c.uid == uid).values(done=done))
        store.ledger.append(connection, "erasure", actor, {"rows": rows, "derived": derived}, subject=uid)
        head = connection.execute(select(schema.ledger_state.c.seq, schema.ledger_state.c.mac)).one()
    tables = tuple(table.name for table in (*schema.PERSONAL, schema.customers))
    clean = wipe_log(store.engine, tables) and clean
    brand, _ = store.brand()
    return Receipt(uid.hex(), brand, asked, done, rows, derived, clean, head.seq, head.mac.hex())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
