"""Words that mean much the same, gathered under one name (`assets/intents/concepts.yaml`): a thin layer of meaning that
lets the classifier understand a way of saying something that its examples lack."""

from __future__ import annotations

import re
from functools import cache

from nlu.examples import word_list
from nlu.normalise import squeeze

__all__ = ["concepts"]


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = []
    for name, phrases in word_list("concepts", language).items():
        wholes = []
        for phrase in phrases:
            words = squeeze(phrase.removesuffix("_").replace("' ", "'"), language)
            wholes.append(re.escape(words) + (r"(?= |$)" if phrase.endswith("_") else ""))
        rows.append((name, re.compile(r"(?:^| )(?:" + "|".join(wholes) + ")")))
    return tuple(rows)


def concepts(words: str, language: str) -> list[str]:
    """The concepts of a sentence in the order they are said, each once.

    Args:
        words: folded words, one space between two, as `nlu.understanding.prepare` gives them.
    """
    found = []
    for name, pattern in _patterns(language):
        if match := pattern.search(words):
            found.append((match.start(), name))
    return [name for _, name in sorted(found)]
