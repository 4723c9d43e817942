"""A sound on its way through Whisper, and which of them go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from voice.hearing.transcriber import Ending, Misheard, Wanted
from voice.hearing.vad import VoicedSpan

__all__ = ["NOTHING_WRITTEN", "Decoded", "Request", "Turn", "of_like_length"]

NOTHING_WRITTEN = Ending(0.0, 0.0, 0.0, 0.0)
_LIKE = 1.25
"""Longest over shortest sound encoded in one batch."""
_TOGETHER = 4
"""Sounds at most in such a batch: more are no quicker on two cores, and cost memory."""


@dataclass(frozen=True)
class Request:
    """What `Transcriber.transcribe` takes, for many at once."""

    pcm: np.ndarray
    """(n,) int16 at 16 kHz."""
    language: str | None
    prefix: str = ""
    hotwords: tuple[str, ...] = ()
    final: bool = True
    misheard: Misheard | None = None
    wanted: Wanted | None = None
    others_wait: Callable[[], bool] | None = None
    """Whether other callers wait for their texts now; asked before a search."""

    @property
    def hurried(self) -> bool:
        """The likeliest words are taken, without a wider search where they are unsure. Costs 1.3 points of WER."""
        return self.others_wait is not None and self.others_wait()

    @property
    def superseded(self) -> bool:
        """Nobody waits for its text any more."""
        return self.wanted is not None and not self.wanted()


@dataclass(frozen=True)
class Decoded:
    """A text and how sure it is."""

    tokens: list[int]
    mean_logprob: float
    no_speech: float
    finished: bool
    ending: Ending = NOTHING_WRITTEN


@dataclass(eq=False)
class Turn:
    """A request on its way through encoder and decoder."""

    request: Request
    span: VoicedSpan | None
    """None: nobody spoke."""
    speech: np.ndarray
    frames: int = 0
    memory: list[np.ndarray] | None = None
    """What the decoder attends to: `voice.engines.whisper_model.Memory`."""
    spoken_in: str = ""
    decode_in: str = ""
    probability: float = 1.0
    decoded: Decoded | None = None
    how: Literal["short", "full"] = "short"


def of_like_length(turns: Sequence[Turn]) -> Iterator[list[Turn]]:
    """Groups whose longest is little longer than their shortest: a batch costs as much as if all were the longest."""
    group: list[Turn] = []
    for turn in sorted(turns, key=lambda turn: turn.frames):
        if group and (turn.frames > _LIKE * group[0].frames or len(group) == _TOGETHER):
            yield group
            group = []
        group.append(turn)
    if group:
        yield group
