"""Silence around what a voice said, cut to what a join needs."""

from __future__ import annotations

import numpy as np

__all__ = ["Trimmer", "trimmed"]

_KEPT = 0.03
"""Seconds of silence kept at both ends."""
_FADE = 0.005
"""Seconds over which both ends are faded, so that a join never clicks."""
_QUIET = 10 ** (-45 / 20)
"""Under this share of full scale nothing is said."""
_NOTHING = np.zeros(0, np.int16)


class Trimmer:
    """Cuts the silent ends of a sound that comes in pieces: what is silent is held back until a voice follows.

    What it gives, joined, is the same however the sound was cut into pieces.
    """

    def __init__(self, rate: int) -> None:
        self._kept, self._fade = int(_KEPT * rate), int(_FADE * rate)
        self._held = _NOTHING
        self._spoken = self._given = False

    def push(self, piece: np.ndarray) -> np.ndarray:
        """The next (n,) int16; returns what is sure to stay of what has come."""
        self._held = np.concatenate([self._held, piece])
        loud = self._loud()
        if not self._spoken:
            first = loud[0] if len(loud) else len(self._held)
            self._held = self._held[max(0, first - self._kept) :]
            if not len(loud):
                return _NOTHING
            self._spoken, loud = True, self._loud()
        sure = min(int(loud[-1]) + 1 if len(loud) else 0, len(self._held) - self._fade)
        if sure <= (0 if self._given else 2 * self._fade):
            return _NOTHING
        return self._taken(sure, self._fade)

    def flush(self) -> np.ndarray:
        """What is left, once nothing follows."""
        if not self._spoken:
            return _NOTHING
        loud = self._loud()
        self._held = self._held[: (int(loud[-1]) if len(loud) else -1) + self._kept]
        fade = min(self._fade, len(self._held) // 2)
        left = self._taken(len(self._held), fade)
        return _ramped(left, np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)[::-1], len(left) - fade)

    def _loud(self) -> np.ndarray:
        return np.flatnonzero(np.abs(self._held.astype(np.int32)) > _QUIET * 32768)

    def _taken(self, count: int, fade: int) -> np.ndarray:
        """The first of what is held, faded in where it is the beginning."""
        out, self._held = self._held[:count], self._held[count:]
        if not self._given:
            out = _ramped(out, np.linspace(0, 1, fade, endpoint=False, dtype=np.float32), 0)
        self._given = True
        return out


def trimmed(sound: np.ndarray, rate: int) -> np.ndarray:
    """(n,) int16 with its silent ends cut to 30 ms and faded."""
    trimmer = Trimmer(rate)
    return np.concatenate([trimmer.push(sound), trimmer.flush()])


def _ramped(sound: np.ndarray, ramp: np.ndarray, at: int) -> np.ndarray:
    out = sound.astype(np.float32)
    out[at : at + len(ramp)] *= ramp
    return out.astype(np.int16)
