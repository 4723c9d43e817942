"""A caller puts right what was understood or chosen: "non, le rouge", "I meant the glass one", "plutôt samedi".

The last request is then made again with what is meant in place of what was taken. Read from the words themselves, for
such turns say too little to be classified.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nlu.dialogue.alternatives import asks_for_cheaper
from nlu.dialogue.draft import Draft
from nlu.dialogue.following import gone_on, of_its_time, taste
from nlu.dialogue.offered import nth
from nlu.dialogue.priced import at_a_price
from nlu.dialogue.turn import MIDDLING
from nlu.meaning import Entity, Meaning
from nlu.wordlists import bare, says, word_list
from personalization.events import Refused

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["TAKES", "corrected", "give_up_offer"]

TAKES = {
    "recommend": ("product", "category", "budget", "recipient"),
    "product_info": ("product", "category"),
    "price": ("product", "category"),
    "availability": ("product", "category"),
    "reorder": ("product", "category", "quantity"),
    "return_item": ("product", "category", "order"),
    "complaint": ("product", "category"),
    "store_info": ("store", "date"),
    "order_status": ("order",),
}
"""What can be put right in which request."""
_WEIGHTY = 2
"""So many words beside the correction, and it is another request."""


def corrected(talk: Dialogue, meaning: Meaning) -> Meaning | None:
    """The last request with what is meant now; None where this turn isn't a correction of it."""
    last, question = talk.context.request, talk.question
    if follow := _the_other(talk, meaning, last) or _and_of(talk, meaning, last) or _when_it_comes(meaning, last):
        return follow
    if follow := _that_order(meaning, last):
        return follow
    if follow := taste(talk, meaning, last):
        return follow
    if last is None or (question is not None and not _may_be_corrected(question.name)):
        return None
    if (question is None or question.name != "which") and (follow := at_a_price(talk, meaning, last)):
        return follow
    if follow := _half_a_name(talk, meaning, last) or _too_dear(talk, meaning, last):
        return follow
    if follow := gone_on(talk, meaning, last):
        return follow
    rest = _without_start(meaning.text, talk.language)
    if rest is None or rest.split()[0] in word_list("corrections", talk.language, "refuses"):
        return None  # "no, not a book"
    if meaning.also is not None and meaning.also.intent not in ("deny", last.intent, *_VAGUE):
        return None
    meant = tuple(each for each in meaning.entities if each.slot in TAKES[last.intent] and _differs(each, last))
    meant = meant[:1] or _by_a_word(talk, rest, last)
    if not meant or _weight(rest, meant, talk.language) >= _WEIGHTY:
        return None
    gone = {"product", "category"} if meant[0].slot in ("product", "category") else {meant[0].slot}
    kept = tuple(each for each in last.entities if each.slot not in gone)
    return replace(last, text=meaning.text, entities=meant + kept, confidence=0.9, also=None)


def _the_other(talk: Dialogue, meaning: Meaning, last: Meaning | None) -> Meaning | None:
    """ "Et l'autre ?" asks of the other one of two what was just asked of the first."""
    choice = talk.context.choice
    if last is None or last.intent not in ("price", "product_info", "availability") or len(choice) != 2:
        return None
    said = bare(meaning.text).split()
    goes_on = said[:1] and said[0] in word_list("corrections", talk.language, "on")
    if "suggestion" not in meaning.slots or len(said) > 5 or not goes_on:
        return None
    place = str(meaning.slots["suggestion"])
    id = talk.context.other(choice) if place == "other" else nth(choice, place)
    if id is None:
        return None
    named = Entity("product", str(talk.catalogue.products[id].names[talk.language]), meaning.text, id=id)
    return replace(last, text=meaning.text, entities=(named,), confidence=0.9, also=None)


def _and_of(talk: Dialogue, meaning: Meaning, last: Meaning | None) -> Meaning | None:
    """ "Et dimanche ?", "what about Nantes?": the same asked of another day, store or thing."""
    if last is None or last.intent not in ("store_info", "price", "product_info", "availability"):
        return None
    said = bare(meaning.text)
    words = word_list("corrections", meaning.language, "on")
    lead = next((each for each in words if said.startswith(each + " ")), None)
    meant = tuple(each for each in meaning.entities if each.slot in TAKES[last.intent])
    own = meaning.intent in TAKES and meaning.intent != "recommend" and meaning.confidence >= _CLEAR
    if lead is not None and not meaning.entities and meaning.confidence < MIDDLING and last.intent != "store_info":
        meant = _by_a_word(talk, said[len(lead) :].strip(), last)  # "et la Norvik ?"
    if lead is None or not meant or own:
        return None
    idle = word_list("narrowing", meaning.language, "idle")
    rest = [word for word in said[len(lead) :].split() if len(word) > 2 and word not in idle]
    if _weight(" ".join(rest), meant, meaning.language) > 0:
        return None
    gone = {"product", "category"} if meant[0].slot in ("product", "category") else {each.slot for each in meant}
    kept = tuple(each for each in last.entities if each.slot not in gone)
    return replace(last, text=meaning.text, entities=meant + kept, confidence=0.9, also=None)


def _when_it_comes(meaning: Meaning, last: Meaning | None) -> Meaning | None:
    """ "Et elle arrive quand ?" after an order was spoken of is about that order."""
    if last is None or last.intent != "order_status" or meaning.intent not in _COMES_READ_AS:
        return None
    named = {"product", "category", "store"} & set(meaning.slots)
    if named or not (says(meaning.text, "corrections", meaning.language, "comes") or of_its_time(meaning)):
        return None
    if meaning.intent == "how_long" and not of_its_time(meaning):
        return None
    return replace(last, text=meaning.text, confidence=0.9, also=None)


def _that_order(meaning: Meaning, last: Meaning | None) -> Meaning | None:
    """ "The order from last week", after where an order is was asked: no wish to buy it again."""
    if last is None or last.intent != "order_status" or meaning.intent not in ("reorder", "what_data"):
        return None
    if not says(meaning.text, "corrections", meaning.language, "that_order"):
        return None
    return replace(last, text=meaning.text, entities=meaning.entities, confidence=0.9, also=None)


_COMES_READ_AS = ("how_long", "availability", "store_info", "product_info", "price", "out_of_scope", "help", "repeat")
_CLEAR = 0.8
_NEVER_A_NAME = ("human", "consent_withdraw", "erase", "export", "goodbye", "callback")
"""Acted on whatever a product is called."""
_VAGUE = ("out_of_scope", "recommend", "less_like_this")
_DEAR_READ_AS = ("deny", "price", "complaint", "less_like_this", "recommend", "product_info", "out_of_scope")
_SHORT = 7
"""Words of a turn that says no more than that it is too expensive."""


def _may_be_corrected(question: str) -> bool:
    return question in ("offer", "another", "human", "pick", "accessory", "which")


def _without_start(text: str, language: str) -> str | None:
    """What follows the words that put something right; None where the turn doesn't begin with any."""
    said, found = bare(text), False
    starts = word_list("corrections", language, "starts")
    while start := next((each for each in starts if said == each or said.startswith(each + " ")), None):
        said, found = said[len(start) :].strip(), True
    return said if found and said else None


def _differs(entity: Entity, last: Meaning) -> bool:
    before = last.entity(entity.slot)
    return before is None or (before.id or before.value) != (entity.id or entity.value)


def _by_a_word(talk: Dialogue, rest: str, last: Meaning) -> tuple[Entity, ...]:
    """A product of the kind in play, by the words that only its name holds ("le rouge")."""
    idle = set(word_list("corrections", talk.language, "idle"))
    said = {word for word in rest.split() if word not in idle}
    context = talk.context
    product = talk.catalogue.get(context.product) if context.product else None
    category = product.category if product else context.category
    if not said or "product" not in TAKES[last.intent] or category is None:
        return ()
    fitting = [each for each in talk.catalogue.in_category(category)
               if said <= set(bare(str(each.names[talk.language])).split()) and each is not product]  # fmt: skip
    if len(fitting) > 1:  # the one of them that was heard of before
        heard_of = {*context.choice, *context.spoken_of, *(offer.product for offer in context.offers)}
        fitting = [each for each in fitting if each.id in heard_of]
    if len(fitting) != 1:
        return ()
    return (Entity("product", str(fitting[0].names[talk.language]), rest, id=fitting[0].id),)


def _half_a_name(talk: Dialogue, meaning: Meaning, last: Meaning) -> Meaning | None:
    """ "Green" after black tea: a word or two of the name of one other of the kind, whatever they are read as."""
    said = bare(meaning.text)
    answer = meaning.intent in ("affirm", "deny") and meaning.confidence >= _CLEAR
    if answer or meaning.intent in _NEVER_A_NAME or meaning.entities or len(said.split()) > 2:
        return None
    if last.intent not in ("recommend", "price", "availability"):
        return None
    meant = _by_a_word(talk, said, last)
    return replace(last, text=meaning.text, entities=meant, confidence=0.9, also=None) if meant else None


def _too_dear(talk: Dialogue, meaning: Meaning, last: Meaning) -> Meaning | None:
    """ "That's too expensive", of the thing just spoken of, asks for a cheaper one."""
    short = len(bare(meaning.text).split()) <= _SHORT
    product, category = talk.product_spoken_of, meaning.entity("category")
    another = category is not None and (product is None or category.id != product.category)
    own = another or {"product", "budget", "order"} & set(meaning.slots)
    spoken_of = product and last.intent in ("recommend", "price", "product_info", "availability")
    if own or not short or not spoken_of or meaning.intent not in _DEAR_READ_AS:
        return None
    if not asks_for_cheaper(talk, meaning) or (category and says(meaning.text, "comparing", talk.language, "cheapest")):
        return None
    return Meaning("price", 0.9, meaning.text, meaning.language)


def _weight(rest: str, meant: tuple[Entity, ...], language: str) -> int:
    """Words said beside what is meant."""
    idle = set(word_list("corrections", language, "idle"))
    named = {word for entity in meant for word in (*bare(entity.said).split(), *bare(str(entity.value)).split())}
    return sum(word not in idle and word not in named for word in rest.split())


def give_up_offer(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """What was suggested, and put right by another product, isn't wanted."""
    offer, entity = talk.context.offer, meaning.entity("product")
    if meaning.intent == "recommend" and entity and offer and offer.product != entity.id and not offer.accepted:
        talk.context.refuse(product=offer.product)
        draft.record(Refused(offer.product, None))
