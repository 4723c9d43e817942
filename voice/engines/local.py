"""One speech model for all the calls of a process: what they ask for at the same time is transcribed in one batch.

Final texts go first, always. Partials are what a busy machine does without: they are made at a low priority, and one
that has waited too long, or that would keep a final waiting, comes back empty (`refused` is "too late") and costs
nothing. So does a final text that was prepared in a pause, once the caller has gone on ("superseded"). Where finals
wait for each other, each is searched less widely.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from voice.engines.whisper_turns import Request
from voice.hearing.transcriber import LANGUAGES, Hypothesis, Misheard, Wanted, superseded
from voice.priority import give_way

__all__ = ["BatchTranscriber", "SharedTranscriber"]

_BATCH = 8
"""Turns decoded together at most: the caller who came first waits for all of them."""
_LANES = 2
"""Batches of finals in work at once: a decode gains little from a second core, two decodes have one each."""
_PARTIALS = 2
"""Partials decoded together at most, and one such batch at once."""
_LOW = 18
"""How much nicer the thread of the partials is: while finals need the cores it gets a tenth of one."""
_REST = 1.0
"""No partial for this many times as long as the last ones took: the cores are for finals then."""
_STALE = 0.3
"""Seconds after which a partial isn't worth making any more: the caller has said more since."""
_LOOK = 0.02
"""Seconds between two looks at whether a text is still wanted."""


class BatchTranscriber(Protocol):
    def transcribe_all(
        self, requests: Sequence[Request], known: Callable[[int, Hypothesis], None]
    ) -> list[Hypothesis]:
        """One hypothesis a request, in their order; `known` may be told of each before, with its place."""
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
        lanes: how many batches of finals may be in work at once.
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
        self._lanes = self._free = lanes
        self._threads = [
            threading.Thread(target=self._run, args=(self._next_finals,), name=f"candide-finals-{number}", daemon=True)
            for number in range(lanes)
        ]
        self._threads.append(threading.Thread(target=self._run_low, name="candide-partials", daemon=True))
        for thread in self._threads:
            thread.start()

    def transcribe(
        self,
        pcm: np.ndarray,
        language: str | None,
        prefix: str = "",
        hotwords: Sequence[str] = (),
        final: bool = True,
        misheard: Misheard | None = None,
        wanted: Wanted | None = None,
    ) -> Hypothesis:
        """See `voice.hearing.transcriber.Transcriber`; waits for its turn.

        A text nobody wants any more isn't waited for: it comes back as "superseded" within `_LOOK`.

        Raises:
            RuntimeError: closed. Anything the engine raises is raised to each caller of that batch.
        """
        request = Request(pcm, language, prefix, tuple(hotwords), final, misheard, wanted)
        waiting = _Waiting(request, self._clock())
        with self._there:
            if self._closed:
                raise RuntimeError("This transcriber was closed.")
            (self._finals if final else self._partials).append(waiting)
            self._there.notify_all()
        while wanted is not None and not wait([waiting.answer], _LOOK).done:
            if request.superseded:
                return superseded(language)
        return waiting.answer.result()

    def close(self) -> None:
        """Finishes what is waiting, then ends its threads."""
        with self._there:
            self._closed = True
            self._there.notify_all()
        for thread in self._threads:
            thread.join()

    def _run_low(self) -> None:
        give_way(_LOW)
        self._run(self._next_partials)

    def _run(self, following: Callable[[], list[_Waiting]]) -> None:
        while batch := following():
            began = self._clock()
            try:
                self._transcribe(batch)
            except Exception as error:
                for waiting in batch:
                    if not waiting.answer.done():
                        waiting.answer.set_exception(error)
            self._done(batch, self._clock() - began)

    def _transcribe(self, batch: Sequence[_Waiting]) -> None:
        def known(place: int, hypothesis: Hypothesis) -> None:
            batch[place].answer.set_result(hypothesis)

        found = self._engine.transcribe_all([waiting.request for waiting in batch], known)
        for waiting, hypothesis in zip(batch, found, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(hypothesis)

    def _done(self, batch: Sequence[_Waiting], took: float) -> None:
        with self._there:
            if batch[0].request.final:
                self._free += 1
            else:
                self._resting_until = self._clock() + _REST * took
            self._there.notify_all()

    def _next_finals(self) -> list[_Waiting]:
        """The next batch; empty when closed and done."""
        with self._there:
            while True:
                self._finals = deque(waiting for waiting in self._finals if not waiting.request.superseded)
                if self._finals:
                    break
                if self._closed:
                    return []
                self._there.wait()
            share = min(_BATCH, -(-len(self._finals) // self._free))
            self._free -= 1
            batch = self._taken(self._finals, share)
            others_wait = self._others_wait if len(batch) == 1 else lambda: True
            for waiting in batch:
                waiting.request = replace(waiting.request, others_wait=others_wait)
            return batch

    def _others_wait(self) -> bool:
        """A final waits, or is at work beside the one that asks."""
        return bool(self._finals) or self._free < self._lanes - 1

    def _next_partials(self) -> list[_Waiting]:
        """The next batch, when no final waits and not every lane is at work; empty when closed and done."""
        with self._there:
            while True:
                self._drop()
                if self._partials and self._free:
                    return self._taken(self._partials, _PARTIALS)
                if self._closed and not self._partials:
                    return []
                self._there.wait()

    def _taken(self, waiting: deque[_Waiting], most: int) -> list[_Waiting]:
        batch = [waiting.popleft() for _ in range(min(most, len(waiting)))]
        self.batches[len(batch)] = self.batches.get(len(batch), 0) + 1
        return batch

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
