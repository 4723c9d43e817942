"""How likely a turn is over, from its words, the recogniser's punctuation, and its melody.

Whisper puts a full stop after anything, but not with the same conviction: after words that call for more, the
probability of a mark that ends a sentence is small, whichever it then writes. That probability costs nothing, and it
tells ends from pauses better than the words themselves or a model of the melody do (`candide bench turns`).
"""

from __future__ import annotations

import math

from voice.hearing.completeness import Completeness

__all__ = ["finished", "melody_tells", "signs"]

_WEIGHTS = {
    ("fr", "words"): (0.25, 1.01, 0.0, -0.68),
    ("en", "words"): (1.24, 1.11, 0.0, -1.85),
    ("en", "words and melody"): (1.12, 1.02, 0.42, -1.99),
}
"""Of each of the `signs`, and a constant: `python -m tests.evals.turn_weights`."""
_LEAST = 0.001


def melody_tells(language: str | None) -> bool:
    """Whether a model of the melody is worth asking. On French turns its opinion is chance."""
    return language is None or (language, "words and melody") in _WEIGHTS


def signs(words: Completeness, closed: float, melody: float | None) -> tuple[float, float, float]:
    """What is weighed: log odds of a sentence's end, whether the words are a whole sentence, log odds of the melody."""
    return _odds(closed), float(words is Completeness.FINISHED), 0.0 if melody is None else _odds(melody)


def finished(language: str, words: Completeness, closed: float | None, melody: float | None) -> float | None:
    """Probability that a turn is over where beginnings and ends are as frequent; None: nothing tells.

    Args:
        language: "fr" or "en"; any other counts as English.
        words: what the words say of it.
        closed: probability that a sentence ends after them (`Hypothesis.closed`); None: the recogniser doesn't tell.
        melody: a model's opinion of the sound; None without one.
    """
    if closed is None:
        return melody
    spoken = language if (language, "words") in _WEIGHTS else "en"
    with_melody = melody is not None and melody_tells(spoken)
    *weights, constant = _WEIGHTS[spoken, "words and melody" if with_melody else "words"]
    weighed = zip(weights, signs(words, closed, melody), strict=True)
    return 1 / (1 + math.exp(-(constant + sum(weight * sign for weight, sign in weighed))))


def _odds(probability: float) -> float:
    kept = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))
