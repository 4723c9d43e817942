"""Proves who a customer is, with what they set: PIN, authenticator code, or a code sent to their own number.

Nobody learns here whether a customer exists, which factor was wrong, or how far off: an unknown customer takes the same
work and the same lock as a known one. Every outcome is in the ledger.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from personalization.grammar import plain
from personalization.identity.lockout import PER_CALLER, Limit, Lockout
from personalization.identity.pin import hash_pin, pin_matches
from personalization.identity.sending import Sender
from personalization.identity.step_up import Level
from personalization.identity.totp import DIGITS, new_secret, provisioning_uri, used_step
from personalization.store.database import is_sqlite, read, write
from personalization.store.errors import KeyGone
from personalization.store.schema import credentials
from personalization.store.sealing import VERSION, Sealer
from personalization.store.shop_store import NoSuchCustomer, ShopStore

__all__ = ["Identification", "Outcome", "Verdict"]

SENT_HOLDS = 300.0
"""Seconds a sent code holds (NIST SP 800-63B, section 5.1.3.2: at most ten minutes)."""
_SENT_TRIES = 3
_NOBODY = bytes(16)
"""Whose records are looked for, and never found, where the customer is unknown."""


class Outcome(StrEnum):
    PROVED = "proved"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True)
class Verdict:
    """Attributes:
    uid: the customer's, where it is proved. level: how far. wait: seconds until another try is judged, where locked.
    """

    outcome: Outcome
    uid: bytes | None = None
    level: Level = Level.NOBODY
    wait: float = 0.0


class Identification:
    """Args:
    sender: delivers codes; None where none are sent. now: seconds since 1970.
    callers: what those may get wrong whose tries count together.
    """

    def __init__(
        self,
        store: ShopStore,
        sender: Sender | None = None,
        now: Callable[[], float] = time.time,
        callers: Limit = PER_CALLER,
    ) -> None:
        self._store, self._sender, self._now = store, sender, now
        self._lockout = Lockout(store, callers)
        self._key = store.keys.shop_key("lookup")

    # What a customer sets

    def set_pin(self, uid: bytes, pin: str) -> None:
        """Raises:
        PinError: this PIN can't be taken.
        """
        kept = hash_pin(pin, self._key)
        with write(self._store.engine) as connection:
            self._keep(connection, uid, "pin", {"hash": kept})
            self._enter(connection, uid, {"what": "pin set"})

    def enrol_totp(self, uid: bytes) -> str:
        """Makes a secret for an authenticator app; what its QR code says (otpauth://)."""
        secret, (brand, _) = new_secret(), self._store.brand()
        with write(self._store.engine) as connection:
            self._keep(connection, uid, "totp", {"secret": secret.hex(), "last": -1})
            self._enter(connection, uid, {"what": "authenticator set"})
        return provisioning_uri(secret, self._store.person(uid)["name"], brand)

    # What a caller shows

    def send_code(self, account: str, caller: str | None = None) -> float:
        """Sends a code to the customer's own number or address; seconds to wait where that was asked too often.

        Whether one was sent isn't told. Asking counts as a try, so that nobody's telephone is made to ring all day.
        """
        uid, wait = self._begin(account, caller)
        if wait or uid is None or self._sender is None:
            return wait
        person = self._store.person(uid)
        to = person["phone"] or person["email"]
        if to:
            code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
            with write(self._store.engine) as connection:
                told = {"digest": self._digest(uid, code), "until": self._now() + SENT_HOLDS, "left": _SENT_TRIES}
                self._keep(connection, uid, "sent", told)
                self._enter(connection, uid, {"what": "code sent"})
            self._sender.send(to, code, person["language"])
        return 0.0

    def prove(
        self,
        account: str,
        caller: str | None = None,
        pin: str | None = None,
        code: str | None = None,
        *,
        all_set: bool = False,
    ) -> Verdict:
        """Judges a PIN, a code, or both: all that is shown must be right.

        Args:
            account: the customer's number or name. caller: whose tries count together: a telephone number, a kiosk.
            all_set: a PIN or an authenticator that the customer has set must be among what is shown.
        """
        uid, wait = self._begin(account, caller)
        if wait:
            return Verdict(Outcome.LOCKED, wait=wait)
        right = [pin_matches(pin, self._pin_of(uid), self._key)] if pin is not None else []
        # A right code is used up even where the PIN is wrong: it was seen.
        right += [self._use_code(uid, code)] if code is not None else []
        if all_set:
            right += [False] * self._left_out(uid, pin, code)
        if uid is None or not right or not all(right):
            self._record(uid, {"what": "refused"})
            return Verdict(Outcome.WRONG)
        self._lockout.right(self._account(account, uid), self._caller(caller), self._now())
        level = Level.TWO_FACTORS if len(right) == 2 else Level.ONE_FACTOR
        self._record(uid, {"what": "proved", "level": int(level)})
        return Verdict(Outcome.PROVED, uid, level)

    def _begin(self, account: str, caller: str | None) -> tuple[bytes | None, float]:
        try:
            uid = self._store.find(account)
            self._store.keys.key(uid)
        except (NoSuchCustomer, KeyGone):
            uid = None
        return uid, self._lockout.count(self._account(account, uid), self._caller(caller), self._now())

    def _account(self, account: str, uid: bytes | None) -> bytes:
        return self._store.account_key(uid) if uid else self._store.lookup.of("account", f"?{plain(account)}")

    def _caller(self, caller: str | None) -> bytes | None:
        return self._store.lookup.of("caller", plain(caller)) if caller else None

    def _pin_of(self, uid: bytes | None) -> str | None:
        with read(self._store.engine) as connection:
            told = self._kept(connection, uid or _NOBODY, "pin")
        return told["hash"] if told else None

    def _left_out(self, uid: bytes | None, pin: str | None, code: str | None) -> int:
        """How many of what the customer has set weren't shown."""
        with read(self._store.engine) as connection:
            has_pin, has_app = (self._kept(connection, uid or _NOBODY, kind) is not None for kind in ("pin", "totp"))
        return (has_pin and pin is None) + (has_app and code is None)

    def _use_code(self, uid: bytes | None, code: str) -> bool:
        """An authenticator's or a sent code; once right, never again."""
        with write(self._store.engine) as connection:
            by_app = self._use_totp(connection, uid or _NOBODY, code)
            return self._use_sent(connection, uid or _NOBODY, code) or by_app

    def _use_totp(self, connection: Connection, uid: bytes, code: str) -> bool:
        told = self._kept(connection, uid, "totp", lock=True) or {}
        step = used_step(bytes.fromhex(told.get("secret", "00" * 20)), code, self._now(), told.get("last", -1))
        if not told or step is None:
            return False
        self._keep(connection, uid, "totp", told | {"last": step})
        return True

    def _use_sent(self, connection: Connection, uid: bytes, code: str) -> bool:
        told = self._kept(connection, uid, "sent", lock=True)
        right = hmac.compare_digest(told["digest"] if told else "", self._digest(uid, code))
        if not told:
            return False
        holds = self._now() <= told["until"] and told["left"] > 0
        if right or told["left"] <= 1 or not holds:
            self._drop(connection, uid, "sent")
        else:
            self._keep(connection, uid, "sent", told | {"left": told["left"] - 1})
        return right and holds

    def _digest(self, uid: bytes, code: str) -> str:
        return hmac.digest(self._key, b"sent\0" + uid + code.encode(), "sha256").hex()

    # Sealed with the customer's other data

    def _record_key(self, uid: bytes, kind: str) -> bytes:
        return self._store.lookup.of("credential", f"{uid.hex()}\0{kind}")

    def _keep(self, connection: Connection, uid: bytes, kind: str, told: dict[str, Any]) -> None:
        key = self._record_key(uid, kind)
        self._drop(connection, uid, kind)
        sealed = self._sealer(uid).seal("credentials", key, json.dumps(told))
        connection.execute(insert(credentials).values(customer=uid, key=key, version=VERSION, sealed=sealed))

    def _kept(self, connection: Connection, uid: bytes, kind: str, lock: bool = False) -> dict[str, Any] | None:
        key = self._record_key(uid, kind)
        asked = select(credentials).where(credentials.c.customer == uid, credentials.c.key == key)
        row = connection.execute(
            asked.with_for_update() if lock and not is_sqlite(self._store.engine) else asked
        ).first()
        return json.loads(self._sealer(uid).open("credentials", key, row.sealed, row.version)) if row else None

    def _drop(self, connection: Connection, uid: bytes, kind: str) -> None:
        key = self._record_key(uid, kind)
        connection.execute(delete(credentials).where(credentials.c.customer == uid, credentials.c.key == key))

    def _sealer(self, uid: bytes) -> Sealer:
        return self._store.keys.sealer(uid)

    def _enter(self, connection: Connection, uid: bytes, told: dict[str, Any]) -> None:
        self._store.ledger.append(connection, "identity", "identification", told, subject=uid, sealer=self._sealer(uid))

    def _record(self, uid: bytes | None, told: dict[str, Any]) -> None:
        """A refusal of nobody is entered too: it takes as long, and shows who tries names."""
        with write(self._store.engine) as connection:
            if uid is None:
                self._store.ledger.append(connection, "identity", "identification", told)
            else:
                self._enter(connection, uid, told)
