"""Which products of a kind the caller's own words mean: "en grains", "the compact one", "something cheaper".

A category says little where it holds ground coffee and beans. The words of the sentence that some names of the kind
have and others don't are taken at their word; what all have, or none, tells nothing apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from nlu.entities.catalogue_match import stem
from nlu.meaning import Meaning
from nlu.wordlists import bare, says, word_list
from personalization.catalogue import Product

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["alike", "cheap", "comparative", "dearer_than", "fitting", "in_play", "narrowed", "of_price", "one_of",
           "price_range", "same_kind"]

_ABOUT = 0.5
"""What a word of the description counts beside one of the name."""
_LACK = {"fr": (("sans",), ("de", "le", "la", "un", "une")), "en": (("without",), ("a", "an", "any", "the"))}
"""What is said before a thing that isn't to be there, and what may stand between."""
_COMPARATIVE = re.compile(
    r"\b(?:something|anything) (?:a (?:bit|little) |slightly )?(?!over|under|after|other)\w{3,}er\b"
)
_HARDLY_MORE = Decimal("1.3")
"""Times the price of the cheapest."""
_LEAST = 3
"""Letters of a word that may tell products apart."""


def narrowed(talk: Dialogue, text: str, products: Sequence[Product]) -> tuple[Product, ...]:
    """The products whose name, or else description, has most of the words said; all of them where that tells none
    apart."""
    said = _words(text, talk.language) - set(word_list("narrowing", talk.language, "idle"))
    names = [_words(f"{each.names[talk.language]} {each.brand}", talk.language) for each in products]
    abouts = [_words(each.about.get(talk.language, ""), talk.language) for each in products]
    shared = set.intersection(*names) if names else set()
    said -= shared
    kinds = {each.category for each in products}
    called = set().union(*(_words(str(talk.catalogue.categories[kind].names[talk.language]), talk.language)
                           for kind in kinds))  # fmt: skip
    for words in (said - called, said):  # "a bagless vacuum cleaner": first what isn't said of the whole kind
        scores = [len(words & name) + _ABOUT * bool(words & about - name)
                  for name, about in zip(names, abouts, strict=True)]  # fmt: skip
        best = max(scores, default=0)
        if best >= 1 or (best and scores.count(best) == 1):
            return tuple(each for each, score in zip(products, scores, strict=True) if score == best)
    return tuple(products)


def fitting(talk: Dialogue, products: Sequence[Product]) -> tuple[Product, ...]:
    """Those of another kind that go with the product spoken of ("is there a case for it?"); all where none does, or
    nothing is spoken of."""
    product = talk.product_spoken_of
    if product is None or any(each.category == product.category for each in products):
        return tuple(products)
    made_for_it = [each for each in products if product.id in each.goes_with]
    for_its_kind = [each for each in products if product.category in each.goes_with]
    return tuple(made_for_it or for_its_kind or products)


def one_of(talk: Dialogue, text: str, ids: Iterable[str]) -> Product | None:
    """The one product whose name alone has words that were said; None where none has, or several have as many."""
    products = [product for id in dict.fromkeys(ids) if (product := talk.catalogue.get(id))]
    said = _words(text, talk.language) - set(word_list("narrowing", talk.language, "idle"))
    names = [_words(str(each.names[talk.language]), talk.language) for each in products]
    shared = set.intersection(*names) if len(names) > 1 else set()
    scores = [len(said & (name - shared)) for name in names]
    best = max(scores, default=0)
    found = [each for each, score in zip(products, scores, strict=True) if score == best]
    return found[0] if best and len(found) == 1 else None


def alike(talk: Dialogue, product: Product) -> tuple[Product, ...]:
    """The others of its category that are called by a word of its name, brands aside: toasters, not bun warmers."""

    def called(each: Product) -> set[str]:
        return _words(str(each.names[talk.language]), talk.language) - _words(each.brand, talk.language)

    kind = talk.catalogue.in_category(product.category)
    return tuple(each for each in kind if each.id != product.id and called(each) & called(product))


def in_play(talk: Dialogue) -> list[str]:
    """Ids of the products that half a name may mean: offered, chosen from, of the kind that is spoken of."""
    context = talk.context
    ids = [*context.choice, *(offer.product for offer in context.offers)]
    if context.product and (spoken_of := talk.catalogue.get(context.product)):
        ids += [each.id for each in talk.catalogue.in_category(spoken_of.category)]
    return ids


def cheap(talk: Dialogue, text: str, products: Sequence[Product]) -> tuple[Product, ...]:
    """Of one kind, those that somebody means who asks for a cheap one: what costs hardly more than the cheapest; all
    where no such word was said. What only goes with the kind is none of it."""
    if not any(says(text, "comparing", talk.language, kind) for kind in ("cheaper", "cheapest", "cheap")):
        return tuple(products)
    called = [_words(str(talk.catalogue.category(each).names[talk.language]), talk.language) for each in products]
    names = [_words(str(each.names[talk.language]), talk.language) for each in products]
    own = [each for each, kind, name in zip(products, called, names, strict=True) if kind & name] or list(products)
    there = [each for each in own if each.stock > 0]
    least = min((each.price for each in there), default=Decimal(0))
    factor = 1 if says(text, "comparing", talk.language, "cheapest") else _HARDLY_MORE
    return tuple(each for each in there if each.price <= least * factor) or tuple(products)


def comparative(meaning: Meaning) -> bool:
    """ "Quelque chose de plus grand", "anything smaller?": another of the kind that is spoken of."""
    said = any(says(meaning.text, "narrowing", meaning.language, kind) for kind in ("comparative", "dearer"))
    return said or (meaning.language == "en" and _COMPARATIVE.search(bare(meaning.text)) is not None)


def dearer_than(talk: Dialogue, meaning: Meaning, category: str | None) -> Decimal | None:
    """Euros from which on something of a kind is dearer than what is spoken of, where that was asked for."""
    product = talk.product_spoken_of
    if product is None or product.category != category or not says(meaning.text, "narrowing", talk.language, "dearer"):
        return None
    return product.price + Decimal("0.01")


def of_price(meaning: Meaning) -> bool:
    """Whether a comparative is one of the price, or of no one respect ("something better")."""
    kinds = (("comparing", "cheaper"), ("narrowing", "dearer"), ("narrowing", "better"))
    return any(says(meaning.text, file, meaning.language, kind) for file, kind in kinds)


def same_kind(talk: Dialogue, meaning: Meaning) -> str | None:
    """The id of the category a comparative without a name speaks of."""
    product = talk.product_spoken_of
    of_those = comparative(meaning) or says(meaning.text, "narrowing", meaning.language, "of_those")
    return product.category if product and of_those else None


def price_range(meaning: Meaning, budget: Decimal | None, gift: bool) -> tuple[Decimal | None, Decimal | None]:
    """Euros (least, most) of what fits a budget: a present, and what is to cost "about" so much, isn't a trifle."""
    if budget is None:
        return None, None
    about = says(meaning.text, "narrowing", meaning.language, "about")
    return (budget / 2 if about or gift else None), (budget * Decimal("1.1") if about else budget)


def _words(text: str, language: str) -> set[str]:
    """The words that may tell products apart; what one is to lack ("sans sac", "bagless") is another word."""
    found, without = set(), False
    lack, articles = _LACK[language]
    for word in bare(text).split():
        if word in lack:
            without = True
        elif not (without and word in articles):
            lacks = without or (language == "en" and len(word) > len("less") + 1 and word.endswith("less"))
            thing = stem(word.removesuffix("less") if lacks and language == "en" else word, language)
            if len(word) >= _LEAST:
                found.add(f"no {thing}" if lacks else thing)
            without = False
    return found
