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

__all__ = ["PER_ACCOUNT", "PER_CALLER", "PER_KIOSK", "Limit", "Lockout"]


@dataclass(frozen=True)
class Limit:
    """Attributes:
    free: wrong tries without consequence. first: seconds of the first lock, doubled by each further wrong try.
    longest: seconds. forgotten: seconds after the last try, from which on the count starts anew.
    forgives: seconds after which one wrong try is forgiven, whatever went on meanwhile; 0: none is.
    """

    free: int
    first: float
    longest: float = 24 * 3600
    forgotten: float = 24 * 3600
    forgives: float = 0.0

    def left(self, failures: int, last: float, now: float) -> tuple[int, float]:
        """What is left of so many failures, the last at a time; and the time the next forgiveness is counted from."""
        if now - last > self.forgotten:
            return 0, now
        gone = min(failures, int((now - last) / self.forgives)) if self.forgives else 0
        return failures - gone, last + gone * self.forgives if failures > gone else now

    def lock(self, failures: int) -> float:
        """Seconds to be shut out for after so many failures."""
        over = failures - self.free
        return 0.0 if over < 0 else min(self.first * 2.0 ** min(over, 60), self.longest)


PER_ACCOUNT = Limit(free=5, first=300)
PER_CALLER = Limit(free=10, first=900)
"""A shared line (a company's exchange) makes more mistakes than a person."""
PER_KIOSK = Limit(free=20, first=300, longest=1800, forgives=600)
"""A kiosk is used by everybody, all day: its customers' slips must not shut it; who guesses gets six tries an hour."""


class Lockout:
    """Counts, in the shop's database: shared by every process, kept over a restart.

    Args:
        callers: what callers may get wrong.
    """

    def __init__(self, store: ShopStore, callers: Limit = PER_CALLER) -> None:
        self._store, self._callers = store, callers

    def count(self, account: bytes, caller: bytes | None, now: float) -> float:
        """Counts a try as wrong, before it is judged; seconds it is still shut out for (0: it may be judged).

        Args:
            account, caller: keyed hashes. now: seconds since 1970.
        """
        waits = [0.0]
        with write(self._store.engine) as connection:
            asked = [(account, PER_ACCOUNT)] + ([(caller, self._callers)] if caller else [])
            rows = [(key, limit, self._row(connection, key, limit, now)) for key, limit in sorted(asked, key=_key)]
            waits += [until - now for _, _, (_, _, until) in rows]
            if max(waits) <= 0:
                for key, limit, (failures, last, _) in rows:
                    shut = limit.lock(failures + 1)
                    self._set(connection, key, failures + 1, last if limit.forgives else now, now + shut if shut else 0)
        return max(0.0, *waits)

    def right(self, account: bytes, caller: bytes | None, now: float) -> None:
        """The try was right: the account's count starts anew, the caller's loses this one try only.

        A caller who knows one PIN can't clear their count with it and go on guessing at others.
        """
        with write(self._store.engine) as connection:
            connection.execute(delete(attempts).where(attempts.c.key == account))
            if caller:
                failures, last, _ = self._row(connection, caller, self._callers, now)
                self._set(connection, caller, max(failures - 1, 0), last if self._callers.forgives else now, 0)

    def _row(self, connection: Connection, key: bytes, limit: Limit, now: float) -> tuple[int, float, float]:
        """(failures left, counted from, shut out until); made where it isn't there, so that it can be locked."""
        insert_new(connection, attempts, key=key, failures=0, last=now, until=0)
        asked = select(attempts).where(attempts.c.key == key)
        row = connection.execute(asked if is_sqlite(self._store.engine) else asked.with_for_update()).one()
        if row.until > now:
            return row.failures, row.last, row.until
        return *limit.left(row.failures, row.last, now), row.until

    def _set(self, connection: Connection, key: bytes, failures: int, now: float, until: float) -> None:
        change = update(attempts).where(attempts.c.key == key)
        connection.execute(change.values(failures=failures, last=now, until=until))


def _key(asked: tuple[bytes, Limit]) -> bytes:
    """Rows are locked in one order, so that two tries never wait for each other."""
    return asked[0]
