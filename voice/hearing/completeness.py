"""Does a text sound finished? What the end of a turn depends on besides silence. The words are in assets/hearing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

import yaml

from personalization.assets import asset
from voice.hearing.partials import plain

__all__ = ["Completeness", "completeness"]


class Completeness(Enum):
    FINISHED = "finished"
    """A whole short answer, or a sentence that nothing has to follow."""
    OPEN = "open"
    """A short answer that may go on, to a question whose answer has parts ("yes, just this once")."""
    UNKNOWN = "unknown"
    HESITATING = "hesitating"
    """Ends on a filler, or on a word that calls for another."""
    DICTATING = "dictating"
    """Ends on a number that may go on."""


@dataclass(frozen=True)
class _Words:
    answers: frozenset[str]
    fillers: frozenset[str]
    leading_on: frozenset[str]
    asked: frozenset[str]
    closing: frozenset[str]
    numbers: frozenset[str]
    questions: frozenset[str]


@cache
def _words(language: str) -> _Words:
    with asset("hearing", "endings.yaml").open(encoding="utf-8") as file:
        lists = yaml.safe_load(file)[language]
    return _Words(
        **{
            name: frozenset(" ".join(_tokens(str(item))) for item in lists[name])
            for name in _Words.__dataclass_fields__
        }
    )


def _tokens(text: str) -> list[str]:
    return [word for word in (plain(piece) for piece in re.split(r"[\s\-–]+", text)) if word]


_SENTENCE_END = re.compile(r"(?<![.…])[.!?]\s*$")
_ELISION = re.compile(r"\b([cdjlmnst]|qu|lorsqu|jusqu|puisqu)'(?=\S)", re.IGNORECASE)
_LONGEST_ENDING = 4  # words
_FULL_SENTENCE = 4  # words: the recogniser puts a full stop after anything; it means something after a sentence


def completeness(text: str, language: str, expecting_number: bool = False) -> Completeness:
    """How finished a turn sounds, from its words so far.

    Args:
        language: "fr" or "en"; for any other, only punctuation counts.
        expecting_number: the assistant just asked for one, so a single digit may already be its beginning.
    """
    spoken = _ELISION.sub(r"\1' ", text.replace("’", "'"))
    tokens = _tokens(spoken)
    if not tokens:
        return Completeness.UNKNOWN
    lists = _words(language if language in ("fr", "en") else "en")
    last, said = tokens[-1], " ".join(tokens)
    if said in lists.answers:
        return Completeness.FINISHED
    if last in lists.fillers or text.rstrip().endswith(("...", "…", ",")):
        return Completeness.HESITATING
    digits = _trailing_numbers(tokens, lists.numbers)
    if digits >= (1 if expecting_number else 2) and (expecting_number or not _price_or_date(tokens)):
        return Completeness.DICTATING
    question = len(tokens) > 2 and text.rstrip().endswith("?")
    if _leads_on(tokens, lists, question):
        return Completeness.HESITATING
    ended = bool(_SENTENCE_END.search(text))
    if ended and (len(tokens) >= _FULL_SENTENCE or (text.rstrip().endswith("?") and tokens[0] in lists.questions)):
        return Completeness.FINISHED
    return Completeness.UNKNOWN


def _leads_on(tokens: list[str], lists: _Words, question: bool) -> bool:
    """The longest listed ending decides: "told me that" calls for more, "about that" doesn't."""
    for size in range(min(_LONGEST_ENDING, len(tokens)), 0, -1):
        ending = " ".join(tokens[-size:])
        if ending in lists.closing:
            return False
        if ending in lists.leading_on or (ending in lists.asked and not question):
            return True
    return False


def _trailing_numbers(tokens: list[str], numbers: frozenset[str]) -> int:
    """How many digits or number words stand at the end."""
    count = 0
    for token in reversed(tokens):
        if token.isdigit():
            count += len(token)
        elif token in numbers:
            count += 1
        else:
            break
    return count


def _price_or_date(tokens: list[str]) -> bool:
    """"pour 20", "in 2026", "à 18": a number after a preposition is a quantity, a year, an hour; it is not dictated."""
    if len(tokens) < 2 or not tokens[-1].isdigit() or len(tokens[-1]) > 4:
        return False
    return tokens[-2] in {"à", "pour", "en", "at", "for", "in", "de", "vers", "around", "under", "than"}
