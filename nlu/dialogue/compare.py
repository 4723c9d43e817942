"""Two products side by side: prices, what each is, the guarantee, and which is preferred. Facts, no suggestion."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from nlu.dialogue import human
from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.narrowing import narrowed
from nlu.dialogue.offered import nth
from nlu.dialogue.spoken import sentence
from nlu.entities.catalogue_match import CatalogueMatcher
from nlu.meaning import Meaning
from nlu.normalise import tokenise
from nlu.phrasing.facts import free_talk
from nlu.wordlists import bare, says, word_list
from personalization.catalogue import Catalogue, Product
from personalization.grammar import cardinal, money

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "HANDLERS", "compare", "two_meant"]


def two_meant(talk: Dialogue, meaning: Meaning) -> tuple[Product, Product] | None:
    """The two products a comparison is about: both named; one named, beside the one spoken of; or the last choice."""
    named = _named(talk, meaning)
    if len(named) >= 2:
        return named[0], named[1]
    text, language = meaning.text, talk.language
    comparing = says(text, "comparing", language, "compare") or says(text, "comparing", language, "cheaper")
    if not comparing:
        return None
    kind = meaning.entity("category")
    if kind and not named and _two_cheapest(text, language):
        found = sorted((each for each in talk.catalogue.in_category(str(kind.id)) if each.stock > 0), key=_price)[:2]
        return (found[0], found[1]) if len(found) == 2 else None
    other = talk.product_spoken_of
    if named and other and other.id != named[0].id:
        return other, named[0]
    pair = talk.context.choice if len(talk.context.choice) == 2 else _last_two(talk)
    if named or len(pair) < 2 or meaning.entity("category"):
        return None
    return talk.catalogue.products[pair[0]], talk.catalogue.products[pair[1]]


def _two_cheapest(text: str, language: str) -> bool:
    """ "Compare the two cheapest kettles"."""
    return says(text, "comparing", language, "compare") and says(text, "comparing", language, "cheapest")


def _price(product: Product) -> Decimal:
    return product.price


def _last_two(talk: Dialogue) -> list[str]:
    """The two offered last, or else the two of one kind that were spoken of last."""
    offered = list(dict.fromkeys(offer.product for offer in talk.context.offers if offer.heard))[-2:]
    if len(offered) == 2:
        return offered
    last = talk.product_spoken_of
    spoken_of = dict.fromkeys(reversed(talk.context.spoken_of))  # each once, the last first
    kind = [id for id in spoken_of if last and (each := talk.catalogue.get(id)) and each.category == last.category]
    return kind[1::-1] if len(kind) > 1 else []


def _named(talk: Dialogue, meaning: Meaning) -> list[Product]:
    """The products named, each side of an "and" read by itself where the whole sentence gave fewer than two."""
    ids = [each.id for each in meaning.entities if each.slot == "product" and each.id in talk.catalogue.products]
    if len(set(ids)) < 2 and says(meaning.text, "comparing", talk.language, "compare"):
        sides = re.split(_joints(talk.language), meaning.text, flags=re.IGNORECASE)
        matcher = _matcher(talk.catalogue, talk.language)
        found = [each.id for side in sides for each in matcher.find(tokenise(side, talk.language))
                 if each.slot == "product"]  # fmt: skip
        if len(set(found)) < 2 and (kind := meaning.entity("category")):
            # "An espresso machine and a French press": each side one of the kind, by its own words.
            products = talk.catalogue.in_category(str(kind.id))
            meant = [narrowed(talk, side, products) for side in sides]
            found = [each[0].id for each in meant if len(each) == 1]
        ids = found if len(set(found)) >= 2 else ids
    return [talk.catalogue.products[id] for id in dict.fromkeys(ids)]


def _joints(language: str) -> str:
    return r"\b(?:" + "|".join(word_list("comparing", language, "splits")) + r")\b|,"


@lru_cache(maxsize=4)
def _matcher(catalogue: Catalogue, language: str) -> CatalogueMatcher:
    return CatalogueMatcher(catalogue, language, by_sound=False)


def compare(talk: Dialogue, two: tuple[Product, Product], meaning: Meaning, draft: Draft) -> None:
    """The prices, then what each is; only the cheaper one where that is what was asked."""
    first, second = two
    talk.context.choice = [first.id, second.id]
    talk.context.product = first.id
    both = says(meaning.text, "comparing", talk.language, "compare")
    if says(meaning.text, "comparing", talk.language, "cheaper") and not both:
        return _cheaper(talk, two, draft)
    draft.opener("opener.so")
    draft.free = free_talk(talk.catalogue, two, meaning.text, talk.language)
    _prices(talk, two, draft)
    if draft.behaviour.one_sentence:
        return None
    for product in two:
        if about := sentence(product.about.get(talk.language, "")):
            draft.say("product.info", product=product.names[talk.language], description=about)
    if first.guarantee_years != second.guarantee_years and first.guarantee_years and second.guarantee_years:
        longer = max(two, key=lambda each: each.guarantee_years)
        years = cardinal(longer.guarantee_years, talk.language)
        draft.extra("compare.guarantee", product=longer.names[talk.language], years=years)
    _which(talk, two, draft)
    return None


def _prices(talk: Dialogue, two: tuple[Product, Product], draft: Draft) -> None:
    first, second = (product.names[talk.language] for product in two)
    low, high = (money(product.price, talk.language) for product in two)
    if two[0].price == two[1].price:
        draft.say("compare.same_price", product=first, other=second, price=low)
    else:
        draft.say("compare.prices", product=first, other=second, price=low, other_price=high)


def _cheaper(talk: Dialogue, two: tuple[Product, Product], draft: Draft) -> None:
    if two[0].price == two[1].price:
        return _prices(talk, two, draft)
    less = min(two, key=lambda each: each.price)
    talk.context.product = less.id
    named, price = less.names[talk.language], money(less.price, talk.language)
    draft.say("compare.cheaper", product=named, price=price)
    return _which(talk, two, draft)


def _which(talk: Dialogue, two: tuple[Product, Product], draft: Draft) -> None:
    if not draft.behaviour.no_offer:
        products = [product.id for product in two]
        draft.offer(Question("pick", "confirm", "advice.which_of_two", detail={"products": products}))


def answer_pick(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    """One of the two is wanted: whether there is any, and who takes the order."""
    if not yes:
        draft.say("courtesy.ok_listening")
        return
    products = question.detail["products"]
    entity = meaning.entity("product")
    chosen = entity.id if entity and entity.id in products else nth(products, meaning.slots.get("suggestion"))
    if chosen is None and says(meaning.text, "comparing", talk.language, "cheaper"):
        chosen = min(products, key=lambda id: talk.catalogue.products[id].price)
    chosen = chosen or by_a_word(talk, meaning.text, products)
    if chosen is None:
        draft.ask(question)
        return
    product = talk.catalogue.products[chosen]
    talk.context.product = chosen
    if product.stock <= 0:
        draft.say("product.out_of_stock", product=product.names[talk.language])
        draft.extra("product.no_restock_date")
        return
    draft.say("advice.accepted")
    human.ask(talk, draft, "advice.accepted_stock", "order")


def by_a_word(talk: Dialogue, text: str, products: list[str]) -> str | None:
    """The one product whose name alone holds a word said ("the glass one"); None where it is none or several."""
    said = set(bare(text).split()) - set(word_list("corrections", talk.language, "idle"))
    names = {id: set(bare(str(talk.catalogue.products[id].names[talk.language])).split()) for id in products}
    shared = set.intersection(*names.values()) if len(names) > 1 else set()
    found = [id for id, words in names.items() if said & (words - shared)]
    return found[0] if len(found) == 1 else None


HANDLERS: dict = {}
ANSWERS = {"pick": answer_pick}
