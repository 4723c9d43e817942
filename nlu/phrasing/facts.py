"""What a language model is handed: facts of the catalogue, and those words of the caller that are the catalogue's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import yaml

from nlu.wordlists import bare
from personalization.assets import asset
from personalization.catalogue import Catalogue, Product
from personalization.grammar import cardinal, money

__all__ = ["Facts", "FreeTalk", "free_talk", "lists"]

_GOES_WITH = 2


@dataclass(frozen=True)
class Facts:
    """Sentences that are true, in one language, and the products they are about."""

    language: str
    said: tuple[str, ...]
    products: tuple[str, ...]
    """Product ids, accessories that are named included."""


@dataclass(frozen=True)
class FreeTalk:
    """One question about products that may be answered in other words than the fixed ones."""

    question: str
    """The caller's words, but only those the catalogue or assets/dialogue/phrasing.yaml holds: no name, no number."""
    facts: Facts


@cache
def lists(language: str) -> dict[str, Any]:
    """The part of a language in assets/dialogue/phrasing.yaml."""
    return yaml.safe_load(asset("dialogue", "phrasing.yaml").read_text(encoding="utf-8"))[language]


def free_talk(catalogue: Catalogue, products: Sequence[Product], asked: str, language: str) -> FreeTalk | None:
    """The facts of some products and the question; None where one of them is sensitive or sold from an age on."""
    if not products or any(catalogue.sensitive(each) or each.minimum_age for each in products):
        return None
    facts = [fact for product in products for fact in _of(catalogue, product, language)]
    accessories = {each.id for product in products for each in catalogue.accessories(product)[:_GOES_WITH]}
    ids = tuple(dict.fromkeys([*(product.id for product in products), *sorted(accessories)]))
    return FreeTalk(_own_words(catalogue, asked, language), Facts(language, tuple(facts), ids))


def _of(catalogue: Catalogue, product: Product, language: str) -> list[str]:
    templates, name = lists(language), str(product.names[language])
    facts = [templates["price"].format(product=name, price=money(product.price, language))]
    facts.append(templates["in_stock" if product.stock > 0 else "out_of_stock"].format(product=name))
    if about := product.about.get(language, "").strip():
        facts.append(f"{name} : {about}" if language == "fr" else f"{name}: {about}")
    if product.guarantee_years:
        facts.append(templates["guarantee"].format(product=name, years=cardinal(product.guarantee_years, language)))
    for other in catalogue.accessories(product)[:_GOES_WITH]:
        facts.append(templates["goes_with"].format(product=name, other=str(other.names[language])))
    return facts


def _own_words(catalogue: Catalogue, asked: str, language: str) -> str:
    known = _vocabulary(catalogue, language)
    return " ".join(word for word in bare(asked).split() if word in known and not any(mark.isdigit() for mark in word))


@lru_cache(maxsize=4)
def _vocabulary(catalogue: Catalogue, language: str) -> frozenset[str]:
    """The words of the catalogue's names and texts, and the words questions are made of."""
    texts = [f"{product.names[language]} {product.about.get(language, '')}" for product in catalogue]
    texts += [str(category.names[language]) for category in catalogue.categories.values()]
    return frozenset(bare(" ".join([*texts, *map(str, lists(language)["asks"])])).split())
