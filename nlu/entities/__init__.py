"""Entities: the slots of a sentence, from its words; and the sentence with them masked, for the classifier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nlu.dates import find_moments
from nlu.entities.amounts import find_budget, find_order, find_quantity, find_recipient
from nlu.entities.catalogue_match import CatalogueMatcher
from nlu.entities.words import find_words
from nlu.examples import MASKS
from nlu.meaning import Entity
from nlu.normalise import Token, tokenise
from nlu.numbers import number_spans

__all__ = ["Placed", "extract", "mask"]

Placed = tuple[Entity, int, int]
"""An entity and its place among the tokens (last excluded)."""

_MASKED = ("order", "budget", "date", "time", "product", "category", "store", "quantity")


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
        expecting: the slot just asked for: a bare number is then a budget, a quantity or an order's.
    """
    tokens = tokenise(text, language) if tokens is None else tokens
    numbers = number_spans(tokens, language, text)
    found: list[Placed] = []

    def add(slot: str, first: int, last: int, value, id: str | None = None, score: float = 1.0) -> None:
        said = text[tokens[first].start : tokens[last - 1].end]
        found.append((Entity(slot, value, said, id, score), first, last))

    busy: set[int] = set()
    for match in matcher.find(tokens) if matcher else ():
        add(match.slot, match.first, match.last, match.name, match.id, match.score)
        busy |= set(range(match.first, match.last))
    free = [span for span in numbers if not set(range(span.first, span.last)) & busy]
    if order := find_order(text, tokens, language, bare=expecting == "order"):
        add("order", order.first, order.last, order.value)
        busy |= set(range(order.first, order.last))
        free = [span for span in free if not set(range(span.first, span.last)) & busy]
    if budget := find_budget(tokens, free, language, bare=expecting == "budget"):
        add("budget", budget.first, budget.last, budget.value)
        busy |= set(range(budget.first, budget.last))
    named = frozenset(busy)
    for moment in find_moments(tokens, free, language, today or date.today(), text):
        if not set(range(moment.first, moment.last)) & named:
            add(moment.slot, moment.first, moment.last, moment.value)
            busy |= set(range(moment.first, moment.last))
    for said in find_words(tokens, language):
        if said.slot == "suggestion" and set(range(said.first, said.last)) & busy:
            continue  # "le premier mars" is a day
        add(said.slot, said.first, said.last, said.value)
        if said.slot == "suggestion":
            busy |= set(range(said.first, said.last))
    if quantity := find_quantity(tokens, free, language, busy, bare=expecting == "quantity"):
        add("quantity", quantity.first, quantity.last, quantity.value)
    if recipient := find_recipient(tokens, language):
        add(
            "recipient",
            recipient.first,
            recipient.last,
            text[tokens[recipient.first].start : tokens[recipient.last - 1].end],
        )
    found.sort(key=lambda placed: (placed[1], placed[2]))
    return found


def mask(tokens: Sequence[Token], placed: Sequence[Placed]) -> list[Token]:
    """The words, with what the classifier needn't know (which product, how much, when) masked: one token for each slot."""
    shown, at = [], 0
    spans = {first: (entity.slot, last) for entity, first, last in reversed(placed) if entity.slot in _MASKED}
    while at < len(tokens):
        slot, last = spans.get(at, ("", at + 1))
        name = "number" if slot == "quantity" else slot
        shown.append(Token(MASKS[name], tokens[at].start, tokens[last - 1].end) if slot else tokens[at])
        at = last
    return shown
