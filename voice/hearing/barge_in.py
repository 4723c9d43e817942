"""Does a caller who speaks into the assistant's words take the floor? Seconds of voice, and what was recognised so far.

Two words are enough once they are read; a cough has no words, "mm-hm" has words of attention, and the assistant's own
echo has the assistant's words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from voice.hearing.backchannel import backchannel
from voice.hearing.partials import plain

__all__ = ["BargeInRules", "Recognised", "takes_the_floor"]


@dataclass(frozen=True)
class Recognised:
    """What a partial decode made of the turn so far."""

    text: str
    """Empty: it found no words."""
    sure: float = 1.0
    """Probability of a word, 0 to 1."""


@dataclass(frozen=True)
class BargeInRules:
    """Seconds of voice that stop the assistant."""

    words: float = 0.2
    """After two words that are neither attention nor its own."""
    unread: float = 0.5
    """When nothing was recognised yet, or one word that may become "mm-hm": about two words."""
    wordless: float = 0.8
    """When the recogniser finds no words in it: longer than a cough."""
    attention: float = 1.0
    """After words of attention, or words the assistant is just saying."""
    sure: float = 0.4
    """Under this probability words don't count as read."""
    quickest: float = 6.0
    """Words a second that a person may say: a decode with more went round in circles."""


def takes_the_floor(
    voiced: float, recognised: Recognised | None, language: str, saying: str, rules: BargeInRules | None = None
) -> bool:
    """Whether the assistant stops now.

    Args:
        voiced: seconds of voice in the caller's turn.
        recognised: the latest partial; None before the first, and where a busy machine makes none.
        language: "fr" or "en".
        saying: the words the assistant is saying.
    """
    rules = rules or BargeInRules()
    if recognised is None:
        return voiced >= rules.unread
    words = _words(recognised.text)
    if not words:
        return voiced >= rules.wordless
    if backchannel(recognised.text, language) or _among(words, _words(saying)):
        return voiced >= rules.attention
    read = 1 < len(words) <= 2 + rules.quickest * voiced and recognised.sure >= rules.sure
    return voiced >= (rules.words if read else rules.unread)


def _words(text: str) -> list[str]:
    return [word for word in map(plain, re.split(r"[\s\-–']+", text)) if word]


def _among(words: list[str], said: list[str]) -> bool:
    """One after the other, somewhere in what is said; the last may be cut off."""
    *whole, last = words
    return any(
        said[at : at + len(whole)] == whole and said[at + len(whole)].startswith(last)
        for at in range(len(said) - len(whole))
    )
