"""Whether something that is read as a yes is one: "I don't mind" allows, "I mind" and "I don't not mind" don't.

A classifier goes by the words, and those are the same. Here the negations are counted, for the yes that is worth most:
consent must be unambiguous (GDPR art. 4(11)). Its words are data: `assets/intents/polarity.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from nlu.examples import word_list
from nlu.meaning import Entity, Meaning
from nlu.normalise import clauses, tokenise
from nlu.turns import Head, split_head

__all__ = ["indifferent", "only_scope", "refuses", "without_false_yes"]

_BEFORE, _AFTER = 5, 2
"""Words that a negation stands before what it negates, at most; and, in French, behind."""
_NO = {"affirm": "deny", "consent_give": "consent_withdraw"}
_UNCLEAR = 0.5
_ASKED_FOR = frozenset("product category quantity budget recipient order suggestion store email phone postcode".split())
"""Slots of a request: a turn that has them and no "yes" answers no question of consent."""
_JOINTS = {"en": ("but", "and"), "fr": ("mais", "et")}


@cache
def _phrases(language: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """(words, kind), the longest first."""
    kinds = ("neither", "declines", "against", "for", "verbs", "not")
    lists = word_list("polarity", language)
    rows = [
        (tuple(token.text for token in tokenise(phrase, language)), kind) for kind in kinds for phrase in lists[kind]
    ]
    return tuple(sorted(rows, key=lambda row: len(row[0]), reverse=True))


@cache
def _whole(language: str, kind: str) -> frozenset[tuple[str, ...]]:
    return frozenset(
        tuple(token.text for token in tokenise(each, language)) for each in word_list("polarity", language)[kind]
    )


def _clauses(text: str, language: str) -> Iterator[tuple[str, ...]]:
    """The words of each clause, cut at punctuation and at "but" and "and"."""
    for clause in clauses(text):
        words: list[str] = []
        for token in tokenise(clause, language):
            if token.text in _JOINTS[language]:
                yield tuple(words)
                words = []
            else:
                words.append(token.text)
        yield tuple(words)


def _marked(words: tuple[str, ...], language: str) -> list[tuple[int, str]]:
    """(place, kind) of the phrases in a clause."""
    found, at = [], 0
    while at < len(words):
        phrase, kind = next(
            ((phrase, kind) for phrase, kind in _phrases(language) if words[at : at + len(phrase)] == phrase),
            ((words[at],), ""),
        )
        if kind:
            found.append((at, kind))
        at += len(phrase)
    return found


def _clause_refuses(words: tuple[str, ...], language: str) -> bool:
    if words in _whole(language, "bare"):
        return True
    marked = _marked(words, language)
    if any(kind == "declines" for _, kind in marked):
        return True
    left = [place for place, kind in marked if kind == "not"]
    # Each negation belongs to one word: first to what bothers, then to a yes ("pas de problème, oui").
    for wanted, after, refused in (("against", _AFTER, 0), ("verbs", _AFTER, 1), ("for", 0, 1)):
        for place in (place for place, kind in marked if kind == wanted):
            behind = after if language == "fr" else 0
            mine = [each for each in left if -_BEFORE <= each - place <= behind]
            left = [each for each in left if each not in mine]
            if len(mine) % 2 == refused:
                return True
    return False


def refuses(text: str, language: str) -> bool:
    """Whether one of the text's clauses says no, as its negations are counted. Only asked of what is read as a yes."""
    return any(_clause_refuses(words, language) for words in _clauses(text, language) if words)


def indifferent(text: str, language: str) -> bool:
    """Whether the text says that it is all the same to who speaks."""
    return _holds(text, language, "indifferent")


def only_scope(text: str, entities: Sequence[Entity], language: str) -> bool:
    """Whether a text says how long a consent holds, and nothing else: "just this once, please"."""
    scopes = [entity.said for entity in entities if entity.slot == "scope"]
    if not scopes:
        return False
    for said in scopes:
        text = text.replace(said, " ")
    words = tuple(token.text for token in tokenise(text, language))
    beside = {word for phrase in _whole(language, "beside_scope") for word in phrase}
    return all(word in beside for word in words)


def _greets(head: Head | None, language: str) -> bool:
    """ "Yes, hello": how a call is opened, not how a question is answered."""
    words = tuple(token.text for token in tokenise(head.rest, language)) if head else ()
    return any(words[: len(phrase)] == phrase for phrase in _whole(language, "greetings"))


def _holds(text: str, language: str, kind: str) -> bool:
    said = f" {' '.join(token.text for token in tokenise(text, language))} "
    return any(f" {' '.join(phrase)} " in said for phrase in _whole(language, kind))


def without_false_yes(part: Meaning, text: str, language: str, expecting: str | None) -> Meaning:
    """A part of a turn, a yes that isn't one read as the no it is.

    Where a consent was asked for, the whole turn is looked at, and a yes beside a no is none that is clear; nor is
    indifference to a use of data, a question about it, "yes, hello", or a request. Elsewhere a turn that begins with
    "yes" is believed.
    """
    if part.intent not in _NO:
        return part
    consent = (expecting or "").startswith("consent:")
    head = split_head(text, language)
    begins = head is not None and head.intent == "affirm"
    if begins and not consent:
        unsure = expecting == "confirm" and _greets(head, language)  # what is confirmed may not be undone
        return replace(part, confidence=min(part.confidence, _UNCLEAR)) if unsure else part
    said = text if consent else part.text
    no = refuses(said, language)
    if no and not begins:
        return replace(part, intent=_NO[part.intent], confidence=0.9, runner_up=(part.intent, 0.1))
    of_data = consent or part.intent == "consent_give"
    vague = indifferent(said, language) or (part.intent == "consent_give" and _holds(text, language, "questions"))
    slots = {entity.slot for entity in part.entities}
    request = part.intent == "affirm" and not begins and slots & _ASKED_FOR
    if no or (of_data and vague) or (consent and (request or _greets(head, language))):
        return replace(part, confidence=min(part.confidence, _UNCLEAR))
    return part
