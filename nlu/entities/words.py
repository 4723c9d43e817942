"""Slots that a fixed list of words carries (`assets/intents/slots.yaml`): scope, purpose, direction, language, ..."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from nlu.examples import word_list
from nlu.normalise import Token, tokenise

__all__ = ["Said", "find_words"]


@dataclass(frozen=True, slots=True)
class Said:
    """A listed phrase among tokens: positions (last excluded), its slot and value."""

    first: int
    last: int
    slot: str
    value: str


@cache
def _phrases(language: str) -> dict[str, list[tuple[tuple[str, ...], str, str]]]:
    """Phrases by first word, longest first: (words, slot, value)."""
    table: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
    for key, phrases in word_list("slots", language).items():
        slot, value = key.split(":")
        for phrase in phrases:
            words = tuple(token.text for token in tokenise(phrase.replace("' ", "'"), language))
            table.setdefault(words[0], []).append((words, slot, value))
    for rows in table.values():
        rows.sort(key=lambda row: -len(row[0]))
    return table


def find_words(tokens: Sequence[Token], language: str, slots: set[str] | None = None) -> list[Said]:
    """The listed phrases said, at most one of each slot at a place, longest first.

    Args:
        slots: the slots wanted; None for all.
    """
    table = _phrases(language)
    words = tuple(token.text for token in tokens)
    found: list[Said] = []
    busy: dict[str, int] = {}
    for at, word in enumerate(words):
        for phrase, slot, value in table.get(word, ()):
            if (slots is None or slot in slots) and busy.get(slot, 0) <= at and words[at : at + len(phrase)] == phrase:
                found.append(Said(at, at + len(phrase), slot, value))
                busy[slot] = at + len(phrase)
    return found
