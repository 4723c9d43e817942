"""Entities: the slots of a sentence, from its words; and the sentence with them masked, for the classifier."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from nlu.dates import find_moments
from nlu.entities.amounts import find_budget, find_quantity, find_recipient
from nlu.entities.catalogue_match import CatalogueMatcher
from nlu.entities.contact import Contact, find_email, find_phone, find_postcode
from nlu.entities.order_number import find_order
from nlu.entities.words import Said, find_words
from nlu.examples import MASKS
from nlu.meaning import Entity
from nlu.normalise import Token, tokenise
from nlu.numbers import NumberSpan, number_spans
from nlu.spelling import spelt

__all__ = ["Placed", "extract", "mask"]

Placed = tuple[Entity, int, int]
"""An entity and its place among the tokens (last excluded)."""

_MASKED = "order budget date time product category store quantity phone postcode email".split()
_ADDRESS = re.compile(r"@|\.\s*\w|\d|\b(?:points?|dots?|stop)\b", re.IGNORECASE)
"""What an e-mail address can't be without."""
_NUMBERS = ("quantity", "phone", "postcode", "email")
"""Slots that the classifier sees as a number."""


def extract(
    text: str,
    language: str,
    matcher: CatalogueMatcher | None = None,
    expecting: str | None = None,
    today: date | None = None,
    tokens: Sequence[Token] | None = None,
) -> list[Placed]:
    """Every slot said, in order of appearance, with its place.

    Args:
        expecting: the slot just asked for: a bare number is then a budget, a quantity, a postcode or an order's.
    """
    tokens = tokenise(text, language) if tokens is None else tokens
    numbers = number_spans(tokens, language, text)
    found: list[Placed] = []

    def add(slot: str, first: int, last: int, value, id: str | None = None, score: float = 1.0) -> None:
        said = text[tokens[first].start : tokens[last - 1].end]
        found.append((Entity(slot, value, said, id, score), first, last))

    busy: set[int] = set()
    for slot, contact in _dictated(text, language, expecting) if _may_be_dictated(text, numbers, expecting) else ():
        first, last = _tokens_of(tokens, contact)
        if first < last and not set(range(first, last)) & busy:
            add(slot, first, last, contact.value)
            busy |= set(range(first, last))
    for match in matcher.find(tokens) if matcher else ():
        if not set(range(match.first, match.last)) & busy:
            add(match.slot, match.first, match.last, match.name, match.id, match.score)
            busy |= set(range(match.first, match.last))
    free = [span for span in numbers if not set(range(span.first, span.last)) & busy]
    if budget := find_budget(tokens, free, language, bare=expecting == "budget"):
        add("budget", budget.first, budget.last, budget.value)
        busy |= set(range(budget.first, budget.last))
    said_words = find_words(tokens, language)
    listed = [each for each in said_words if each.slot == "suggestion" and _of_a_list(each, tokens, expecting)]
    busy |= {at for each in listed for at in range(each.first, each.last)}
    named = frozenset(busy)
    for moment in find_moments(tokens, free, language, today or date.today(), text):
        if not set(range(moment.first, moment.last)) & named:
            add(moment.slot, moment.first, moment.last, moment.value)
            busy |= set(range(moment.first, moment.last))
    held = {at for each in said_words if each.slot == "scope" for at in range(each.first, each.last)}
    for said in said_words:
        if said.slot == "kind" and held.issuperset(range(said.first, said.last)):
            continue  # "yes, for this conversation": how long, not what of
        if said.slot == "suggestion" and said not in listed and set(range(said.first, said.last)) & busy:
            continue  # "le premier mars" is a day
        add(said.slot, said.first, said.last, said.value)
        if said.slot == "suggestion":
            busy |= set(range(said.first, said.last))
    if quantity := find_quantity(tokens, free, language, busy, bare=expecting == "quantity"):
        add("quantity", quantity.first, quantity.last, quantity.value)
    if recipient := find_recipient(tokens, language, bare=expecting == "recipient"):
        add(
            "recipient",
            recipient.first,
            recipient.last,
            text[tokens[recipient.first].start : tokens[recipient.last - 1].end],
        )
    found.sort(key=lambda placed: (placed[1], placed[2]))
    return found


def _of_a_list(said: Said, tokens: Sequence[Token], expecting: str | None) -> bool:
    """Whether an ordinal is surely a place in a list, not a day: one was asked for, or nothing else is said. Where a
    yes or no was asked of what is offered, "I'd rather have the first" ends with its place; "the first of March" goes
    on.
    """
    if expecting == "confirm" and said.last == len(tokens) and len(tokens) > 1:
        return True
    return expecting == "choice" or (said.first == 0 and said.last == len(tokens) and expecting != "date")


def _may_be_dictated(text: str, numbers: Sequence[NumberSpan], expecting: str | None) -> bool:
    """Whether the text can hold an address, a number of an order or the like at all: most sentences can't."""
    counted = any(not span.article for span in numbers)
    return counted or expecting in ("phone", "postcode", "order", "email") or bool(_ADDRESS.search(text))


def _dictated(text: str, language: str, expecting: str | None) -> Iterator[tuple[str, Contact]]:
    """What is spelt or dictated, the most particular first: none of them lies in another."""
    pieces = spelt(text, language)
    asked = expecting if expecting in ("phone", "postcode", "order") else None
    taken: list[tuple[int, int]] = []
    for slot in ("email", *filter(None, [asked]), "phone", "postcode", "order"):
        if slot == "email":
            found = find_email(text, pieces, language)
        elif slot == "phone":
            found = find_phone(text, pieces, language, asked == slot)
        elif slot == "postcode":
            found = find_postcode(text, pieces, language, asked == slot)
        else:
            found = find_order(pieces, language, asked == slot, taken)
        if found and not any(found.start < end and start < found.end for start, end in taken):
            taken.append((found.start, found.end))
            yield slot, found


def _tokens_of(tokens: Sequence[Token], contact: Contact) -> tuple[int, int]:
    first = next((at for at, token in enumerate(tokens) if token.end > contact.start), 0)
    return first, next((at for at, token in enumerate(tokens) if token.start >= contact.end), len(tokens))


def mask(tokens: Sequence[Token], placed: Sequence[Placed]) -> list[Token]:
    """The words, with what the classifier needn't know (which product, how much, when) as one masked token a slot."""
    shown, at = [], 0
    spans = {first: (entity.slot, last) for entity, first, last in reversed(placed) if entity.slot in _MASKED}
    while at < len(tokens):
        slot, last = spans.get(at, ("", at + 1))
        name = "number" if slot in _NUMBERS else slot
        shown.append(Token(MASKS[name], tokens[at].start, tokens[last - 1].end) if slot else tokens[at])
        at = last
    return shown
