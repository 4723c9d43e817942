"""Accounts of the people who work for the shop: a password, an authenticator's code, a role.

Passwords by NIST SP 800-63B, section 5.1.1.2: twelve characters or more, no rules of composition, refused where they
are easily guessed (zxcvbn: Wheeler, USENIX Security 2016); kept as Argon2id over a keyed hash, sealed with the rest of
the account. Nobody comes in without the second factor. Tries are counted and locked like a customer's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from personalization.grammar import plain
from personalization.identity.lockout import Lockout
from personalization.identity.pin import secret_hash, secret_matches
from personalization.identity.totp import new_secret, provisioning_uri, used_step
from personalization.store.database import is_sqlite, read, write
from personalization.store.errors import ExtraMissing
from personalization.store.schema import staff
from personalization.store.sealing import VERSION, Sealer
from personalization.store.shop_store import ShopStore

try:
    from zxcvbn import zxcvbn
except ImportError as missing:  # pragma: no cover
    raise ExtraMissing("zxcvbn") from missing

__all__ = ["RIGHTS", "Account", "PasswordError", "Right", "Role", "SignedIn", "Staff", "StaffError", "strength"]

_SHORTEST, _LONGEST = 12, 72
_LONGEST_NAME = 50
_SUCH_AS = "such as four words that have nothing to do with each other"
STRONG = 3
"""Of zxcvbn's 0 to 4: safely unguessable without many tries a second."""


class Role(StrEnum):
    AGENT = "agent"
    """Takes calls over."""
    PRIVACY = "privacy"
    """Answers for the data: who looked at what."""


class Right(StrEnum):
    HANDOFFS = "handoffs"
    LOOKS = "looks"


RIGHTS = {
    Role.AGENT: frozenset({Right.HANDOFFS}),
    Role.PRIVACY: frozenset({Right.LOOKS}),
}
"""Nobody who reads hand-offs also reads who looked at them."""


class StaffError(ValueError):
    """The account can't be made or found; the message says why."""


class PasswordError(StaffError):
    """This password can't be taken; the message says why."""


@dataclass(frozen=True)
class Account:
    name: str
    role: Role
    since: float
    """Seconds since 1970."""
    signed_in: float | None = None
    """The last time."""
    confirmed: bool = False
    """A code of the authenticator has been right once."""
    closed: float | None = None
    """When, seconds since 1970."""
    strength: int = STRONG
    """Of the password, when it was set."""


@dataclass(frozen=True)
class SignedIn:
    """Who is there, for a while: what the desk asks for."""

    name: str
    role: Role

    @property
    def actor(self) -> str:
        """What the ledger calls them."""
        return f"staff:{self.name}"

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role]


def strength(password: str, *near: str) -> int:
    """0 to 4, how hard it is to guess for somebody who knows the words in `near`."""
    words = [each for name in near for each in (name, *name.split())]
    return int(zxcvbn(password[:_LONGEST], user_inputs=words)["score"]) if password else 0


class Staff:
    """The accounts of one shop.

    Args:
        now: seconds since 1970.
    """

    def __init__(self, store: ShopStore, now: Callable[[], float] = time.time) -> None:
        self._store, self._now = store, now
        self._key = store.keys.own_key("staff")
        self._lockout = Lockout(store)

    def add(self, name: str, role: Role, password: str, by: str = "command") -> str:
        """Opens an account; what the QR code of its authenticator says (otpauth://).

        Raises:
            PasswordError: this password can't be taken. StaffError: the name is somebody's, or empty.
        """
        name = " ".join(name.split())
        if not name or len(name) > _LONGEST_NAME:
            raise StaffError(f"an account needs a name of 1 to {_LONGEST_NAME} characters")
        secret, kept = new_secret(), self._kept(name, password)
        account = Account(name, role, self._now(), strength=kept["strength"])
        with write(self._store.engine) as connection:
            if self._read(connection, name) is not None:
                raise StaffError(f"{name} has an account already")
            self._write(connection, account, {"hash": kept["hash"], "secret": secret.hex(), "last": -1})
            self._enter(connection, by, {"what": "account opened", "staff": name, "role": role.value})
        return provisioning_uri(secret, name, self._store.brand()[0])

    def set_password(self, name: str, password: str, by: str = "command") -> None:
        """Raises:
        PasswordError: this password can't be taken. StaffError: nobody has that name.
        """
        kept = self._kept(name, password)
        with write(self._store.engine) as connection:
            account, secrets = self._there(connection, name)
            account = replace(account, strength=kept["strength"])
            self._write(connection, account, secrets | {"hash": kept["hash"]})
            self._enter(connection, by, {"what": "password set", "staff": account.name})

    def new_authenticator(self, name: str, by: str = "command") -> str:
        """Another secret, where the telephone was lost; the old one holds no more. Raises StaffError."""
        secret = new_secret()
        with write(self._store.engine) as connection:
            account, secrets = self._there(connection, name)
            self._write(connection, replace(account, confirmed=False), secrets | {"secret": secret.hex(), "last": -1})
            self._enter(connection, by, {"what": "authenticator set", "staff": account.name})
        return provisioning_uri(secret, account.name, self._store.brand()[0])

    def close(self, name: str, by: str = "command") -> None:
        """Nobody comes in by it any more; what it did stays in the ledger. Raises StaffError."""
        with write(self._store.engine) as connection:
            account, secrets = self._there(connection, name)
            self._write(connection, replace(account, closed=self._now()), secrets)
            self._enter(connection, by, {"what": "account closed", "staff": account.name})

    def let_go(self, connection: Connection, before: float) -> int:
        """Deletes accounts closed before that moment, seconds since 1970; how many. The ledger keeps what they did."""
        old = [each for each in self.accounts() if each.closed is not None and each.closed < before]
        for each in old:
            connection.execute(delete(staff).where(staff.c.key == self._record(each.name)))
        return len(old)

    def accounts(self) -> tuple[Account, ...]:
        """By name."""
        with read(self._store.engine) as connection:
            rows = connection.execute(select(staff)).all()
        return tuple(sorted((self._opened(row)[0] for row in rows), key=lambda each: plain(each.name)))

    def sign_in(self, name: str, password: str, code: str, where: str | None = None) -> SignedIn | float | None:
        """Who it is; None where the name, the password or the code is wrong; seconds to wait after too many tries.

        The same work and the same lock for a name nobody has. A right code is used up even where the password is wrong.

        Args:
            where: whose tries count together: an address, a desk.
        """
        key = self._store.lookup.by_words("staff account", name)
        caller = self._store.lookup.of("staff desk", where) if where else None
        wait = self._lockout.count(key, caller, self._now())
        if wait:
            return wait
        with write(self._store.engine) as connection:
            account, secrets = self._read(connection, name, lock=True) or (None, {})
            secret = bytes.fromhex(secrets.get("secret", "00" * 20))
            step = used_step(secret, code, self._now(), secrets.get("last", -1))
            if account is not None and step is not None:
                self._write(connection, account, secrets | {"last": step})
        right = secret_matches(password, secrets.get("hash"), self._key)
        let_in = right and step is not None and account is not None and account.closed is None
        with write(self._store.engine) as connection:
            if let_in:
                account, secrets = self._read(connection, name, lock=True)
                self._write(connection, replace(account, confirmed=True, signed_in=self._now()), secrets)
            what = "signed in" if let_in else "refused"
            self._enter(connection, "staff", {"what": what, "staff": name[:_LONGEST_NAME]})
        if not let_in:
            return None
        self._lockout.right(key, caller, self._now())
        return SignedIn(account.name, account.role)

    def guessed(self, words: tuple[str, ...]) -> Iterator[str]:
        """Names of accounts whose password is one of the words, for an audit: slow, by design."""
        with read(self._store.engine) as connection:
            rows = connection.execute(select(staff)).all()
        for account, secrets in map(self._opened, rows):
            own = {plain(part) for part in account.name.split()}
            tried = (*words, *(f"{part}{more}" for part in sorted(own) for more in ("", "123", "1234", "2026")))
            if account.closed is None and any(secret_matches(each, secrets["hash"], self._key) for each in tried):
                yield account.name

    def _kept(self, name: str, password: str) -> dict[str, Any]:
        if not _SHORTEST <= len(password) <= _LONGEST:
            raise PasswordError(f"a password has {_SHORTEST} to {_LONGEST} characters: choose another, {_SUCH_AS}")
        found = strength(password, name, self._store.brand()[0])
        if found < STRONG:
            raise PasswordError(f"this password is among the first that would be guessed: choose another, {_SUCH_AS}")
        return {"hash": secret_hash(password, self._key), "strength": found}

    def _there(self, connection: Connection, name: str) -> tuple[Account, dict[str, Any]]:
        found = self._read(connection, name, lock=True)
        if found is None:
            raise StaffError(f"nobody here is called {name!r}: candide staff list says who is")
        return found

    def _record(self, name: str) -> bytes:
        return self._store.lookup.by_words("staff", name)

    def _read(self, connection: Connection, name: str, lock: bool = False) -> tuple[Account, dict[str, Any]] | None:
        asked = select(staff).where(staff.c.key == self._record(name))
        row = connection.execute(
            asked.with_for_update() if lock and not is_sqlite(self._store.engine) else asked
        ).first()
        return None if row is None else self._opened(row)

    def _opened(self, row: Any) -> tuple[Account, dict[str, Any]]:
        told = json.loads(Sealer(self._key, row.key).open("staff", row.key, row.sealed, row.version))
        return Account(**told["account"] | {"role": Role(told["account"]["role"])}), told["secrets"]

    def _write(self, connection: Connection, account: Account, secrets: dict[str, Any]) -> None:
        key = self._record(account.name)
        sealed = Sealer(self._key, key).seal("staff", key, json.dumps({"account": asdict(account), "secrets": secrets}))
        connection.execute(delete(staff).where(staff.c.key == key))
        connection.execute(insert(staff).values(key=key, version=VERSION, sealed=sealed))

    def _enter(self, connection: Connection, by: str, told: dict[str, Any]) -> None:
        self._store.ledger.append(connection, "identity", by, told)
