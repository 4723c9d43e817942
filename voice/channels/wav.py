"""A recorded call played into a conversation as if it came in live, and the conversation kept as sound."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voice.channels.channel import FRAME_SECONDS, Floor, Tick

__all__ = ["Pause", "RecordedCall", "pauses"]

_LISTEN_AT_MOST = 6.0
"""Seconds a recorded caller waits for an answer before they speak on."""
_BREATH = 0.5
"""Seconds between the end of an answer and the recorded caller's next word."""


@dataclass(frozen=True)
class Pause:
    """A stretch without speech, in samples."""

    start: int
    end: int


def pauses(sound: np.ndarray, rate: int, at_least: float = 0.8) -> list[Pause]:
    """Stretches of a recording quiet enough and long enough to be a change of turns.

    Args:
        sound: (n,) int16.
        rate: Hz.
        at_least: seconds.

    Quiet is at least 12 dB under the recording's loud parts (95th percentile of the 20 ms levels) and no more than
    6 dB over its floor (10th percentile), or under -60 dBFS.
    """
    size = int(rate * FRAME_SECONDS)
    count = len(sound) // size
    if count == 0:
        return [Pause(0, len(sound))]
    power = np.mean(sound[: count * size].astype(np.float64).reshape(count, size) ** 2, axis=1)
    level = 10 * np.log10(power / 32768.0**2 + 1e-12)
    loud, floor = np.percentile(level, 95), np.percentile(level, 10)
    quiet = level < max(-60.0, min(loud - 12.0, floor + 6.0))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], quiet.astype(np.int8), [0]))))
    found = [
        Pause(int(a) * size, int(b) * size) for a, b in edges.reshape(-1, 2) if (b - a) * FRAME_SECONDS >= at_least
    ]
    if found and found[-1].end == count * size:
        found[-1] = Pause(found[-1].start, len(sound))
    return found


class RecordedCall:
    """A channel whose caller is a recording.

    In a pause of the recording the caller listens: the recording waits, its own background going on, until the
    assistant has finished, as the person on the line would have done. What both said is kept in `caller` and
    `assistant`, sample for sample.

    Args:
        sound: (n,) int16, the caller.
        rate: Hz.
        paced: 20 ms of sound take 20 ms; else as fast as the conversation goes.
        listens: False plays the recording straight through, whatever the assistant says.
        digits: (seconds into the recording, key) pairs.
    """

    def __init__(
        self,
        sound: np.ndarray,
        rate: int,
        *,
        paced: bool = True,
        listens: bool = True,
        digits: Sequence[tuple[float, str]] = (),
    ) -> None:
        self.rate = rate
        self._size = int(rate * FRAME_SECONDS)
        self._sound = sound
        self._paced = paced
        self._listens = listens
        self._digits = sorted(digits)
        self._pauses = pauses(sound, rate) if listens else []
        self._position = 0
        self._waited = 0.0
        self._quiet_since_answer = 0.0
        self._answered = False
        self._hung_up = False
        self._started: float | None = None
        self._ticks = 0
        self.caller: list[np.ndarray] = []
        self.assistant: list[np.ndarray] = []
        self.late = 0.0
        """The most the clock ever ran behind the sound, seconds (paced calls)."""

    async def exchange(self, out: np.ndarray | None, floor: Floor) -> Tick | None:
        if self._hung_up:
            return None
        await self._pace()
        heard = np.zeros(self._size, np.int16) if out is None else out
        if out is not None and not self._answered:
            self._answered, self._waited = True, 0.0
        frame, digits = self._next(floor)
        if frame is None:
            return None
        self._ticks += 1
        self.caller.append(frame)
        self.assistant.append(heard)
        return Tick(frame, digits)

    def hang_up(self) -> None:
        self._hung_up = True

    def stereo(self) -> np.ndarray:
        """(n, 2) int16: caller left, assistant right."""
        if not self.caller:
            return np.zeros((0, 2), np.int16)
        return np.stack([np.concatenate(self.caller), np.concatenate(self.assistant)], axis=1)

    async def _pace(self) -> None:
        if not self._paced:
            await asyncio.sleep(0)
            return
        if self._started is None:
            self._started = time.perf_counter()
        ahead = self._started + self._ticks * FRAME_SECONDS - time.perf_counter()
        self.late = max(self.late, -ahead)
        await asyncio.sleep(max(0.0, ahead))

    def _next(self, floor: Floor) -> tuple[np.ndarray | None, str]:
        if self._listens and self._holds(floor):
            return self._background(), ""
        if self._position >= len(self._sound):
            return None, ""
        start, self._position = self._position, self._position + self._size
        frame = self._sound[start : self._position]
        if len(frame) < self._size:
            frame = np.concatenate([frame, np.zeros(self._size - len(frame), np.int16)])
        self._quiet_since_answer = 0.0
        if self._pause() is None:  # until then, who waited long enough doesn't wait again
            self._waited, self._answered = 0.0, False
        return frame, self._keys(start, self._position)

    def _pause(self) -> Pause | None:
        """The pause the recording is in, if it's in one; its beginning and its end count as one."""
        at = self._position
        if at == 0:
            return Pause(0, 0)
        if at >= len(self._sound):
            return Pause(len(self._sound), len(self._sound))
        return next((pause for pause in self._pauses if pause.start < at < pause.end), None)

    def _holds(self, floor: Floor) -> bool:
        """Whether the caller waits now: they let their own last half second of pause pass only when it's their turn."""
        pause = self._pause()
        if pause is None or pause.end - self._position > int(_BREATH * self.rate):
            return False
        if floor is Floor.ASSISTANT or not self._answered:
            self._quiet_since_answer = 0.0
            self._waited += FRAME_SECONDS
            return floor is Floor.ASSISTANT or self._waited < _LISTEN_AT_MOST
        self._quiet_since_answer += FRAME_SECONDS
        needed = _BREATH if pause.start == pause.end else 0.0
        return self._quiet_since_answer <= needed

    def _background(self) -> np.ndarray:
        """The line's own noise: a frame of the pause the caller waits in."""
        pause = self._pause()
        if pause is None or pause.end - pause.start < 4 * self._size:
            return np.zeros(self._size, np.int16)
        frames = (pause.end - pause.start) // self._size - 2
        index = (self._ticks % frames) + 1
        return self._sound[pause.start + index * self._size :][: self._size].copy()

    def _keys(self, start: int, end: int) -> str:
        return "".join(key for at, key in self._digits if start <= int(at * self.rate) < end)
