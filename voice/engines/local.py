"""One speech model for all the calls of a process: what they ask for at the same time is transcribed in one batch.

Final texts go first, always. Partials are what a busy machine does without: one that has waited too long, or that
would keep a final waiting, comes back empty (`refused` is "too late") and costs nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from voice.engines.whisper_turns import Request
from voice.hearing.transcriber import LANGUAGES, Hypothesis

__all__ = ["BatchTranscriber", "SharedTranscriber"]

_BATCH = 8
"""Turns decoded together at most: the caller who came first waits for all of them."""
_LANES = 2
"""Batches in work at once: a decode gains little from a second core, two decodes have one each."""
_PARTIALS = 2
"""Partials decoded together at most, and in one lane only: the other is there for finals."""
_REST = 1.0
"""No partial for this many times as long as the last ones took: their lane is for finals then."""
_STALE = 0.3
"""Seconds after which a partial isn't worth making any more: the caller has said more since."""


class BatchTranscriber(Protocol):
    def transcribe_all(self, requests: Sequence[Request]) -> list[Hypothesis]:
        """One hypothesis a request, in their order."""
        ...


@dataclass
class _Waiting:
    request: Request
    since: float
    answer: Future[Hypothesis] = field(default_factory=Future)


class SharedTranscriber:
    """A `Transcriber` that many conversations call at once, each from its own thread.

    Args:
        engine: used by several threads of this object at once.
        clock: seconds; what "too late" is measured with.
        lanes: how many batches may be in work at once.
    """

    def __init__(
        self, engine: BatchTranscriber, clock: Callable[[], float] = time.monotonic, lanes: int = _LANES
    ) -> None:
        self.dropped = 0
        """Partials given up so far."""
        self.batches: dict[int, int] = {}
        """How many batches of each size were made."""
        self.no_partials = False
        """None are made while this is set: the machine is needed for finals."""
        self._engine = engine
        self._clock = clock
        self._finals: deque[_Waiting] = deque()
        self._partials: deque[_Waiting] = deque()
        self._there = threading.Condition()
        self._closed = False
        self._resting_until = 0.0
        self._free = lanes
        self._partials_in_work = False
        self._threads = [
            threading.Thread(target=self._run, name=f"candide-transcriber-{number}", daemon=True)
            for number in range(lanes)
        ]
        for thread in self._threads:
            thread.start()

    def transcribe(
        self,
        pcm: np.ndarray,
        language: str | None,
        prefix: str = "",
        hotwords: Sequence[str] = (),
        final: bool = True,
    ) -> Hypothesis:
        """See `voice.hearing.transcriber.Transcriber`; waits for its turn.

        Raises:
            RuntimeError: closed. Anything the engine raises is raised to each caller of that batch.
        """
        waiting = _Waiting(Request(pcm, language, prefix, tuple(hotwords), final), self._clock())
        with self._there:
            if self._closed:
                raise RuntimeError("This transcriber was closed.")
            (self._finals if final else self._partials).append(waiting)
            self._there.notify()
        return waiting.answer.result()

    def close(self) -> None:
        """Finishes what is waiting, then ends its threads."""
        with self._there:
            self._closed = True
            self._there.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while batch := self._next():
            began = self._clock()
            try:
                heard = self._engine.transcribe_all([waiting.request for waiting in batch])
                for waiting, hypothesis in zip(batch, heard, strict=True):
                    waiting.answer.set_result(hypothesis)
            except Exception as error:
                for waiting in batch:
                    if not waiting.answer.done():
                        waiting.answer.set_exception(error)
            self._done(batch, self._clock() - began)

    def _done(self, batch: Sequence[_Waiting], took: float) -> None:
        with self._there:
            self._free += 1
            if not batch[0].request.final:
                self._partials_in_work = False
                self._resting_until = self._clock() + _REST * took
                self._there.notify_all()

    def _next(self) -> list[_Waiting]:
        """The next batch, finals before partials; empty when closed and done."""
        with self._there:
            while True:
                self._drop()
                batch: list[_Waiting] = []
                if self._finals:  # not mixed with partials: a final would wait for those beside it
                    share = -(-len(self._finals) // self._free)
                    batch = [self._finals.popleft() for _ in range(min(_BATCH, share))]
                elif self._partials and not self._partials_in_work:
                    self._partials_in_work = True
                    batch = [self._partials.popleft() for _ in range(min(_PARTIALS, len(self._partials)))]
                if batch:
                    self._free -= 1
                    self.batches[len(batch)] = self.batches.get(len(batch), 0) + 1
                    return batch
                if self._closed and not self._partials:
                    return []
                self._there.wait()

    def _drop(self) -> None:
        """Partials that are too old, and all of them while a final waits or the finals have their share of the time."""
        kept: deque[_Waiting] = deque()
        now = self._clock()
        busy = self.no_partials or bool(self._finals) or now < self._resting_until
        for waiting in self._partials:
            if busy or now - waiting.since > _STALE:
                self.dropped += 1
                language = waiting.request.language or LANGUAGES[0]
                waiting.answer.set_result(Hypothesis("", language=language, refused="too late"))
            else:
                kept.append(waiting)
        self._partials = kept
