"""The way from the loudspeaker to the microphone, learnt while we speak, as a linear filter.

The filter is a Kalman filter in the frequency domain (Enzner and Vary, Signal Processing 86, 2006), its impulse
response cut into blocks (Kuech, Mabande and Enzner, ICASSP 2014). It weighs each block's error by what it doesn't know
of the room yet against what else is heard, so it needs nobody to tell it who speaks.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

__all__ = ["RoomFilter"]

_BLOCK = 0.02
"""Seconds of a block."""
_LONGEST = 0.6
"""Seconds from giving a sound to the loudspeaker until the last of its echo: buffers of both devices and the room."""
_STAYS = 0.9995
"""Share of the filter that is expected to hold from one block to the next: people move, doors open."""
_SMOOTH = 0.9
"""Of the power of what isn't echo, block to block."""
_UNKNOWN = 0.03
"""Variance of a filter of which nothing is known."""
_BETTER, _WRONG, _FOR = 10**-1.5, 0.4, 10
"""Power of what is left over what was heard under which the room is found; share of the echo expected that is in what
was heard under which the filter is wrong, whoever else speaks, and begins anew; and for how many blocks."""
_AUDIBLE = 1e-5
"""Power of a sample, full scale 1.0, over which something is heard (-50 dBFS)."""
_TINY = 1e-10


class RoomFilter:
    """One a conversation. About 2.5 % of a core at 32 kHz.

    Args:
        rate: Hz, a multiple of 50.
    """

    def __init__(self, rate: int) -> None:
        self.size = round(rate * _BLOCK)
        """Samples of a block."""
        shape = (round(_LONGEST / _BLOCK), self.size + 1)
        self._played = np.zeros(shape, np.complex64)
        """Spectra of the latest blocks, the newest first."""
        self._last = np.zeros(self.size, np.float32)
        self._other = np.full(shape[1], _TINY, np.float32)
        """Power of what isn't echo."""
        self._filter = np.zeros(shape, np.complex64)
        self._unknown = np.zeros(shape, np.float32)
        self._powers = np.zeros(4, np.float32)
        """Of what was heard, what was left, the echo expected, and the two's product; block to block."""
        self.forget()

    def forget(self) -> None:
        """The echo comes by another way, or at another time, than was learnt."""
        self._filter[:] = 0
        self._unknown[:] = _UNKNOWN
        self._wrong = self._better = 0
        self.found = False
        """It lowers the echo by 15 dB, or has done so since it began."""

    def left(self, captured: np.ndarray, played: np.ndarray) -> np.ndarray:
        """What isn't echo in a block.

        Args:
            captured, played: (size,) float32, full scale 1.0, at the same time.

        Returns:
            (size,) float32.
        """
        size = self.size
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = fft.rfft(np.concatenate([self._last, played]))
        self._last = played
        echo = fft.irfft((self._played * self._filter).sum(axis=0))[size:]
        left = captured - echo
        self._learn(fft.rfft(np.concatenate([np.zeros(size, np.float32), left])))
        self._judge(captured, echo, left)
        return left

    def _learn(self, error: np.ndarray) -> None:
        power = np.abs(self._played) ** 2
        self._other += (1 - _SMOOTH) * (np.abs(error) ** 2 - self._other)
        expected = 0.5 * (power * self._unknown).sum(axis=0) + self._other + _TINY
        gain = self._unknown / expected
        change = fft.irfft(gain * self._played.conj() * error, axis=1)
        change[:, self.size :] = 0  # a block of the filter is no longer than a block
        self._filter = _STAYS * (self._filter + fft.rfft(change, axis=1))
        known = _STAYS**2 * (1 - 0.5 * gain * power)
        self._unknown = known * self._unknown + (1 - _STAYS**2) * np.abs(self._filter) ** 2

    def _judge(self, captured: np.ndarray, echo: np.ndarray, left: np.ndarray) -> None:
        powers = np.array([captured @ captured, left @ left, echo @ echo, captured @ echo]) / self.size
        self._powers += (1 - _SMOOTH) * (powers - self._powers)
        heard, remains, expected, common = self._powers.tolist()
        self._better = self._better + 1 if heard > _AUDIBLE and remains < _BETTER * heard else 0
        self._wrong = self._wrong + 1 if expected > _AUDIBLE and common < _WRONG * expected else 0
        self.found = self.found or self._better >= _FOR
        if self._wrong >= _FOR:
            self.forget()
