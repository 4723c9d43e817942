"""Where the models work for many calls at once: threads are shared by slot, not made for each call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from voice.workers import Job, ThreadWorkers, Workers

__all__ = ["SHARED", "CallLanes", "Slots"]

SHARED = {"speaking": 2, "melody": 1}
"""Lanes that all calls share, and how many threads each has."""


class Slots:
    """Numbers for the calls there are: the lowest free one; a thread lives on in its slot when its call ends."""

    def __init__(self, most: int) -> None:
        self._free = list(range(most))

    def take(self) -> int | None:
        """None: as many calls as there may be."""
        return self._free.pop(0) if self._free else None

    def give_back(self, slot: int) -> None:
        self._free.append(slot)
        self._free.sort()

    @property
    def free(self) -> int:
        return len(self._free)


class CallLanes(Workers):
    """The workers of one call: its own hearing lane, so that what calls say together is transcribed in one batch.

    Args:
        workers: of the whole line.
        slot: the call's.
    """

    def __init__(self, workers: ThreadWorkers, slot: int) -> None:
        self._workers, self._slot = workers, slot
        self._jobs: list[Job] = []

    def submit(self, lane: str, work: Callable[[], Any], now: float) -> Job:
        return self._note(self._workers.submit(self._lane(lane), work, now))

    def stream(
        self, lane: str, work: Callable[[], Iterable[Any]], now: float, due: Callable[[], float] | None = None
    ) -> Job:
        return self._note(self._workers.stream(self._lane(lane), work, now, due))

    def busy(self, lane: str, now: float) -> bool:
        return self._workers.busy(self._lane(lane), now)

    def close(self) -> None:
        """The call is over: what it asked for isn't made any more."""
        for job in self._jobs:
            job.cancel()
        self._jobs = []

    def _note(self, job: Job) -> Job:
        self._jobs = [each for each in self._jobs if not each.ended(0.0)] + [job]
        return job

    def _lane(self, lane: str) -> str:
        return lane if lane in SHARED else f"{lane}-{self._slot}"
