"""An erasure denied ("n'effacez rien", "no, don't delete it") is no request for one, whatever it is read as.

Erasing can't be undone: the words that forbid it count more than those they forbid. Its patterns are data:
`assets/intents/keep.yaml`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from nlu.examples import word_list
from nlu.meaning import Meaning
from nlu.normalise import squeeze

__all__ = ["forbids_erasing", "without_forbidden"]


@cache
def _pattern(language: str, kind: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in word_list("keep", language)[kind]))


def forbids_erasing(text: str, language: str) -> bool:
    """Whether the text says that nothing is to be erased, and asks for no other erasure."""
    words = squeeze(text, language)
    if _pattern(language, "unless").search(words):
        return False
    kept = _pattern(language, "not").sub(" ", words)
    return kept != words and not _pattern(language, "verb").search(kept)


def without_forbidden(parts: list[Meaning], text: str, language: str) -> list[Meaning]:
    """The parts of a turn, a forbidden erasure among them read as a no. A consent taken back stays so."""
    forbidden = next((part for part in parts if part.intent == "erase"), None)
    if forbidden is None or not forbids_erasing(text, language):
        return parts
    others = [part for part in parts if part.intent != "erase"]
    if any(part.intent == "deny" for part in others):
        return others
    no = replace(forbidden, intent="deny", confidence=0.9, entities=(), runner_up=("erase", 0.05))
    return [*others, no]
