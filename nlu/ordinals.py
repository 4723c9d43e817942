"""Ordinals as people say and write them: "vingt et unième", "21e", "twenty-first", "21st" are 21."""

from __future__ import annotations

from collections.abc import Sequence

from nlu.normalise import tokenise
from nlu.numbers import number_at

__all__ = ["ordinal_at", "parse_ordinal"]

_WORDS = {
    "fr": {"premier": "un", "premiere": "un", "second": "deux", "seconde": "deux"},
    "en": {"first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine",
           "twelfth": "twelve"},
}  # fmt: skip
_IRREGULAR = {"cinqu": "cinq", "neuv": "neuf", "quatr": "quatre", "onz": "onze", "douz": "douze", "treiz": "treize",
              "quatorz": "quatorze", "quinz": "quinze", "seiz": "seize", "trent": "trente", "quarant": "quarante",
              "cinquant": "cinquante", "soixant": "soixante", "septant": "septante", "huitant": "huitante",
              "nonant": "nonante", "mill": "mille"}  # fmt: skip
_SUFFIXES = {"fr": {"e", "er", "ere", "re", "me", "eme", "ieme", "nd", "nde"}, "en": {"st", "nd", "rd", "th"}}
_LONGEST = 12


def ordinal_at(words: Sequence[str], at: int, language: str) -> tuple[int, int] | None:
    """The ordinal that begins at a word and the position after it; None where none does.

    Args:
        words: folded (`nlu.normalise.tokenise`); "21st" is the two words "21", "st".
    """
    if at >= len(words):
        return None
    if words[at].isdecimal():
        suffixed = words[at + 1 : at + 2] and words[at + 1] in _SUFFIXES[language]
        return (int(words[at]), at + 2) if suffixed and len(words[at]) <= 9 else None
    for end in range(at, min(len(words), at + _LONGEST)):
        cardinal = _cardinal(words[end], language)
        if cardinal is None:
            continue
        read = number_at([*words[at:end], cardinal], 0, language)
        return (read[0], end + 1) if read and read[1] == end - at + 1 else None
    return None


def _cardinal(word: str, language: str) -> str | None:
    """The number an ordinal is made from: "cinquieme" -> "cinq"; None for another word."""
    if word in _WORDS[language]:
        return _WORDS[language][word]
    if language == "fr" and word.endswith("ieme") and len(word) > 5:
        stem = word.removesuffix("ieme")
        return _IRREGULAR.get(stem, stem)
    if language == "en" and word.endswith("th") and len(word) > 4:
        stem = word.removesuffix("th")
        return stem.removesuffix("ie") + "y" if stem.endswith("tie") else stem
    return None


def parse_ordinal(text: str, language: str) -> int | None:
    """The whole text as one ordinal, or None when it isn't one."""
    words = [token.text for token in tokenise(text, language)]
    read = ordinal_at(words, 0, language)
    return read[0] if read and read[1] == len(words) else None
