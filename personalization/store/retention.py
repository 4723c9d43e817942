"""How long each kind of data is kept, and the daily work that holds to it (GDPR art. 5(1)(e))."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import delete, select

from personalization.identity.staff import Staff
from personalization.store import schema
from personalization.store.database import read, wipe_log, write
from personalization.store.erasure import Receipt, erase, finish_erasures
from personalization.store.handoffs import Handoffs
from personalization.store.periods import Retention, retention_of
from personalization.store.records import order_from, purchase_from, standing_from
from personalization.store.sealing import Sealer
from personalization.store.shop_store import ShopStore

__all__ = ["Cleaned", "clean_daily"]


@dataclass
class Cleaned:
    """What a daily clean-up did."""

    deleted: dict[str, int] = field(default_factory=dict)
    """Rows by table."""
    idle: int = 0
    """Customers erased because they didn't come any more."""
    receipts: list[Receipt] = field(default_factory=list)
    """Of erasures that had been asked for and not finished."""
    rewrapped: int = 0
    """Data keys wrapped under a new master key."""


def clean_daily(store: ShopStore, today: date | None = None, rotate: bool = True) -> Cleaned:
    """Finishes erasures, deletes what has had its time, and exports the ledger's head.

    Args:
        rotate: where somebody was erased since the last rotation, the master key is replaced: an older copy of the data
            keys opens nothing any more.
    """
    today = today or datetime.now(UTC).date()
    _, settings = store.brand()
    periods = retention_of(settings)
    done = Cleaned(receipts=finish_erasures(store))
    with store.exclusive(20.0):
        _tidy(store, done)
        idle = _outdated(store, periods, today, done)
    for uid in idle:
        erase(store, uid, actor="daily", suppress=False)
    done.idle = len(idle)
    with write(store.engine) as connection:
        _plain(connection, periods, today, done)
        done.deleted["staff"] = _former_staff(store, connection, today - timedelta(days=periods.staff))
        done.deleted["handoffs"] = Handoffs(store).let_go(connection, today - timedelta(days=periods.handoffs))
        moment = _midnight(today - timedelta(days=periods.ledger))
        done.deleted["ledger"] = store.ledger.let_go(connection, moment.isoformat(timespec="milliseconds"))
        told = {"deleted": done.deleted, "idle": done.idle}
        store.ledger.append(connection, "retention", "daily", told)
    wipe_log(store.engine, tuple(table.name for table in (*schema.PERSONAL, schema.customers, schema.ledger)))
    if rotate and _erased_since(store):
        done.rewrapped = store.keys.rotate()
        store.ledger.record("keys", "daily", {"what": "rotated", "keys": done.rewrapped})
    store.head()
    return done


def _tidy(store: ShopStore, done: Cleaned) -> None:
    """Rows of erased customers that a backup brought back. Other rows without a key are left: the key may be found."""
    with write(store.engine) as connection:
        erased = set(connection.scalars(select(schema.erasures.c.uid)))
        unwanted = set(connection.scalars(select(schema.suppressed.c.lookup)))
        rows = connection.execute(select(schema.customers.c.uid, schema.customers.c.lookup))
        lookups = {row.uid: row.lookup for row in rows}
        gone = [uid for uid in store.missing_keys() if uid in erased or lookups.get(uid) in unwanted]
        for uid in gone:
            for table in schema.PERSONAL:
                connection.execute(delete(table).where(table.c.customer == uid))
            connection.execute(delete(schema.customers).where(schema.customers.c.uid == uid))
    done.deleted["customers"] = len(gone)


def _outdated(store: ShopStore, periods: Retention, today: date, done: Cleaned) -> list[bytes]:
    """Deletes records that have had their time; the customers who haven't come for too long."""
    limits = {"purchases": today - timedelta(days=periods.purchases), "orders": today - timedelta(days=periods.orders)}
    limits["consents"] = today - timedelta(days=periods.consents)
    quiet, idle, gone = today - timedelta(days=periods.idle_customers), [], {name: [] for name in limits}
    seen: dict[bytes, date] = {}
    keys = store.keys.all()
    with read(store.engine) as connection:
        for name, limit in limits.items():
            table, sealer, last = schema.SHOP.tables[name], None, None
            asked = select(table).order_by(table.c.customer)
            for row in connection.execution_options(yield_per=5000).execute(asked):
                if row.customer not in keys:
                    continue
                if row.customer != last:
                    last, sealer = row.customer, Sealer(keys[row.customer], row.customer)
                day = _day(name, sealer.open(name, row.key, row.sealed, row.version)) or today
                if day < limit:
                    gone[name].append((row.customer, row.key))
                elif name != "consents":
                    seen[last] = max(seen.get(last, day), day)
        for row in connection.execute(select(schema.customers)):
            if row.uid in keys and seen.get(row.uid, date.min) < quiet:
                person = json.loads(Sealer(keys[row.uid], row.uid).open("customers", b"", row.sealed, row.version))
                if date.fromisoformat(person["since"]) < quiet:
                    idle.append(row.uid)
    with write(store.engine) as connection:
        for name, found in gone.items():
            table = schema.SHOP.tables[name]
            for customer, key in found:
                connection.execute(delete(table).where(table.c.customer == customer, table.c.key == key))
            done.deleted[name] = len(found)
    return idle


def _day(name: str, text: str) -> date | None:
    """The day a record counts from."""
    if name == "purchases":
        return purchase_from(text).date
    if name == "orders":
        return order_from(text).expected
    return datetime.fromisoformat(standing_from(text)[3]).date()


def _plain(connection, periods: Retention, today: date, done: Cleaned) -> None:
    tried = _midnight(today - timedelta(days=periods.attempts)).timestamp()
    gone = delete(schema.attempts).where(schema.attempts.c.last < tried, schema.attempts.c.until < tried)
    done.deleted["attempts"] = connection.execute(gone).rowcount
    made = _midnight(today - timedelta(days=periods.imports)).isoformat(timespec="seconds")
    done.deleted["imports"] = connection.execute(delete(schema.imports).where(schema.imports.c.at < made)).rowcount


def _former_staff(store: ShopStore, connection, before: date) -> int:
    return Staff(store).let_go(connection, _midnight(before).timestamp())


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _erased_since(store: ShopStore) -> bool:
    """Somebody was erased after the master key was made."""
    made = store.keys.rotated.isoformat(timespec="seconds")
    with read(store.engine) as connection:
        return (
            connection.scalar(select(schema.erasures.c.uid).where(schema.erasures.c.done >= made).limit(1)) is not None
        )
