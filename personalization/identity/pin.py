"""A PIN: figures a caller keys in, kept as an Argon2id hash (RFC 9106) over a keyed hash.

Four figures are guessed from a bare hash in seconds: the key, which isn't in the database, is what stops that. Guessing
through the front door is stopped by `lockout`.
"""

from __future__ import annotations

import base64
import hmac
from functools import cache
from itertools import pairwise

from personalization.store.errors import ExtraMissing

try:
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError
except ImportError as missing:  # pragma: no cover
    raise ExtraMissing("argon2-cffi") from missing

__all__ = ["PinError", "hash_pin", "pin_matches", "secret_hash", "secret_matches"]

_SHORTEST, _LONGEST = 4, 12


class PinError(ValueError):
    """This PIN can't be taken; the message says why."""


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # RFC 9106, section 4, second recommended option: 64 MiB, 3 passes


@cache
def _nobodys() -> str:
    """What an unknown caller's PIN is compared with, so that they wait as long as anybody."""
    return _hasher().hash("no PIN is this one")


def hash_pin(pin: str, key: bytes) -> str:
    """What is kept of a PIN.

    Args:
        key: (32,) bytes, kept outside the database.

    Raises:
        PinError: it isn't 4 to 12 figures, or is among the first anybody would try.
    """
    if not (pin.isascii() and pin.isdigit() and _SHORTEST <= len(pin) <= _LONGEST):
        raise PinError(f"a PIN is {_SHORTEST} to {_LONGEST} figures: choose another")
    if _obvious(pin):
        raise PinError("this PIN is among the first anybody would try: choose another")
    return secret_hash(pin, key)


def secret_hash(secret: str, key: bytes) -> str:
    """What is kept of a PIN or a password that was found good enough."""
    return _hasher().hash(_keyed(secret, key))


def pin_matches(pin: str, kept: str | None, key: bytes) -> bool:
    """Compares in the same time whether there is a PIN or not, and whatever is wrong in it.

    Args:
        kept: what `hash_pin` gave; None for a customer without a PIN, or nobody.
    """
    return secret_matches(pin, kept, key)


def secret_matches(secret: str, kept: str | None, key: bytes) -> bool:
    """The same for whatever `secret_hash` took."""
    try:
        right = _hasher().verify(kept or _nobodys(), _keyed(secret, key))
    except (Argon2Error, InvalidHashError):
        right = False
    return right and kept is not None


def _keyed(pin: str, key: bytes) -> str:
    return base64.b64encode(hmac.digest(key, b"pin\0" + pin.encode(), "sha256")).decode()


def _obvious(pin: str) -> bool:
    """All the same, a run up or down, a pair repeated, or a year of birth."""
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    repeated = len(pin) % 2 == 0 and pin == pin[:2] * (len(pin) // 2)
    year = len(pin) == 4 and 1920 <= int(pin) <= 2029
    return steps in ({0}, {1}, {-1}) or repeated or year
