"""Who guesses is shut out, counted per account and per caller: neither many guesses at one customer nor one at each of
many gets anywhere (NIST SP 800-63B, section 5.2.2).

A try is counted before it is judged: guesses made at the same moment count too.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from personalization.store.database import insert_new, is_sqlite, write
from personalization.store.schema import attempts
from personalization.store.shop_store import ShopStore

__all__ = ["PER_ACCOUNT", "PER_CALLER", "Limit", "Lockout"]


@dataclass(frozen=True)
class Limit:
    """Attributes:
    free: wrong tries without consequence. first: seconds of the first lock, doubled by each further wrong try.
    longest: seconds. forgotten: seconds after the last try, from which on the count starts anew.
    """

    free: int
    first: float
    longest: float = 24 * 3600
    forgotten: float = 24 * 3600

    def lock(self, failures: int) -> float:
        """Seconds to be shut out for after so many failures."""
        over = failures - self.free
        return 0.0 if over < 0 else min(self.first * 2.0 ** min(over, 60), self.longest)


PER_ACCOUNT = Limit(free=5, first=300)
PER_CALLER = Limit(free=10, first=900)
"""A shared line (a company's exchange) makes more mistakes than a person."""


class Lockout:
    """Counts, in the shop's database: shared by every process, kept over a restart."""

    def __init__(self, store: ShopStore) -> None:
        self._store = store

    def count(self, account: bytes, caller: bytes | None, now: float) -> float:
        """Counts a try as wrong, before it is judged; seconds it is still shut out for (0: it may be judged).

        Args:
            account, caller: keyed hashes. now: seconds since 1970.
        """
        waits = [0.0]
        with write(self._store.engine) as connection:
            asked = [(account, PER_ACCOUNT)] + ([(caller, PER_CALLER)] if caller else [])
            rows = [(key, limit, self._row(connection, key, limit, now)) for key, limit in sorted(asked)]
            waits += [until - now for _, _, (_, until) in rows]
            if max(waits) <= 0:
                for key, limit, (failures, _) in rows:
                    self._set(
                        connection,
                        key,
                        failures + 1,
                        now,
                        now + limit.lock(failures + 1) if limit.lock(failures + 1) else 0,
                    )
        return max(0.0, *waits)

    def right(self, account: bytes, caller: bytes | None, now: float) -> None:
        """The try was right: the account's count starts anew, the caller's loses this one try only.

        A caller who knows one PIN can't clear their count with it and go on guessing at others.
        """
        with write(self._store.engine) as connection:
            connection.execute(delete(attempts).where(attempts.c.key == account))
            if caller:
                failures, _ = self._row(connection, caller, PER_CALLER, now)
                self._set(connection, caller, max(failures - 1, 0), now, 0)

    def _row(self, connection: Connection, key: bytes, limit: Limit, now: float) -> tuple[int, float]:
        """(failures, shut out until); made where it isn't there, so that it can be locked."""
        insert_new(connection, attempts, key=key, failures=0, last=now, until=0)
        asked = select(attempts).where(attempts.c.key == key)
        row = connection.execute(asked if is_sqlite(self._store.engine) else asked.with_for_update()).one()
        if now - row.last > limit.forgotten and row.until <= now:
            return 0, 0.0
        return row.failures, row.until

    def _set(self, connection: Connection, key: bytes, failures: int, now: float, until: float) -> None:
        change = update(attempts).where(attempts.c.key == key)
        connection.execute(change.values(failures=failures, last=now, until=until))
