"""Data keys, one a customer, wrapped by the master key, in a database of their own.

They are apart from the shop's database so that no backup of it carries them: once a customer's key is destroyed here,
what was sealed under it can't be read in any copy made before (NIST SP 800-88, cryptographic erase). A copy of this
database made earlier still holds the wrapped key: the next rotation destroys the master key that would unwrap it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select, update

from personalization.store.database import insert_new, is_sqlite, read, wipe_log, write
from personalization.store.errors import KeyGone, MasterKeyWrong
from personalization.store.master import Master, Replaceable
from personalization.store.schema import keys, keys_state
from personalization.store.sealing import Sealer, new_key

__all__ = ["DataKeys"]

_SHOP_KEYS = ("lookup", "ledger", "staff")


class DataKeys:
    """Args:
    engine: of the keys' database, its tables made. shop: the shop's name; another shop's keys don't unwrap.
    """

    def __init__(self, engine: Engine, master: Master, shop: str) -> None:
        self.engine, self.master, self._shop = engine, master, shop.encode()

    def _wrap(self, owner: bytes, key: bytes) -> bytes:
        return self.master.wrap(key, self._shop + b"\0" + owner)

    def _unwrap(self, owner: bytes, wrapped: bytes) -> bytes:
        return self.master.unwrap(wrapped, self._shop + b"\0" + owner)

    def set_up(self) -> None:
        """The shop's own keys are made, where they aren't yet."""
        with write(self.engine) as connection:
            if connection.scalar(select(func.count()).select_from(keys_state)):
                return
            connection.execute(insert(keys_state).values(id=1, generation=1, rotated=_now()))
            self._insert(connection, {_owner(name): new_key() for name in _SHOP_KEYS})

    def shop_key(self, name: str) -> bytes:
        """(32,) bytes: the shop's key for "lookup", "ledger" or "staff".

        Raises:
            KeyGone: this isn't the key store of a shop. MasterKeyWrong: another master key wrapped it.
        """
        return self.key(_owner(name))

    def own_key(self, name: str) -> bytes:
        """The same, made now in a shop from before there was one."""
        try:
            return self.shop_key(name)
        except KeyGone:
            with write(self.engine) as connection:
                generation = self._locked(connection)
                owner = _owner(name)
                insert_new(connection, keys, owner=owner, generation=generation, wrapped=self._wrap(owner, new_key()))
            return self.shop_key(name)

    def key(self, uid: bytes) -> bytes:
        """(32,) bytes: the customer's data key.

        Raises:
            KeyGone: it was destroyed.
        """
        try:
            return self._unwrap(uid, self._wrapped(uid))
        except MasterKeyWrong:  # a rotation may have ended between the two: the row read again is under the new one
            return self._unwrap(uid, self._wrapped(uid))

    def sealer(self, uid: bytes) -> Sealer:
        return Sealer(self.key(uid), uid)

    def all(self) -> dict[bytes, bytes]:
        """Every customer's key by their uid, for work over the whole shop."""
        try:
            return self._unwrapped()
        except MasterKeyWrong:  # as above
            return self._unwrapped()

    def _unwrapped(self) -> dict[bytes, bytes]:
        with read(self.engine) as connection:
            rows = connection.execute(select(keys.c.owner, keys.c.wrapped)).all()
        own = {_owner(name) for name in _SHOP_KEYS}
        return {uid: self._unwrap(uid, wrapped) for uid, wrapped in rows if uid not in own}

    def owners(self) -> set[bytes]:
        with read(self.engine) as connection:
            return set(connection.scalars(select(keys.c.owner))) - {_owner(name) for name in _SHOP_KEYS}

    def _wrapped(self, owner: bytes) -> bytes:
        with read(self.engine) as connection:
            wrapped = connection.scalar(select(keys.c.wrapped).where(keys.c.owner == owner))
        if wrapped is None:
            raise KeyGone("the key of this customer was destroyed: their data can't be read any more, by anybody")
        return wrapped

    def add(self, new: Mapping[bytes, bytes]) -> None:
        """Keeps these customers' keys: uid to (32,) bytes."""
        with write(self.engine) as connection:
            self._insert(connection, new)

    def _insert(self, connection: Connection, new: Mapping[bytes, bytes]) -> None:
        """Wrapped inside the transaction: a rotation can't end between the wrapping and the writing."""
        generation = self._locked(connection)
        rows = [{"owner": uid, "generation": generation, "wrapped": self._wrap(uid, key)} for uid, key in new.items()]
        for start in range(0, len(rows), 5000):
            connection.execute(insert(keys), rows[start : start + 5000])

    def _locked(self, connection: Connection) -> int:
        """The generation now; no rotation begins or ends before this transaction is over."""
        asked = select(keys_state.c.generation).where(keys_state.c.id == 1)
        return connection.scalar(asked if is_sqlite(self.engine) else asked.with_for_update())

    def destroy(self, uids: Iterable[bytes]) -> bool:
        """Deletes and overwrites the keys. False where a reader still holds them in the log: call `wipe` later."""
        with write(self.engine) as connection:
            self._locked(connection)
            for uid in uids:
                connection.execute(delete(keys).where(keys.c.owner == uid))
        return self.wipe()

    def wipe(self) -> bool:
        return wipe_log(self.engine, ("keys",))

    @property
    def rotated(self) -> datetime:
        """When the master key was last replaced (or made)."""
        with read(self.engine) as connection:
            return datetime.fromisoformat(connection.scalar(select(keys_state.c.rotated)))

    def rotate(self, progress: Callable[[int, int], None] = lambda done, total: None, batch: int = 2000) -> int:
        """Wraps every key anew under a new master key, while everybody goes on reading and writing.

        Stopped anywhere, nothing is lost: old and new master keys both stand until the last key is wrapped anew, and
        the next call goes on from there. A master that isn't `Replaceable` (environment, HSM, KMS) is asked to wrap
        again: its owner makes the new master key before, and destroys the old one after.

        Returns:
            how many keys were wrapped anew.
        """
        with write(self.engine) as connection:
            goal = self._locked(connection)
            total = connection.scalar(select(func.count()).select_from(keys))
            stale = connection.scalar(select(func.count()).select_from(keys).where(keys.c.generation < goal))
            if not stale:
                if isinstance(self.master, Replaceable):
                    self.master.begin()
                goal, stale = goal + 1, total
                connection.execute(update(keys_state).values(generation=goal))
        done = 0
        while wrapped := self._rewrap(goal, batch):
            done += wrapped
            progress(min(done, stale), stale)
        with write(self.engine) as connection:
            self._locked(connection)
            left = connection.scalar(select(func.count()).select_from(keys).where(keys.c.generation < goal))
            if not left:
                if isinstance(self.master, Replaceable):
                    self.master.retire()
                connection.execute(update(keys_state).values(rotated=_now()))
        self.wipe()
        return done

    def _rewrap(self, goal: int, batch: int) -> int:
        with write(self.engine) as connection:
            self._locked(connection)
            found = select(keys.c.owner, keys.c.wrapped).where(keys.c.generation < goal).limit(batch)
            rows = [
                {"of": uid, "anew": self._wrap(uid, self._unwrap(uid, wrapped))}
                for uid, wrapped in connection.execute(found)
            ]
            if rows:
                change = update(keys).where(keys.c.owner == bindparam("of"))
                connection.execute(change.values(wrapped=bindparam("anew"), generation=goal), rows)
            return len(rows)


def _owner(name: str) -> bytes:
    return f"shop:{name}".encode().ljust(16, b"\0")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
