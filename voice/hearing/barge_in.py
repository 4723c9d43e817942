"""Does a caller who speaks into the assistant's words take the floor? Seconds of voice, and what was recognised so far.

Two words are enough once they are read; a cough has no words, "mm-hm" has words of attention, and the assistant's own
echo has the assistant's words.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from voice.hearing.backchannel import backchannel
from voice.hearing.partials import plain

__all__ = ["AT_FIRST", "LOUD_ROOM", "BargeInRules", "EchoLeft", "Recognised", "takes_the_floor", "was_a_person"]

_REMEMBERED, _LEAST = 500, 25
"""Frames of 20 ms whose levels are remembered, and how many tell something or change what was told."""
_KNOWN = 100
"""So many of them, and the canceller has learnt the room."""
_HOW_OFTEN, _LATELY = 2, 1500
"""Turns that were nobody's, in so many frames of the assistant's speech: a room where its voice comes back as one."""
_ONSET = 20
"""Frames before a turn begins that may be its own beginning: they teach nothing yet."""
_LIKE = 60
"""Percent of a text's letters that its likest place in the assistant's words has; other words reach 50."""
_SHARE, _OVER_DB = 0.9, 3.0
"""An echo's level is passed by one frame in ten; a person's by that much more."""


@dataclass(frozen=True)
class Recognised:
    """What a partial decode made of the turn so far."""

    text: str
    """Empty: it found no words."""
    sure: float = 1.0
    """Probability of a word, 0 to 1."""


class EchoLeft:
    """How loud the assistant's own voice still is in what is heard, so that its remains pass for nobody.

    In a loud hall the canceller leaves half a second that sounds like a voice, once a minute; it is 10 to 20 dB
    under a person who speaks to the kiosk.
    """

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=_REMEMBERED)
        self._onset: deque[float] = deque()
        self._doubtful: list[float] = []
        self._new = 0
        self._most = float("-inf")
        self._frames = 0
        self._mistaken: deque[int] = deque(maxlen=_HOW_OFTEN)

    def heard(self, level: float) -> None:
        """A frame's level, dBFS, while the assistant speaks and no caller does."""
        self._frames += 1
        self._onset.append(level)
        if len(self._onset) > _ONSET:
            self._learn(self._onset.popleft())

    def begins(self) -> None:
        """Somebody's turn has begun, a caller's or the echo's: what came just before was its beginning."""
        self._doubtful = list(self._onset)
        self._onset.clear()

    def during(self, level: float) -> None:
        """A frame's level, dBFS, in that turn."""
        self._doubtful.append(level)

    def nobody(self) -> None:
        """The turn is over and the assistant still speaks: it was what is left of the echo, or mere attention."""
        for level in self._doubtful:
            self._learn(level)
        self._frames += len(self._doubtful)
        self._doubtful = []
        self._mistaken.append(self._frames)

    def _learn(self, level: float) -> None:
        self._levels.append(level)
        self._new += 1
        if self._new >= _LEAST:
            self._new, self._most = 0, float(np.quantile(self._levels, _SHARE)) + _OVER_DB

    @property
    def known(self) -> bool:
        """Enough of the assistant's voice has been heard; before, its echo may be loud (`AT_FIRST`)."""
        return len(self._levels) >= _KNOWN

    @property
    def loud_room(self) -> bool:
        """Its remains have lately passed for somebody's turn, more than once."""
        return len(self._mistaken) == _HOW_OFTEN and self._frames - self._mistaken[0] < _LATELY

    def louder(self, level: float) -> bool:
        """Whether a frame of that level is more than what is usually left."""
        return level > self._most


@dataclass(frozen=True)
class BargeInRules:
    """Seconds of voice that stop the assistant."""

    words: float = 0.2
    """After two words that are neither attention nor its own."""
    unread: float = 0.42
    """When nothing was recognised yet, or one word that may become "mm-hm": about two words."""
    wordless: float = 0.7
    """When the recogniser finds no words in it: longer than a cough."""
    attention: float = 1.0
    """After words of attention, or words the assistant is just saying."""
    echo: float = 0.2
    """A whole turn with less than this, that didn't stop it, was the assistant's own voice."""
    sure: float = 0.4
    """Under this probability words don't count as read."""
    quickest: float = 6.0
    """Words a second that a person may say: a decode with more went round in circles."""


AT_FIRST = BargeInRules(unread=2.0, wordless=2.0, attention=2.0, sure=0.6)
"""In the assistant's first two seconds, while the canceller learns the room: only words read for sure stop it soon."""

LOUD_ROOM = BargeInRules(unread=0.7, wordless=1.0, sure=0.6)
"""Where what is left of its voice often sounds like somebody (`EchoLeft.loud_room`)."""


def takes_the_floor(
    voiced: float, recognised: Recognised | None, language: str, saying: str, rules: BargeInRules | None = None
) -> bool:
    """Whether the assistant stops now.

    Args:
        voiced: seconds of voice in the caller's turn, louder than what an echo leaves, short gaps included.
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
    if backchannel(recognised.text, language) or _its_own(words, _words(saying), rules):
        return voiced >= rules.attention
    read = 1 < len(words) <= 2 + rules.quickest * voiced and recognised.sure >= rules.sure
    return voiced >= (rules.words if read else rules.unread)


def was_a_person(voiced: float, recognised: Recognised, rules: BargeInRules | None = None) -> bool:
    """Whether a turn that is over and didn't stop the assistant, who still speaks, is to be answered.

    Args:
        voiced: seconds of voice in it, louder than what an echo leaves.
        recognised: its final text. Without one it was a noise, or what is left of the echo: to say that it wasn't
            understood would be the assistant interrupting itself.
        rules: how sure its words must be read; more with `AT_FIRST` and `LOUD_ROOM`.
    """
    rules = rules or BargeInRules()
    return voiced >= rules.echo and bool(_words(recognised.text)) and recognised.sure >= rules.sure


def _words(text: str) -> list[str]:
    return [word for word in map(plain, re.split(r"[\s\-–']+", text)) if word]


def _its_own(words: list[str], said: list[str], rules: BargeInRules) -> bool:
    if rules is AT_FIRST:  # as loud as it is then, but distorted: it is recognised as something like it
        return fuzz.partial_ratio(" ".join(words), " ".join(said)) >= _LIKE
    return _among(words, said)


def _among(words: list[str], said: list[str]) -> bool:
    """One after the other, somewhere in what is said; the last may be cut off."""
    *whole, last = words
    return any(
        said[at : at + len(whole)] == whole and said[at + len(whole)].startswith(last)
        for at in range(len(said) - len(whole))
    )
