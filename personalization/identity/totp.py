"""Time-based one-time codes (RFC 6238 over RFC 4226), each used once."""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from urllib.parse import quote

__all__ = ["DIGITS", "STEP", "hotp", "new_secret", "provisioning_uri", "step_of", "used_step"]

DIGITS = 6
STEP = 30
"""Seconds a code holds."""
_WINDOW = 1
"""Steps before and after the present one that are taken too: clocks differ, and people type slowly."""


def new_secret() -> bytes:
    """(20,) bytes, the length RFC 4226 recommends (section 4, R6)."""
    return secrets.token_bytes(20)


def hotp(secret: bytes, counter: int, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """The code of a counter (RFC 4226, section 5.3)."""
    mac = hmac.digest(secret, struct.pack(">Q", counter), algorithm)
    offset = mac[-1] & 0xF
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


def step_of(moment: float) -> int:
    """The time step of a moment in seconds since 1970 (RFC 6238, section 4.2)."""
    return int(moment // STEP)


def used_step(secret: bytes, code: str, moment: float, last: int = -1) -> int | None:
    """The time step this code belongs to, or None where it is wrong or was used.

    Every step of the window is compared, whichever is right, and digit by digit in constant time. The caller keeps the
    step and hands it back as `last`: a code of that step or an older one is never taken again (RFC 6238, section 5.2).
    """
    now, found = step_of(moment), None
    for step in range(max(now - _WINDOW, 0), now + _WINDOW + 1):
        right = hmac.compare_digest(hotp(secret, step).encode(), code.encode())
        if right and step > last:
            found = step
    return found


def provisioning_uri(secret: bytes, account: str, issuer: str) -> str:
    """What an authenticator app reads from a QR code (Key URI format)."""
    text = base64.b32encode(secret).decode().rstrip("=")
    label = f"{quote(issuer)}:{quote(account)}"
    return f"otpauth://totp/{label}?secret={text}&issuer={quote(issuer)}&algorithm=SHA1&digits={DIGITS}&period={STEP}"
