"""What is heard where sound is missing: the last pitch period again, fading out (after ITU-T G.711 Appendix I)."""

from __future__ import annotations

import numpy as np

__all__ = ["Concealment"]

_LOWEST, _HIGHEST = 66.0, 200.0
"""Pitch looked for, Hz."""
_HELD, _FADED = 0.010, 0.060
"""Seconds a gap is filled at full level, and after which it is silence."""
_MEND = 0.004
"""Seconds over which filled-in sound goes over into the real one."""


class Concealment:
    """Remembers the last sound and continues it over gaps.

    Args:
        rate: Hz.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._longest, self._shortest = int(rate / _LOWEST), int(rate / _HIGHEST)
        self._mend = int(rate * _MEND)
        self._last = np.zeros(2 * self._longest, np.int16)
        self._period = np.zeros(0, np.float32)
        self._missing = 0
        """Samples filled in since the last real one."""

    def good(self, frame: np.ndarray) -> np.ndarray:
        """A frame that came, (n,) int16; returned with its beginning mended after a gap."""
        if 0 < self._missing < _FADED * self._rate and self._period.any():
            frame = self._mended(frame)
        self._missing = 0
        self._remember(frame)
        return frame

    def fill(self, count: int) -> np.ndarray:
        """(count,) int16 in place of sound that didn't come."""
        if self._missing == 0:
            self._period = self._find_period()
        made = self._continued(count)
        self._missing += count
        return made

    def _remember(self, frame: np.ndarray) -> None:
        self._last = np.concatenate([self._last, frame])[-len(self._last) :]

    def _continued(self, count: int) -> np.ndarray:
        if self._missing >= _FADED * self._rate:
            return np.zeros(count, np.int16)
        at = self._missing + np.arange(count)
        gain = np.clip(1 - (at / self._rate - _HELD) / (_FADED - _HELD), 0.0, 1.0)
        return (self._period[at % len(self._period)] * gain).astype(np.int16)

    def _find_period(self) -> np.ndarray:
        """The last pitch period: the lag at which the sound looks most like itself."""
        sound = self._last.astype(np.float32)
        if not sound.any():
            return sound[-self._longest :]
        recent = sound[-self._longest :]
        windows = np.lib.stride_tricks.sliding_window_view(sound, self._longest)
        # Row i lags by longest - i samples.
        lagged = windows[: self._longest - self._shortest + 1]
        alike = lagged @ recent / (np.sqrt((lagged * lagged).sum(axis=1)) + 1.0)
        lag = self._longest - int(np.argmax(alike))
        return sound[-lag:]

    def _mended(self, frame: np.ndarray) -> np.ndarray:
        count = min(self._mend, len(frame))
        share = np.linspace(0.0, 1.0, count, endpoint=False)
        head = self._continued(count) * (1 - share) + frame[:count] * share
        return np.concatenate([head.astype(np.int16), frame[count:]])
