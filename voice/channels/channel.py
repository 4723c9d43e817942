"""The one interface every line has for the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

__all__ = ["FRAME_SECONDS", "Channel", "Floor", "Tick"]

FRAME_SECONDS = 0.02
"""Sound travels in frames of 20 ms, both ways, by one clock."""


class Floor(StrEnum):
    """Whose turn it is. Only a recorded caller needs to know: they wait for the answer as a person would."""

    CALLER = "caller"
    ASSISTANT = "assistant"


@dataclass(frozen=True)
class Tick:
    """One frame from the caller."""

    sound: np.ndarray
    """(rate * 0.02,) int16."""
    digits: str = ""
    """Keys pressed since the last frame."""
    text: str = ""
    """A turn typed since the last frame, where the channel has a screen."""
    touched: bool = False
    """Something was touched since the last frame: somebody is there, though silent."""
    echo_changed: bool = False
    """What is left of our own voice in the sound is something else from this frame on."""


class Channel(Protocol):
    """Sound in and out, paced by one clock: each `exchange` is 20 ms of conversation."""

    rate: int
    """Sample rate both ways, Hz."""

    async def exchange(self, out: np.ndarray | None, floor: Floor) -> Tick | None:
        """Sends one frame ((rate * 0.02,) int16, None: silence), waits for the next one. None: the caller is gone."""

    def hang_up(self) -> None: ...
