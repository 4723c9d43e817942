"""How sound is coded in RTP: G.711 mu-law and A-law, and G.722 where its library is installed.

G.722's payload type says 8,000 Hz though its sound has 16,000 (RFC 3551, section 4.5.2): `Codec.scale` is what a
timestamp is multiplied by to count samples. Its coders remember what went before, so each call has its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

import numpy as np

from voice.audio import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

__all__ = ["CLOCK", "G722", "NAMES", "PCMA", "PCMU", "Codec", "codec", "known"]

PCMU, PCMA, G722 = 0, 8, 9
"""Static payload types (RFC 3551, table 4)."""
NAMES = {"pcmu": PCMU, "pcma": PCMA, "g722": G722}
CLOCK = 8_000
"""Of the timestamps of all three, Hz."""


@dataclass(frozen=True)
class Codec:
    """One direction's or both's, of one call."""

    payload_type: int
    rate: int
    """Of the sound, Hz."""
    encode: Callable[[np.ndarray], bytes]
    """(n,) int16 at `rate` to a payload."""
    decode: Callable[[bytes], np.ndarray]

    @property
    def scale(self) -> int:
        return self.rate // CLOCK


@cache
def known() -> tuple[int, ...]:
    """Payload types that can be coded here."""
    return (PCMU, PCMA, G722) if find_spec("G722") else (PCMU, PCMA)


def codec(payload_type: int) -> Codec:
    """A new one. Raises KeyError: it isn't `known`."""
    if payload_type == G722:
        return _g722()
    encode, decode = {PCMU: (ulaw_encode, ulaw_decode), PCMA: (alaw_encode, alaw_decode)}[payload_type]
    return Codec(
        payload_type, 8_000, lambda pcm: encode(pcm).tobytes(), lambda data: decode(np.frombuffer(data, np.uint8))
    )


def _g722() -> Codec:
    from G722 import G722 as Coder

    out, back = Coder(16_000, 64_000), Coder(16_000, 64_000)
    return Codec(G722, 16_000, lambda pcm: bytes(out.encode(pcm)), lambda data: np.asarray(back.decode(data), np.int16))
