"""Where the models work: beside the conversation, never inside it (law 9).

A conversation submits jobs to lanes ("hearing", "speaking") and asks, frame after frame, which are done. Two kinds of
workers run the same jobs:

- `ThreadWorkers`: a thread per lane, for conversations paced by real sound;
- `SimulatedWorkers`: runs each job at once, measures it, and hands the result over only when the audio clock has moved
  on by the measured duration, so a recorded call runs faster than real time and still shows true latencies.
  With `durations=False` results are there at once, which makes a run repeatable to the sample.

The lane "hearing.partials" uses the model of the lane "hearing" without waiting in its queue: threads share the model,
the simulation lets one wait for the other.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["Job", "SimulatedWorkers", "ThreadWorkers", "Workers"]

log = logging.getLogger(__name__)


@dataclass
class Job:
    """One piece of work: a stream of results (a plain call has one), each with the work time spent until it."""

    lane: str
    cancelled: bool = False
    seconds: float = 0.0
    """Time at work so far, without waiting."""
    error: BaseException | None = None
    _ready: list[tuple[float, Any]] = field(default_factory=list)
    _end: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, now: float) -> list[Any]:
        """Results that are there by `now` (audio clock, seconds) and weren't taken before."""
        with self._lock:
            there = [result for at, result in self._ready if at <= now]
            self._ready = [(at, result) for at, result in self._ready if at > now]
        return there

    def peek(self, now: float) -> list[Any]:
        """Results that are there and weren't taken, left where they are."""
        with self._lock:
            return [result for at, result in self._ready if at <= now]

    def ended(self, now: float) -> bool:
        """All results are there, taken or not, or the job failed."""
        with self._lock:
            return self._end is not None and self._end <= now

    def cancel(self) -> None:
        """No further result is wanted; work not begun is never begun."""
        self.cancelled = True


class Workers(Protocol):
    def submit(self, lane: str, work: Callable[[], Any], now: float) -> Job:
        """Runs `work` on a lane; the job has one result."""

    def stream(self, lane: str, work: Callable[[], Iterable[Any]], now: float) -> Job:
        """Runs a generator on a lane; each thing it yields is a result."""

    def busy(self, lane: str, now: float) -> bool: ...

    def close(self) -> None: ...


def _once(work: Callable[[], Any]) -> Callable[[], Iterator[Any]]:
    def one() -> Iterator[Any]:
        yield work()

    return one


class ThreadWorkers:
    """A thread per lane. Results are there as soon as they are made, whatever the clock says."""

    def __init__(self) -> None:
        self._queues: dict[str, queue.Queue[tuple[Job, Callable[[], Iterable[Any]]] | None]] = {}
        self._pending: dict[str, int] = defaultdict(int)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def submit(self, lane: str, work: Callable[[], Any], now: float) -> Job:
        return self.stream(lane, _once(work), now)

    def stream(self, lane: str, work: Callable[[], Iterable[Any]], now: float) -> Job:
        job = Job(lane)
        with self._lock:
            if lane not in self._queues:
                self._queues[lane] = queue.Queue()
                thread = threading.Thread(target=self._run, args=(lane,), name=f"candide-{lane}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._pending[lane] += 1
        self._queues[lane].put((job, work))
        return job

    def busy(self, lane: str, now: float) -> bool:
        with self._lock:
            return self._pending[lane] > 0

    def close(self, within: float = 0.0) -> None:
        """Ends the lanes once they are empty, waiting for them at most so many seconds.

        A process that exits while a model computes is aborted by the model's library.
        """
        for lane in self._queues.values():
            lane.put(None)
        until = time.monotonic() + within
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self, lane: str) -> None:
        while (item := self._queues[lane].get()) is not None:
            job, work = item
            if not job.cancelled:
                self._work(job, work)
            with job._lock:
                job._end = 0.0
            with self._lock:
                self._pending[lane] -= 1

    @staticmethod
    def _work(job: Job, work: Callable[[], Iterable[Any]]) -> None:
        began = time.perf_counter()
        try:
            for result in work():
                job.seconds = time.perf_counter() - began
                with job._lock:
                    job._ready.append((0.0, result))
                if job.cancelled:
                    return
        except Exception as error:  # law 9: the conversation decides what a failed engine means
            log.warning("%s failed: %s", job.lane, type(error).__name__)
            job.error = error
        finally:
            job.seconds = time.perf_counter() - began


class SimulatedWorkers:
    """Runs jobs at once; the clock sees them when they would have been done.

    Args:
        durations: False hands results over at once, for runs that repeat to the sample.
    """

    def __init__(self, durations: bool = True) -> None:
        self._durations = durations
        self._free: dict[str, float] = defaultdict(float)

    def submit(self, lane: str, work: Callable[[], Any], now: float) -> Job:
        return self.stream(lane, _once(work), now)

    def stream(self, lane: str, work: Callable[[], Iterable[Any]], now: float) -> Job:
        job = Job(lane)
        model = lane.partition(".")[0]
        start = max(now, self._free[model])
        began = time.perf_counter()

        def clock() -> float:
            job.seconds = time.perf_counter() - began
            return start + job.seconds if self._durations else now

        try:
            for result in work():
                job._ready.append((clock(), result))
        except Exception as error:
            log.warning("%s failed: %s", lane, type(error).__name__)
            job.error = error
        self._free[model] = job._end = clock()
        return job

    def busy(self, lane: str, now: float) -> bool:
        return self._free[lane] > now

    def close(self) -> None:
        self._free.clear()
