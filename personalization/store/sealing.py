"""Seals one record: AES-256-GCM under the customer's own key (NIST SP 800-38D, 96-bit random nonces).

The associated data name the table, the customer, the record and the version of the form, so that a sealed value moved
to another place, another person or another version doesn't open.
"""

from __future__ import annotations

import os

from personalization.store.errors import Damaged, ExtraMissing

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError as missing:  # pragma: no cover
    raise ExtraMissing("cryptography") from missing

__all__ = ["KEY_BYTES", "VERSION", "Sealer", "new_key"]

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = 1
"""Of the sealed form; stands beside each sealed value and in its associated data."""

_BLOCK = 32
"""Plaintexts are padded to a multiple of this many bytes: their lengths tell little of a product's name."""


def new_key() -> bytes:
    """A fresh data key, (32,) bytes."""
    return os.urandom(KEY_BYTES)


class Sealer:
    """Seals and opens the records of one customer.

    Args:
        key: (32,) bytes, their data key. uid: (16,) bytes, what they are called in the database.
    """

    __slots__ = ("_cipher", "_uid")

    def __init__(self, key: bytes, uid: bytes) -> None:
        self._cipher, self._uid = AESGCM(key), uid

    def seal(self, table: str, record: bytes, text: str) -> bytes:
        """(n,) bytes: nonce, then ciphertext with its tag. `text` may not end with a space: spaces are the padding."""
        plain = text.encode()
        plain += b" " * (-len(plain) % _BLOCK)
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, _about(table, self._uid, record, VERSION))

    def open(self, table: str, record: bytes, sealed: bytes, version: int = VERSION) -> str:
        """What was sealed.

        Raises:
            Damaged: it was changed, cut, or belongs elsewhere.
        """
        try:
            plain = self._cipher.decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _about(table, self._uid, record, version)
            )
        except (InvalidTag, ValueError, TypeError) as wrong:
            raise Damaged(f"a sealed record of {table} was changed or moved: put back the last backup") from wrong
        return plain.decode().rstrip(" ")


def _about(table: str, uid: bytes, record: bytes, version: int) -> bytes:
    return b"candide\0%d\0%s\0%s%s" % (version, table.encode(), uid, record)
