"""After a suggestion: what the caller makes of it, why it was made, and no more of the kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nlu.dialogue import human, orders
from nlu.dialogue.advice import recommend
from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.narrowing import in_play, one_of
from nlu.meaning import Meaning
from nlu.wordlists import says
from personalization.catalogue import Product
from personalization.events import Explained, Refused
from personalization.explain import explain

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "HANDLERS", "answer_standing", "nth", "offered_in_order"]

_OF_DATA = ("what_data", "who_sees", "how_long")


def answer_offer(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    """What the caller makes of a suggestion."""
    products = question.detail["products"]
    if not yes:
        for product in products:
            talk.context.refuse(product=product)
            draft.record(Refused(product, None))
        draft.say("advice.refused")
        if not (draft.behaviour.no_offer or draft.behaviour.no_extra or talk.context.refused_in_a_row() >= 2):
            last = talk.context.request
            open_request = last and last.intent == "recommend" and not last.entity("product")
            again = replace(last, text="") if last and open_request else None
            draft.offer(Question("another", "confirm", "advice.refused_more", resume=again))
        return None
    place, last = str(meaning.slots.get("suggestion", "")), talk.context.request
    none_there = place.isdigit() and nth(offered_in_order(talk, products), place) is None
    if none_there and last is not None and last.intent == "recommend":
        return recommend(talk, replace(last, text=""), draft)  # "and the second best?" where one was offered
    chosen = _chosen(talk, products, meaning)
    for offer in talk.context.offers:
        offer.accepted = offer.accepted or offer.product == chosen
    talk.context.product = chosen
    if len(offered_in_order(talk, products)) > 1:  # which of them is said: it may have been misheard
        draft.say("advice.accepted_one", product=talk.catalogue.products[chosen].names[talk.language])
    else:
        draft.say("advice.accepted")
    return human.ask(talk, draft, "advice.accepted_stock", "order")


def answer_standing(talk: Dialogue, yes: bool, meaning: Meaning, draft: Draft) -> bool:
    """A yes or no after a question about the thing suggested ("I'll take it"); False where none stands."""
    offer = talk.context.offer
    about = talk.context.last_intent in ("price", "product_info", "availability")
    wanted = (("narrowing", "take"), ("services", "reservation"))
    taken = yes and any(says(meaning.text, words, talk.language, kind) for words, kind in wanted)
    if taken and "quantity" in meaning.slots and about:  # "I'll take four"
        orders.reorder(talk, replace(meaning, intent="reorder", also=None), draft)
        return True
    if talk.context.product and taken:
        talk.context.choice = [talk.context.product]
        answer_offer(talk, True, meaning, Question("offer", "confirm", detail={"products": talk.context.choice}), draft)
        return True
    if offer is None or not about or offer.refused or offer.accepted or talk.context.product != offer.product:
        return False
    answer_offer(talk, yes, meaning, Question("offer", "confirm", detail={"products": [offer.product]}), draft)
    return True


def _chosen(talk: Dialogue, products: list[str], meaning: Meaning) -> str:
    """The product meant: by name, by its place ("the second one"), else the first."""
    entity = meaning.entity("product")
    if entity and entity.id in products:
        return entity.id
    picked = talk.context.other(products) if meaning.slots.get("suggestion") == "other" else None
    return picked or nth(offered_in_order(talk, products), meaning.slots.get("suggestion")) or products[0]


def offered_in_order(talk: Dialogue, products: list[str]) -> list[str]:
    """What "the first one" counts: the products put side by side last; where that was one, all that were heard."""
    heard = list(dict.fromkeys(offer.product for offer in talk.context.offers if offer.heard))
    return heard if len(products) == 1 and products[0] in heard else products


def nth(products: list[str], place: object) -> str | None:
    """The product at a place ("1", "2", "3", "last", "other", "previous"); None where there is none there."""
    if str(place) == "previous":
        return products[-2] if len(products) > 1 else products[0] if products else None
    if str(place) in ("last", "other"):
        return products[-1] if products else None
    at = int(str(place)) - 1 if str(place).isdigit() else -1
    return products[at] if 0 <= at < len(products) else None


def answer_another(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    if yes:
        again = Meaning("recommend", meaning.confidence, meaning.text, meaning.language, meaning.entities)
        resumed = question.resume and replace(question.resume, entities=meaning.entities + question.resume.entities)
        recommend(talk, resumed or again, draft)
    else:
        draft.say("courtesy.ok_listening")


def why(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """The reason; asked again, the data behind it; asked again, all that is known and how to change it.

    Where a consent was just asked for, or data just spoken of, it is that which is asked about.
    """
    stood = talk.stood
    if stood is not None and stood.expects.startswith("consent:"):
        draft.say(f"why.{stood.expects.partition(':')[2]}")
        draft.ask(stood)
        return
    if talk.context.last_intent in _OF_DATA:
        draft.say("why.kept")
        return
    unproved = stood is not None and stood.detail.get("reason") == "not identified"
    if talk.file is None and (unproved or talk.waiting is not None):
        draft.say("why.authenticate")
        return
    if stood is not None and stood.name == "accessory":
        draft.say("why.owned")
        draft.question = stood
        return
    offer = talk.context.offer
    named = _asked_about(talk, meaning)
    if offer is not None and named is not None and named.id != offer.product:
        offer = next((each for each in reversed(talk.context.offers) if each.product == named.id), None)
        if offer is None:
            draft.say("advice.not_suggested", product=named.names[talk.language])
            return
    if offer is None:
        draft.say("advice.no_suggestion_yet")
        if not draft.behaviour.no_offer:
            draft.ask(Question("another", "confirm"))
        return
    depth = min(3, offer.explained + 1)
    lines = explain(
        offer.suggestion, depth, talk.phrases, talk.catalogue, talk.context.today, granted=talk.purchases_speakable
    )
    for line in lines[:1] if draft.behaviour.one_sentence else lines:
        draft.add(line)
    offer.explained = depth
    draft.record(Explained(offer.product, depth))
    if not (offer.refused or offer.accepted):
        draft.question = Question("offer", "confirm", detail={"products": [offer.product]})


def _asked_about(talk: Dialogue, meaning: Meaning) -> Product | None:
    """The product a "why" names, in full or by a word of it ("why the box?")."""
    entity = meaning.entity("product")
    if entity and entity.id in talk.catalogue.products:
        return talk.catalogue.products[entity.id]
    return None if meaning.entity("category") else one_of(talk, meaning.text, in_play(talk))


def less_like_this(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """No more suggestions of a kind, from now on."""
    product, category = meaning.entity("product"), meaning.entity("category")
    offer = talk.context.offer
    if product and product.id:
        rested = talk.catalogue.products[product.id].category
    else:
        rested = category.id if category else offer.suggestion.product.category if offer else None
    if offer and not category and not product:
        talk.context.refuse(product=offer.product)
    if rested is None:
        draft.record(Refused(None, None))
        draft.say("advice.less_all")
        return
    talk.context.refuse(category=rested)
    draft.record(Refused(offer.product if offer else None, rested))
    if category or product:
        draft.say("advice.less_category", category=talk.catalogue.categories[rested].names[talk.language])
    else:
        draft.say("advice.less")
    draft.extra("courtesy.anything_else")


HANDLERS = {"why": why, "less_like_this": less_like_this}
ANSWERS = {"offer": answer_offer, "another": answer_another}
