"""Finds a record without showing what is looked for: keyed hashes (HMAC-SHA-256, RFC 2104, cut to 128 bits)."""

from __future__ import annotations

import hmac

from personalization.grammar import plain

__all__ = ["Lookup"]


class Lookup:
    """Args:
    key: (32,) bytes, kept with the data keys: without it, hashes of guessed names tell nothing.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, field: str, value: str) -> bytes:
        """(16,) bytes for this value of this field; letter by letter."""
        return hmac.digest(self._key, f"{field}\0{value}".encode(), "sha256")[:16]

    def by_words(self, field: str, value: str) -> bytes:
        """The same, case and accents aside."""
        return self.of(field, plain(value))
