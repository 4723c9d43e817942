"""What every speech recogniser offers: sound in, a hypothesis out, refused when nothing was said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np

from nlu.entities.perhaps import Perhaps

__all__ = ["LANGUAGES", "Ending", "Hypothesis", "Misheard", "Transcriber", "Wanted", "Word", "superseded"]

LANGUAGES = ("fr", "en")
"""What the assistant speaks; anything else that is heard is reported as "other"."""

Misheard = Callable[[str, str], Sequence[Perhaps]]
"""(text, language) -> names that were perhaps said, the likeliest first; called by a worker thread."""

Wanted = Callable[[], bool]
"""Whether somebody still waits for the text; called by worker threads."""


@dataclass(frozen=True)
class Word:
    text: str
    """As written, punctuation included, no space around it."""
    start: float
    """Seconds from the first sample given."""
    end: float
    probability: float


class Ending(NamedTuple):
    """Probabilities of what may be written after a text's last word, whichever was."""

    stop: float
    """A full stop, a question or an exclamation mark."""
    question: float
    """A question mark; part of `stop`."""
    comma: float
    dots: float
    """Three: the sentence is left open."""


@dataclass(frozen=True)
class Hypothesis:
    """What was recognised in a piece of sound."""

    text: str
    """Empty when nothing was said, or nothing that can be trusted (`refused` says why)."""
    words: tuple[Word, ...] = ()
    language: str = "fr"
    """"fr", "en", or "other" when neither is likely; the text is then in the likelier of the two."""
    language_probability: float = 1.0
    """Of `language`; 1.0 when it was given rather than detected."""
    no_speech: float = 0.0
    """Probability that nobody spoke."""
    mean_logprob: float = 0.0
    """Mean log probability of a token."""
    how: Literal["short", "full"] = "short"
    """Which decode gave it: the speech alone, or the model's full 30 s window."""
    ending: Ending | None = None
    """What its punctuation tells of the sentence's end; None: not known."""
    refused: str = ""
    """Why there is no text: "no speech", "improbable", "repetitive", "known phrase", "too late" (a partial that a busy
    machine did without), "superseded" (nobody wants it any more); empty: it was kept."""


def superseded(language: str | None) -> Hypothesis:
    """What is returned where nobody waits for the text any more."""
    return Hypothesis("", language=language or LANGUAGES[0], refused="superseded")


class Transcriber(Protocol):
    """Speech to text. Synchronous and slow (0.1 s or more): the caller runs it in a worker thread."""

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
        """The words of one turn.

        Args:
            pcm: (n,) int16 at 16 kHz, at most 30 s are heard.
            language: "fr", "en", or None to detect which.
            prefix: of a partial: words already settled, forced as the beginning, so that only what follows is decoded.
                Of a final text: a draft of it, checked in one pass and kept as far as it is what would be heard anyway.
            hotwords: names to listen for, the likeliest first; a few dozen at most are used.
            final: the decode that counts. Otherwise a partial: rough, cheap, no fallback, proportional word times.
            misheard: asked with a final text; the names that it gives are weighed and, where unsure, listened for once.
            wanted: asked between the steps; once it says no (the caller went on), nothing more is done.
        """
        ...
