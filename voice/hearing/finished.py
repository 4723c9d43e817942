"""How likely a turn is over, from its words, the recogniser's punctuation, and its melody.

Whisper puts a full stop after anything, but not with the same conviction: after words that call for more, the
probability of any mark is small, whichever it then writes; where one breaks off, that of three dots is large. Those
probabilities cost nothing, and they tell ends from pauses better than the words themselves or a model of the melody do
(`candide bench turns`).
"""

from __future__ import annotations

import math

from voice.hearing.completeness import Completeness
from voice.hearing.transcriber import Ending

__all__ = ["finished", "melody_tells", "signs"]

_WEIGHTS = {
    ("fr", "words"): (0.35, 0.75, -0.22, 0.55, 0.0, 0.24),
    ("en", "words"): (1.16, 0.71, -0.81, 0.70, 0.0, -2.96),
    ("en", "words and melody"): (1.03, 0.65, -0.63, 0.68, 0.36, -2.52),
}
"""Of each of the `signs`, and a constant: `python -m tests.evals.turn_weights`."""
_USUAL_COMMA = 0.2
"""Probability of a comma after words that may be over, where no sentence ends."""
_LEAST, _LEAST_BETWEEN = 0.001, 0.01
"""Probabilities nearer to nothing, or to certainty, say no more than these."""


def melody_tells(language: str | None) -> bool:
    """Whether a model of the melody is worth asking. On French turns its opinion is chance."""
    return language is None or (language, "words and melody") in _WEIGHTS


def signs(words: Completeness, ending: Ending, melody: float | None) -> tuple[float, ...]:
    """What is weighed, in log odds: a sentence's end, a comma and three dots where it isn't one, and the melody; and
    whether the words are a whole sentence."""
    otherwise = max(1.0 - ending.stop, _LEAST)
    asked = ending.question / max(ending.stop, _LEAST)
    # No comma is likely after a question, whether it is over or not.
    comma = (1 - asked) * min(1.0, ending.comma / otherwise) + asked * _USUAL_COMMA
    between = (_odds(each, _LEAST_BETWEEN) for each in (comma, min(1.0, ending.dots / otherwise)))
    whole = float(words is Completeness.FINISHED)
    return _odds(ending.stop, _LEAST), *between, whole, 0.0 if melody is None else _odds(melody, _LEAST)


def finished(language: str, words: Completeness, ending: Ending | None, melody: float | None) -> float | None:
    """Probability that a turn is over where beginnings and ends are as frequent; None: nothing tells.

    Args:
        language: "fr" or "en"; any other counts as English.
        words: what the words say of it.
        ending: what the recogniser would write after them (`Hypothesis.ending`); None: it doesn't tell.
        melody: a model's opinion of the sound; None without one.
    """
    if ending is None:
        return melody
    spoken = language if (language, "words") in _WEIGHTS else "en"
    with_melody = melody is not None and melody_tells(spoken)
    *weights, constant = _WEIGHTS[spoken, "words and melody" if with_melody else "words"]
    weighed = zip(weights, signs(words, ending, melody), strict=True)
    return 1 / (1 + math.exp(-(constant + sum(weight * sign for weight, sign in weighed))))


def _odds(probability: float, least: float) -> float:
    kept = min(max(probability, least), 1 - least)
    return math.log(kept / (1 - kept))
