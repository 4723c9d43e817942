"""Words of a transcript, folded so that accents, capitals and typography don't matter, with their place in the text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["Token", "clauses", "fold", "squeeze", "tokenise"]

_WORD = {
    # French clitics stand alone (l' + aspirateur); English contractions stay whole (don't).
    "fr": re.compile(
        r"aujourd['’]hui|quelqu['’]une?s?|presqu['’]ile|\d+(?:[.,]\d+)?|[^\W\d_]+['’]?|[€$£%]", re.IGNORECASE
    ),
    "en": re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)?|[€$£%]", re.IGNORECASE),
}
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "’": "'", "ʼ": "'", "ß": "ss"})
_MARKS = re.compile(r"(?<!\d)[.,](?!\d)|[.,](?=\s|$)|[;:!?…]+(?!\d)|\s[-–—]\s")


@dataclass(frozen=True, slots=True)
class Token:
    """One word: folded, and where it stands in the original text (character offsets, end excluded)."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case, without accents, ligatures or typographic apostrophes: "Où est l’œuf ?" -> "ou est l'oeuf ?"."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFD", text.lower().translate(_LIGATURES))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def tokenise(text: str, language: str) -> list[Token]:
    """The words, numbers and currency signs of a text, in order; hyphens separate, punctuation is left out."""
    return [Token(fold(match.group()), *match.span()) for match in _WORD[language].finditer(text)]


def squeeze(text: str, language: str) -> str:
    """The folded words alone, one space between two."""
    return " ".join(token.text for token in tokenise(text, language))


def clauses(text: str) -> list[str]:
    """The text cut at its punctuation marks; a decimal point, a thousands comma or "14:30" doesn't cut."""
    return [part.strip() for part in _MARKS.split(text) if part.strip()]
