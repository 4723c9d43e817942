"""Another of the kind: something cheaper than what is spoken of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlu.dialogue.advice import propose
from nlu.dialogue.children import not_for_children
from nlu.dialogue.draft import Draft
from nlu.dialogue.narrowing import alike
from nlu.meaning import Entity, Meaning
from nlu.wordlists import bare, says, word_list
from personalization.catalogue import Product
from personalization.grammar import money
from personalization.recommend import Request

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["asks_for_cheaper", "cheaper_than"]


def asks_for_cheaper(talk: Dialogue, meaning: Meaning) -> bool:
    """ "Something cheaper", or nothing but "that's too much"."""
    alone = bare(meaning.text).removeprefix("non ").removeprefix("no ")
    too_much = alone in word_list("comparing", talk.language, "dear_alone")
    return too_much or says(meaning.text, "comparing", talk.language, "cheaper")


def cheaper_than(talk: Dialogue, product: Product, draft: Draft) -> None:
    """The best of those that cost less; where none does, that this is the cheapest."""
    others = alike(talk, product)
    cheaper = [each for each in not_for_children(others, talk.language) if each.price < product.price]
    if draft.behaviour.no_offer or not any(each.stock > 0 for each in cheaper):
        named, price = product.names[talk.language], money(product.price, talk.language)
        talk.context.product = product.id
        draft.say("product.price" if draft.behaviour.no_offer else "product.cheapest", product=named, price=price)
        return
    wish = talk.context.wish
    whom = wish.recipient if wish and wish.category in (None, product.category) else None
    request = Request(category=product.category, among=frozenset(each.id for each in cheaper), recipient=whom)
    view = None if request.gift else talk.purchases(draft)
    propose(talk, draft, view, request, by_name=True, besides=[product.id])
    kind = Entity("category", product.category, "", id=product.category)
    talk.context.request = Meaning("recommend", 1.0, "", talk.language, (kind,))  # what "another one" goes on from
    if talk.context.choice and product.id not in talk.context.choice:
        talk.context.choice = [product.id, *talk.context.choice][:2]  # for "the difference between the two"
