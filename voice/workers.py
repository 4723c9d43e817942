"""Where the models work: beside the conversation, never inside it (law 9).

A conversation submits jobs to lanes ("hearing", "speaking") and asks, frame after frame, which are done. Two kinds of
workers run the same jobs:

- `ThreadWorkers`: a thread per lane, or a few, for conversations paced by real sound;
- `SimulatedWorkers`: runs each job at once, measures it, and hands the result over only when the audio clock has moved
  on by the measured duration, so a recorded call runs faster than real time and still shows true latencies.
  With `durations=False` results are there at once, which makes a run repeatable to the sample.

The lane "hearing.partials" uses the model of the lane "hearing" without waiting in its queue: threads share the model,
the simulation lets one wait for the other.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from voice.priority import give_way

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
    due: Callable[[], float] | None = None
    """Seconds until its result is needed, asked by the lane's thread: of the jobs that wait, the one needed soonest is
    done first (earliest deadline first: Liu and Layland, J. ACM 20(1), 1973). None: now; equals as they were asked."""
    asked: float = 0.0
    """Audio clock at which it was asked for, seconds; for who asks to note."""
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

    def stream(
        self, lane: str, work: Callable[[], Iterable[Any]], now: float, due: Callable[[], float] | None = None
    ) -> Job:
        """Runs a generator on a lane; each thing it yields is a result. `due`: see `Job`."""

    def busy(self, lane: str, now: float) -> bool: ...

    def close(self) -> None: ...


def _once(work: Callable[[], Any]) -> Callable[[], Iterator[Any]]:
    def one() -> Iterator[Any]:
        yield work()

    return one


@dataclass
class _Task:
    """A job in a lane."""

    job: Job
    work: Callable[[], Iterable[Any]]
    order: int

    @property
    def key(self) -> tuple[float, int]:
        due = self.job.due
        return (due() if due and not self.job.cancelled else 0.0), self.order

    def run(self) -> None:
        job, began = self.job, time.perf_counter()
        try:
            for result in self.work() if not job.cancelled else ():
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


@dataclass
class _Lane:
    """What waits in a lane, and how many tasks are in work."""

    nice: int
    tasks: list[_Task] = field(default_factory=list)
    working: int = 0
    closed: bool = False
    there: threading.Condition = field(default_factory=threading.Condition)

    def put(self, task: _Task) -> None:
        with self.there:
            self.tasks.append(task)
            self.there.notify()

    def run(self) -> None:
        """What a thread of the lane does, until the lane is closed and empty."""
        give_way(self.nice)
        while (task := self._take()) is not None:
            task.run()
            with self.there:
                self.working -= 1
            with task.job._lock:
                task.job._end = 0.0

    def _take(self) -> _Task | None:
        """The task that is needed soonest, when there is one."""
        with self.there:
            while not self.tasks:
                if self.closed:
                    return None
                self.there.wait()
            task = min(self.tasks, key=lambda each: each.key)
            self.tasks.remove(task)
            self.working += 1
            return task

    def close(self) -> None:
        with self.there:
            self.closed = True
            self.there.notify_all()

    @property
    def busy(self) -> bool:
        with self.there:
            return bool(self.tasks or self.working)


class ThreadWorkers:
    """Threads for each lane. Results are there as soon as they are made, whatever the clock says.

    Args:
        threads: how many a lane has; one, where it isn't named.
        nice: by how much they give way to the thread that paces the sound (`voice.priority`).
    """

    def __init__(self, threads: Mapping[str, int] | None = None, nice: int = 0) -> None:
        self._count, self._nice = threads or {}, nice
        self._lanes: dict[str, _Lane] = {}
        self._threads: list[threading.Thread] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def submit(self, lane: str, work: Callable[[], Any], now: float) -> Job:
        return self.stream(lane, _once(work), now)

    def stream(
        self, lane: str, work: Callable[[], Iterable[Any]], now: float, due: Callable[[], float] | None = None
    ) -> Job:
        job = Job(lane, due=due)
        with self._lock:
            found = self._lanes.get(lane) or self._opened(lane)
        found.put(_Task(job, work, next(self._order)))
        return job

    def _opened(self, name: str) -> _Lane:
        lane = self._lanes[name] = _Lane(self._nice)
        for _ in range(self._count.get(name, 1)):
            thread = threading.Thread(target=lane.run, name=f"candide-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return lane

    def busy(self, lane: str, now: float) -> bool:
        with self._lock:
            found = self._lanes.get(lane)
        return found is not None and found.busy

    def close(self, within: float = 0.0) -> None:
        """Ends the lanes once they are empty, waiting for them at most so many seconds.

        A process that exits while a model computes is aborted by the model's library.
        """
        for lane in self._lanes.values():
            lane.close()
        until = time.monotonic() + within
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))


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

    def stream(
        self, lane: str, work: Callable[[], Iterable[Any]], now: float, due: Callable[[], float] | None = None
    ) -> Job:
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
