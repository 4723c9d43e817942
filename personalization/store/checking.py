"""Looks whether a shop's database is whole: its pages, every sealed record, every key, the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import func, select, text

from personalization.store import schema
from personalization.store.database import is_sqlite, read
from personalization.store.errors import Damaged
from personalization.store.ledger import heads_in
from personalization.store.sealing import Sealer
from personalization.store.shop_store import ShopStore

__all__ = ["Condition", "check"]


@dataclass
class Condition:
    """Attributes:
    records: sealed records that opened. problems: what is wrong, each with what to do; empty where all is well.
    stray_keys: of nobody: a stopped import made them, or an older backup was put back. They do no harm.
    """

    records: int = 0
    stray_keys: int = 0
    problems: list[str] = field(default_factory=list)


def check(store: ShopStore, progress: Callable[[int, int], None] = lambda done, total: None) -> Condition:
    """Opens everything once; changes nothing."""
    found = Condition()
    keys = store.keys.all()
    with read(store.engine) as connection:
        if is_sqlite(store.engine):
            state = connection.scalar(text("PRAGMA quick_check(1)"))
            if state != "ok":
                found.problems.append(f"the database file is damaged ({state}): put back the last backup")
                return found
        known = set(connection.scalars(select(schema.customers.c.uid)))
        total = sum(
            connection.scalar(select(func.count()).select_from(t)) for t in (schema.customers, *schema.PERSONAL)
        )
        for table in (schema.customers, *schema.PERSONAL):
            _open_all(connection, table, keys, known, found, lambda: progress(found.records, total))
    found.stray_keys = len(keys.keys() - known)
    heads = heads_in(store.places.heads) if store.places.heads.is_file() else ()
    found.problems += [f"ledger: {what}" for what in store.ledger.verify(heads).problems]
    return found


def _open_all(connection, table, keys: dict[bytes, bytes], known: set[bytes], found: Condition, tell) -> None:
    mine = table is schema.customers
    owner = table.c.uid if mine else table.c.customer
    wrong = keyless = homeless = 0
    last, sealer = None, None
    for row in connection.execution_options(yield_per=5000).execute(select(table).order_by(owner)):
        uid = row.uid if mine else row.customer
        if uid not in known:
            homeless += 1
        elif uid not in keys:
            keyless += 1
        else:
            if uid != last:
                last, sealer = uid, Sealer(keys[uid], uid)
            try:
                sealer.open(table.name, b"" if mine else row.key, row.sealed, row.version)
                found.records += 1
            except Damaged:
                wrong += 1
        if found.records % 5000 == 0:
            tell()
    for count, what in (
        (wrong, "were changed or moved: put back the last backup"),
        (
            keyless,
            "have no key: put the newest copy of the keys back (of erased customers, candide shop daily deletes them)",
        ),
        (homeless, "belong to nobody: put back the last backup"),
    ):
        if count:
            found.problems.append(f"{count} sealed records of {table.name} {what}")
