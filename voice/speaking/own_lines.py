"""Fixed lines a channel says by itself, beside the dialogue's replies: an opener, an apology, a last word."""

from __future__ import annotations

from collections.abc import Iterable

from personalization.disclosure import DisclosureGate, Line, ReleasedLine
from personalization.phrases import Phrases

__all__ = ["OwnLines"]


class OwnLines:
    """Makes them, and knows them again: what was heard of them is nothing the dialogue has said."""

    def __init__(self, brand: str) -> None:
        self._brand = brand
        self._phrases: dict[str, Phrases] = {}
        self._made: list[ReleasedLine] = []

    def make(self, id: str, language: str) -> ReleasedLine:
        """The fixed line of that id. Raises KeyError for an id without wording."""
        phrases = self._phrases.setdefault(language, Phrases(language, self._brand))
        self._made += DisclosureGate().release([Line(phrases.say(id))], phrases)
        return self._made[-1]

    def __contains__(self, line: object) -> bool:
        return any(line is own for own in self._made)

    def are_all(self, lines: Iterable[ReleasedLine]) -> bool:
        return all(line in self for line in lines)
