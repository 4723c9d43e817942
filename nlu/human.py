"""A person is always one word away (law 5): the words that ask for one, whatever else the sentence says.

The classifier learns the many ways of asking; this list is the safety net under it, and needs no training. Its
patterns are data: `assets/intents/human.yaml`.
"""

from __future__ import annotations

import re
from functools import cache

from nlu.examples import word_list
from nlu.normalise import squeeze

__all__ = ["asks_for_human", "declines_human"]


@cache
def _patterns(language: str) -> dict[str, re.Pattern[str]]:
    return {
        kind: re.compile("|".join(f"(?:{each})" for each in rows))
        for kind, rows in word_list("human", language).items()
    }


def asks_for_human(text: str, language: str) -> str | None:
    """ "ask" where a person is asked for, "word" where the word is only said, None where it means something else."""
    words = squeeze(text, language)
    patterns = _patterns(language)
    kept = patterns["not"].sub(" ", words).strip() if patterns["not"].search(words) else words
    for kind in ("ask", "word"):
        if patterns[kind].search(kept):
            return kind
    return None


def declines_human(text: str, language: str) -> bool:
    """Whether a person is refused ("non, pas de conseiller", "I don't need an agent") and none asked for beside it."""
    words = squeeze(text, language)
    left = _patterns(language)["denied"].sub(" ", words).strip()
    return left != words and not _patterns(language)["ask"].search(left)
