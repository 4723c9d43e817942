"""Turning a transcript into the parts that are each one request: fillers out, the yes or no of an answer apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nlu.examples import word_list
from nlu.normalise import Token, clauses, tokenise

__all__ = ["Clause", "Head", "joints", "only_fillers", "split_head", "weak_yes", "without_fillers"]


@cache
def _phrases(language: str, kind: str) -> tuple[tuple[str, ...], ...]:
    rows = [
        tuple(token.text for token in tokenise(phrase, language)) for phrase in word_list("fillers", language)[kind]
    ]
    return tuple(sorted(rows, key=len, reverse=True))


def _starts(words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> int:
    return next((len(phrase) for phrase in phrases if words[: len(phrase)] == phrase), 0)


def without_fillers(tokens: list[Token], language: str) -> list[Token]:
    """The tokens less what only cushions them; a sentence of nothing else is kept whole."""
    words = tuple(token.text for token in tokens)
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        if size := _starts(words[at:], _phrases(language, "kept")):
            kept += tokens[at : at + size]
            at += size
            continue
        size = _starts(words[at:], _phrases(language, "anywhere"))
        # A word said twice by hesitation ("je je voudrais") counts once.
        twice = kept and kept[-1].text == tokens[at].text and not tokens[at].text.isdecimal() and len(tokens) >= 4
        if not size and not twice:
            kept.append(tokens[at])
        at += size or 1
    while (size := _starts(tuple(token.text for token in kept), _phrases(language, "leading"))) and len(
        kept
    ) - size >= 2:
        kept = kept[size:]
    return kept or tokens


def only_fillers(text: str, language: str) -> bool:
    """Whether a text is nothing but cushions: the "s'il vous plaît" after a yes."""
    words = tuple(token.text for token in tokenise(text, language))
    at = 0
    while at < len(words) and (size := _starts(words[at:], _phrases(language, "anywhere"))):
        at += size
    return at == len(words)


@dataclass(frozen=True)
class Head:
    """A leading yes or no and what follows it."""

    intent: str
    said: str
    rest: str


def split_head(text: str, language: str) -> Head | None:
    """The yes or no that begins a turn, when more follows: "non merci, passez-moi quelqu'un"."""
    tokens = tokenise(text, language)
    words = tuple(token.text for token in tokens)
    if _starts(words, _phrases(language, "unlike")):
        return None
    for kind, intent in (("no", "deny"), ("yes", "affirm")):
        size = _starts(words, _phrases(language, kind))
        if size and len(words) > size:
            rest = text[tokens[size].start :]
            return Head(intent, text[: tokens[size - 1].end], _without_joint(rest, language))
    return None


def weak_yes(head: Head, language: str) -> bool:
    """Whether the yes only leads over to what follows it."""
    return head.intent == "affirm" and tuple(each.text for each in tokenise(head.said, language)) in _phrases(
        language, "weak"
    )


def _without_joint(text: str, language: str) -> str:
    tokens = tokenise(text, language)
    size = _starts(tuple(token.text for token in tokens), _phrases(language, "joints"))
    return text[tokens[size].start :] if 0 < size < len(tokens) else text


@dataclass(frozen=True)
class Clause:
    """A part of a turn that may be a request of its own."""

    text: str
    joined: bool
    """A word such as "and" stands before it; a comma alone leaves open whether it is another request."""


def joints(text: str, language: str) -> list[Clause]:
    """The turn's clauses of two words or more, cut at punctuation and before a joint ("et", "mais", "and", "but")."""
    parts: list[str] = []
    for clause in clauses(text):
        tokens = tokenise(clause, language)
        start = 0
        for at in range(2, len(tokens) - 1):
            if (tokens[at].text,) in _phrases(language, "joints"):
                parts.append(clause[start : tokens[at].start].strip())
                start = tokens[at].start
        parts.append(clause[start:].strip())
    found = [(part, _without_joint(part, language)) for part in parts]
    return [Clause(rest, rest != part) for part, rest in found if len(tokenise(rest, language)) >= 2]
