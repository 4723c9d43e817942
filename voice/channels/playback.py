"""What waits for the loudspeaker: a short cushion between the conversation and PortAudio's thread."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

__all__ = ["Playback"]

_CUSHION = 0.06
"""Seconds of sound kept ready for the loudspeaker."""
_TOO_MUCH = 0.12
"""Seconds ready at which silence is left out; sound is at twice as much."""


class Playback:
    """What waits for the loudspeaker. Filled by the conversation, emptied by PortAudio's thread.

    Args:
        rate: the device's, Hz.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.underruns = 0
        self.left_out = 0
        """Frames that weren't played because too much was waiting."""
        self._waiting: deque[np.ndarray] = deque()
        self._given: deque[np.ndarray] = deque()
        self._lock = threading.Lock()
        self._samples = 0
        self._begun = False

    @property
    def ready(self) -> float:
        """Seconds of sound waiting."""
        return self._samples / self.rate

    def push(self, sound: np.ndarray, silent: bool) -> None:
        """The next frame, (n,) int16; silence is left out where too much waits already."""
        if self.ready > (_TOO_MUCH if silent else 2 * _TOO_MUCH):
            self.left_out += 1
            return
        with self._lock:
            self._waiting.append(sound)
            self._samples += len(sound)

    def given(self) -> list[np.ndarray]:
        """What the device took since this was asked last, silence included."""
        return [self._given.popleft() for _ in range(len(self._given))]

    def pull(self, count: int) -> np.ndarray:
        """(count,) int16; silence until a cushion is there, and again after it ran dry."""
        out = self._next(count)
        self._given.append(out)
        return out

    def _next(self, count: int) -> np.ndarray:
        out = np.zeros(count, np.int16)
        with self._lock:
            if not self._begun:
                self._begun = self.ready >= _CUSHION
                if not self._begun:
                    return out
            filled = 0
            while filled < count and self._waiting:
                piece = self._waiting.popleft()
                taken = piece[: count - filled]
                out[filled : filled + len(taken)] = taken
                filled += len(taken)
                if len(taken) < len(piece):
                    self._waiting.appendleft(piece[len(taken) :])
            self._samples -= filled
            if filled < count:
                self.underruns += 1
                self._begun = False
        return out
