"""What is known of a caller's turn: records that the listener makes and the conversation reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nlu.cues import Cues
from nlu.meaning import Meaning
from voice.hearing.transcriber import Hypothesis

__all__ = ["Anticipated", "Heard", "Prepared"]


@dataclass(frozen=True)
class Prepared:
    """Everything known of a turn, made in one go beside the conversation."""

    hypothesis: Hypothesis
    meaning: Meaning | None
    voice: np.ndarray
    """(n,) int16 at 16 kHz, from the first to the last voiced sample: what the cues are measured on."""
    began: float
    """Where the sound given to the decode begins, seconds on the audio clock."""
    seconds: dict[str, float]
    """Time at work, by stage."""


@dataclass(frozen=True)
class Heard:
    """A finished turn, with when each part of it was known (seconds on the audio clock)."""

    turn: int
    prepared: Prepared | None
    """None: the recogniser failed."""
    cues: Cues
    began: float
    ended: float
    endpoint: float
    transcribed: float
    understood: float
    work: dict[str, float]
    voiced: float
    """Seconds of voice in the turn."""
    loud: float = 0.0
    """Seconds of them louder than what is left of the assistant's own voice."""


@dataclass(frozen=True)
class Anticipated:
    """What a turn means if it is over, known while its silence is still being confirmed."""

    turn: int
    meaning: Meaning
