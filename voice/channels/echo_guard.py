"""Our own voice kept out of the conversation for the moments in which the echo canceller has lost its thread."""

from __future__ import annotations

import numpy as np

from voice.audio import dbfs
from voice.channels.channel import FRAME_SECONDS

__all__ = ["EchoGuard"]

_FOUND, _SURE, _AT_MOST = 15.0, 12, 3.0
"""dB by which the canceller lowers an echo it has found, frames in a row of it that make sure, and seconds at most."""
_AUDIBLE = -50.0
"""dBFS above which a frame counts as sound."""
_TAIL = 20
"""Frames an echo may be heard after its cause."""


class EchoGuard:
    """Keeps our own voice out while the canceller can't: once sound was torn, it has to find the delay anew.

    Until it lowers what it is given by `_FOUND` dB, what is heard while we speak is passed on as silence; for
    `_AT_MOST` seconds of speaking, so that a caller who talks meanwhile isn't kept out for long.
    """

    def __init__(self) -> None:
        self._left = 0.0
        self._found = 0
        self._speaking = 0

    def lost(self) -> None:
        self._left, self._found = _AT_MOST, 0

    def pass_on(self, captured: np.ndarray, cleaned: np.ndarray, played: np.ndarray) -> np.ndarray:
        """(n,) int16 each: the microphone, what the canceller left of it, what was played. Returns what is heard."""
        if self._left <= 0:
            return cleaned
        self._speaking = _TAIL if dbfs(played) > _AUDIBLE else self._speaking - 1
        if self._speaking <= 0:
            return cleaned
        self._left -= FRAME_SECONDS
        before = dbfs(captured)
        if before > _AUDIBLE:
            self._found = self._found + 1 if before - dbfs(cleaned) >= _FOUND else 0
        if self._found >= _SURE:
            self._left = 0.0
        return np.zeros_like(cleaned)
