"""Who stands at the kiosk: codes, typed or said, that prove it.

A loyalty code holds until it is changed; a one-time code holds once, and for a while. Of both only digests under a key
of this process are kept. A few wrong tries lock the kiosk for a minute, then for longer, whoever tries and however the
conversation is begun anew.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nlu.spoken_code import SHORTEST
from personalization.catalogue import CatalogueError, rows_of
from personalization.shop import Shop
from voice.kiosk.proof import Entry, Outcome, Verdict

__all__ = ["CodeError", "Codes", "load_loyalty_codes", "plain_code"]

_LONGEST = 32


class CodeError(ValueError):
    """A code that can't be used; the message says why, and doesn't hold it."""


@dataclass(frozen=True)
class _Code:
    digest: bytes
    customer: str
    once: bool
    until: float


class Codes:
    """A `Prover` of one entry.

    Args:
        clock: seconds that never go back.
        tries: wrong codes in a row that lock.
        lock: seconds the first lock lasts; each further one twice as long, at most `longest`.
    """

    asks = (Entry.CODE,)

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        tries: int = 3,
        lock: float = 60.0,
        longest: float = 3600.0,
    ) -> None:
        self._clock, self._tries, self._first_lock, self._longest = clock, tries, lock, longest
        self._key = secrets.token_bytes(32)
        self._codes: list[_Code] = []
        self._wrong = 0
        self._locks = 0
        self._locked_until = 0.0

    def add(self, customer: str, code: str, once: bool = True, seconds: float = float("inf")) -> None:
        """A code of a customer's.

        Args:
            customer: id or name in the shop.
            seconds: how long it holds.

        Raises:
            CodeError: too short or long, or another customer's already.
        """
        code = plain_code(code)
        if not SHORTEST <= len(code) <= _LONGEST:
            raise CodeError(f"a code has {SHORTEST} to {_LONGEST} letters and digits: choose another for {customer!r}")
        digest = self._digest(code)
        if any(hmac.compare_digest(digest, each.digest) for each in self._codes):
            raise CodeError(f"the code given to {customer!r} is in use already: choose another")
        self._codes.append(_Code(digest, customer, once, self._clock() + seconds))

    def issue(self, customer: str, seconds: float = 900.0, digits: int = SHORTEST) -> str:
        """A new one-time code for a customer, to be told to them alone."""
        while True:
            code = "".join(secrets.choice("0123456789") for _ in range(digits))
            try:
                self.add(customer, code, seconds=seconds)
            except CodeError:
                continue
            return code

    def check(self, code: str) -> Verdict:
        """Whose code it is. While locked nothing is looked at, not even the right one.

        Every code is compared in constant time, whether one was found or not: the time taken tells nothing.
        """
        now = self._clock()
        if self.locked:
            return Verdict(Outcome.LOCKED, seconds=self.locked)
        digest = self._digest(plain_code(code)[:_LONGEST])
        found = None
        for each in self._codes:
            fits = hmac.compare_digest(digest, each.digest)
            found = each if fits and now < each.until else found
        if found is None:
            return self._on_wrong(now)
        self._wrong = self._locks = 0
        if found.once:
            self._codes.remove(found)
        method = "one-time code" if found.once else "loyalty code"
        return Verdict(Outcome.RIGHT, found.customer, found.once, method=method)

    @property
    def locked(self) -> float:
        """Seconds until codes are taken again; 0 when they are."""
        return max(0.0, self._locked_until - self._clock())

    @property
    def customers(self) -> set[str]:
        """Who has a code."""
        return {each.customer for each in self._codes}

    def forget(self, customer: str) -> None:
        """An erased customer's codes are gone with them."""
        self._codes = [each for each in self._codes if each.customer != customer]

    def _on_wrong(self, now: float) -> Verdict:
        self._wrong += 1
        if self._wrong < self._tries:
            return Verdict(Outcome.WRONG, left=self._tries - self._wrong)
        seconds = min(self._longest, self._first_lock * 2**self._locks)
        self._wrong, self._locks, self._locked_until = 0, self._locks + 1, now + seconds
        return Verdict(Outcome.LOCKED, seconds=seconds)

    def _digest(self, code: str) -> bytes:
        return hmac.new(self._key, code.encode(), hashlib.sha256).digest()


def plain_code(code: str) -> str:
    """Letters and digits alone, in capitals: a code is the same however it is spaced."""
    return "".join(mark for mark in code.upper() if mark.isalnum())


def load_loyalty_codes(codes: Codes, path: Path, shop: Shop) -> int:
    """Takes a CSV of `customer,code` into account; returns how many.

    Raises:
        CatalogueError: a row can't be used; nothing is half understood where proofs are concerned.
    """
    count = 0
    try:
        for line, row in rows_of(path, ("customer", "code")):
            try:
                codes.add(shop.customer(row["customer"]).id, row["code"], once=False)
            except (CodeError, LookupError) as wrong:
                raise CatalogueError(path.name, line, str(wrong)) from wrong
            count += 1
    except FileNotFoundError as missing:
        raise CatalogueError(path.name, 0, "the file is missing: it has the columns customer and code") from missing
    return count
