"""One clock for all calls of a process: each is woken every 20 ms, on its own slot of the frame.

Calls are spread over the slots, so that a hundred of them don't all want the processor at the same moment. Deadlines
are absolute: a late wake-up doesn't move the next one, and what is late is counted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np

from voice.channels.channel import FRAME_SECONDS

__all__ = ["FrameClock", "Lateness"]

_SLOTS = 10
_STALLED = 1.0
"""Seconds behind after which the clock starts anew instead of catching up (the machine slept)."""


class Lateness:
    """A histogram of how late frames left, in steps of 0.1 ms up to 1 s: its size doesn't grow with the calls."""

    def __init__(self) -> None:
        self._counts = np.zeros(10_001, np.int64)
        self.most = 0.0

    def add(self, seconds: float) -> None:
        self._counts[min(10_000, max(0, int(seconds * 10_000)))] += 1
        self.most = max(self.most, seconds)

    @property
    def frames(self) -> int:
        return int(self._counts.sum())

    def percentile(self, share: float) -> float:
        """Seconds that this share (0 to 1) of the frames was late at most; 0 where there were none."""
        total = self.frames
        if not total:
            return 0.0
        return float(np.searchsorted(np.cumsum(self._counts), share * total) + 1) / 10_000


class FrameClock:
    """Args:
    clock: seconds; what deadlines are measured with.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.late = Lateness()
        self._clock = clock
        self._members = [0] * _SLOTS
        self._waiting: list[list[asyncio.Future[float]]] = [[] for _ in range(_SLOTS)]
        self._task: asyncio.Task[None] | None = None

    def join(self) -> int:
        """A slot for a new call: the one with the fewest."""
        slot = self._members.index(min(self._members))
        self._members[slot] += 1
        return slot

    def leave(self, slot: int) -> None:
        self._members[slot] -= 1

    async def tick(self, slot: int) -> float:
        """Waits for the slot's next moment. Returns how late it comes, seconds."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[slot].append(future)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        lateness = self._clock() - await future
        self.late.add(lateness)
        return lateness

    async def _run(self) -> None:
        step = FRAME_SECONDS / _SLOTS
        due, slot = self._clock(), 0
        while any(self._members) or any(self._waiting):
            now = self._clock()
            if now - due > _STALLED:
                due = now
            # Even when it's late: the calls just woken must run before their next moment comes.
            await asyncio.sleep(max(0.0, due - now))
            waiting, self._waiting[slot] = self._waiting[slot], []
            for future in waiting:
                if not future.done():
                    future.set_result(due)
            due += step
            slot = (slot + 1) % _SLOTS
