"""Whether a present is for a child, and what suits one: no kettle, and certainly no wine, for a ten-year-old."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlu.normalise import tokenise
from nlu.numbers import number_spans
from nlu.wordlists import says, word_list
from personalization.catalogue import Catalogue, Product

__all__ = ["for_child", "for_children", "not_for_children", "suiting"]

_GROWN_UP = 14
"""Years from which a present is chosen as for an adult."""
_YEARS = re.compile(r"\W*(?:ans?|years?)\b", re.IGNORECASE)


def for_child(text: str, language: str) -> bool:
    """Whether the recipient is called a child, or told to be under fourteen ("ma fille de dix ans")."""
    tokens = tokenise(text, language)
    for span in number_spans(tokens, language):
        if _YEARS.match(text, tokens[span.last - 1].end):
            return float(span.value) < _GROWN_UP
    return says(text, "presents", language, "child")


def suiting(catalogue: Catalogue, language: str) -> frozenset[str]:
    """Ids of the products of the kinds that suit children and ask for no age; empty where the shop has none."""
    kinds = word_list("presents", language, "for_children")
    return frozenset(
        product.id for kind in kinds if kind in catalogue.categories for product in catalogue.in_category(kind)
        if not product.minimum_age
    )  # fmt: skip


def for_children(products: Sequence[Product], language: str) -> tuple[Product, ...]:
    """Those whose names say that they are for children; all where none does."""
    found = tuple(each for each in products if says(str(each.names[language]), "presents", language, "named_for"))
    return found or tuple(products)


def not_for_children(products: Sequence[Product], language: str) -> tuple[Product, ...]:
    """Those whose names don't say that they are for children; all where every name does."""
    found = tuple(each for each in products if not says(str(each.names[language]), "presents", language, "named_for"))
    return found or tuple(products)
