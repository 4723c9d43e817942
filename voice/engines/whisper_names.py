"""A name that may have been said, as the decoder finds it in the place of what sounds like it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from nlu.entities.perhaps import Perhaps

__all__ = ["AS_LIKELY_EVERYDAY", "WeighedName", "in_order", "share", "words", "words_of"]

_AS_LIKELY = 25.0  # natural logarithm: how much less likely than the text one with a name in it may be
AS_LIKELY_EVERYDAY = 18.0  # the same, where nothing but everyday words gives way to the name
_NOT_SAID, _NOT_SAID_EVERYDAY = 45.0, 35.0  # from which none of the names was said
_OF_SOUND = 45.0  # how much more a name is worth that sounds all alike than one that doesn't at all
_OF_SOUND_USUAL, _WORTH_USUAL = 15.0, 6.0  # of a category or a store: by sound, and in all to be written


class WeighedName(NamedTuple):
    """A name in a text, beside the text as it was written."""

    perhaps: Perhaps
    beside: float
    """How much likelier the text with it is than the one written, natural logarithm."""

    @property
    def worth(self) -> float:
        """By likelihood and by sound."""
        return self.beside + (_OF_SOUND_USUAL if self.perhaps.usual else _OF_SOUND) * self.perhaps.likeness

    @property
    def likely(self) -> bool:
        """Enough to be written."""
        if self.perhaps.usual:
            return self.worth >= _WORTH_USUAL
        return self.beside >= -(AS_LIKELY_EVERYDAY if self.perhaps.everyday else _AS_LIKELY)

    @property
    def possible(self) -> bool:
        """Enough to be listened for."""
        return self.beside >= -(_NOT_SAID_EVERYDAY if self.perhaps.everyday else _NOT_SAID)


def share(name: str, text: str) -> float:
    """Of a name's words, those that a text has."""
    own = words(name)
    return len(own & words(text)) / max(1, len(own))


def words_of(names: Sequence[str], text: str) -> int:
    """How many words of one of the names a text has, at most."""
    said = words(text)
    return max(len(said & words(name)) for name in names)


def words(text: str) -> set[str]:
    """Without marks, in any case."""
    return set(in_order(text))


def in_order(text: str) -> list[str]:
    """The same, as they come."""
    return re.sub(r"[.,;:!?…]", " ", text.casefold()).split()
