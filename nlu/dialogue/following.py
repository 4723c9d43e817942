"""A turn that goes on from what was just spoken of and says too little to be read alone: a taste ("she likes tea"), a
word that narrows ("the LED ones"), which ones there are, how many, how long a thing takes ("how long is that?" after a
return).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nlu.dialogue.narrowing import narrowed
from nlu.dialogue.turn import MIDDLING
from nlu.meaning import Entity, Meaning
from nlu.wordlists import bare, says, word_list

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["gone_on", "of_its_time", "taste", "topic_followed"]

_OF_DATA = ("what_data", "who_sees", "how_long", "erase", "export", "consent_give", "consent_withdraw")
_TASTE_READ_AS = ("recommend", "product_info", "price", "availability", "reorder", "out_of_scope", "affirm",
                  "consent_give")  # fmt: skip
_WHICH_READ_AS = ("recommend", "availability", "product_info", "affirm", "out_of_scope", "repeat", "help")
_CANCEL_READ_AS = ("deny", "return_item", "out_of_scope", "order_status", "complaint", "goodbye")
_GOODS = ("recommend", "price", "product_info", "availability")
_BOUGHT_READ_AS = (*_GOODS, "return_item", "order_status", "out_of_scope", "reorder", "complaint")
_SURE = 0.7
_SHORT = 6
_FEW = 3
"""Words of a turn that only narrows."""
_ASIDE = ("offer", "another", "slot", "pick", "accessory", "which", "human")
"""Questions a taste may be told beside."""


def taste(talk: Dialogue, meaning: Meaning, last: Meaning | None) -> Meaning | None:
    """ "She likes tea", after advice was asked for: the same request, of that kind."""
    kind = meaning.entity("category") or meaning.entity("product")
    if last is None or last.intent != "recommend" or kind is None or meaning.intent not in _TASTE_READ_AS:
        return None
    question = talk.question
    if question is not None and (question.name not in _ASIDE or question.expects.startswith("consent:")):
        return None
    if meaning.also is not None or not says(meaning.text, "corrections", meaning.language, "likes"):
        return None
    if says(meaning.text, "corrections", meaning.language, "dislikes"):
        return None
    kept = tuple(each for each in (*meaning.entities, *last.entities) if each.slot in ("recipient", "budget"))
    return Meaning("recommend", 0.9, meaning.text, meaning.language, (kind, *kept))


def _one_more(talk: Dialogue, meaning: Meaning, last: Meaning) -> Meaning | None:
    """ "Is there another one?", where one of the kind was suggested."""
    product = talk.product_spoken_of
    if product is None or meaning.slots.get("suggestion") != "other" or len(talk.context.choice) > 1:
        return None
    named = {"product", "category"} & set(meaning.slots)
    if named or last.intent not in _GOODS or meaning.intent not in ("availability", "recommend", "out_of_scope"):
        return None
    kind = Entity("category", product.category, "", id=product.category)
    return Meaning("recommend", 0.9, meaning.text, meaning.language, (kind,))


def _which_ones(talk: Dialogue, meaning: Meaning, last: Meaning) -> Meaning | None:
    """ "Which ones do you have?", after a kind was asked for."""
    product = talk.product_spoken_of
    kind = last.entity("category")
    id = kind.id if kind else product.category if product else None
    if last.intent not in _GOODS or id is None or meaning.entities or meaning.intent not in _WHICH_READ_AS:
        return None
    short = len(bare(meaning.text).split()) <= _SHORT
    if not short or not says(meaning.text, "corrections", meaning.language, "which_ones"):
        return None
    return Meaning("availability", 0.9, meaning.text, meaning.language, (Entity("category", id, "", id=id),))


def _so_many(talk: Dialogue, meaning: Meaning, last: Meaning) -> Meaning | None:
    """ "Two bags please", after the same again was asked for, or one thing was suggested."""
    quantity, offer = meaning.entity("quantity"), talk.context.offer
    if quantity is None:
        return None
    beside = set(bare(meaning.text).split()) - set(bare(quantity.said).split())
    if beside - set(word_list("narrowing", meaning.language, "so_many")):
        return None  # "I'm seventeen" orders nothing
    if meaning.intent not in (*_GOODS, "reorder", "out_of_scope", "affirm", "greet"):
        return None
    suggested = offer is not None and talk.context.product == offer.product and not offer.refused
    if suggested and last.intent in ("recommend", "reorder") and len(talk.context.choice) == 1:
        named = Entity("product", str(offer.suggestion.product.names[meaning.language]), "", id=offer.product)
        return replace(meaning, intent="reorder", entities=(quantity, named), confidence=0.9, also=None)
    if last.intent != "reorder":
        return None
    kept = tuple(each for each in last.entities if each.slot != "quantity")
    return replace(last, text=meaning.text, entities=(quantity, *kept), confidence=0.9, also=None)


def gone_on(talk: Dialogue, meaning: Meaning, last: Meaning) -> Meaning | None:
    """The last request gone on from, with what this turn adds; None where it is a turn of its own."""
    return (
        _the_same_one(talk, meaning, last)
        or _of_the_return(talk, meaning, last)
        or _one_more(talk, meaning, last)
        or _narrower(talk, meaning, last)
        or _which_ones(talk, meaning, last)
        or _so_many(talk, meaning, last)
    )


def _the_same_one(talk: Dialogue, meaning: Meaning, last: Meaning) -> Meaning | None:
    """ "The espresso one", of the thing just suggested, asks for no other."""
    product = talk.product_spoken_of
    size = len(bare(meaning.text).split())
    if product is None or last.intent != "recommend" or meaning.entities or not 2 <= size <= _FEW:
        return None
    vague = meaning.intent in ("recommend", "out_of_scope", "product_info") and meaning.confidence < _SURE
    if not vague or narrowed(talk, meaning.text, talk.catalogue.in_category(product.category)) != (product,):
        return None
    named = Entity("product", str(product.names[meaning.language]), "", id=product.id)
    return Meaning("product_info", 0.9, meaning.text, meaning.language, (named,))


def _of_the_return(talk: Dialogue, meaning: Meaning, last: Meaning) -> Meaning | None:
    """ "It was a toaster I bought in September", after a return was spoken of: when it was bought decides."""
    sure = meaning.confidence >= MIDDLING and meaning.intent not in _BOUGHT_READ_AS
    if last.intent not in ("return_item", "complaint") or sure:
        return None
    if not says(meaning.text, "corrections", meaning.language, "bought"):
        return None
    kept = tuple(each for each in last.entities if each.slot not in meaning.slots)
    return Meaning("return_item", 0.9, meaning.text, meaning.language, meaning.entities + kept)


def _narrower(talk: Dialogue, meaning: Meaning, last: Meaning) -> Meaning | None:
    """ "The LED ones", after one of a kind was offered: those of the kind whose names have the word."""
    product = talk.product_spoken_of
    vague = meaning.intent == "out_of_scope" or meaning.confidence < MIDDLING
    if last.intent not in _GOODS or product is None or meaning.entities:
        return None
    kind, size = talk.catalogue.in_category(product.category), len(bare(meaning.text).split())
    # "And one without a bag?": of the kind spoken of, though it is read as a request of its own.
    elliptical = meaning.intent == "recommend" and size <= _SHORT
    elliptical = elliptical and (
        says(meaning.text, "narrowing", meaning.language, "elliptical") or _beside_it(meaning)
    )
    said = bare(meaning.text)
    goes_on = any(said.startswith(each + " ") for each in word_list("corrections", meaning.language, "on"))
    only_narrows = vague and (last.intent == "recommend" or goes_on) and size <= _FEW
    if not elliptical and not (only_narrows and len(narrowed(talk, meaning.text, kind)) < len(kind)):
        return None
    category = Entity("category", product.category, "", id=product.category)
    kept = tuple(each for each in last.entities if each.slot in ("recipient", "budget"))
    return replace(
        last, intent="recommend", text=meaning.text, entities=(category, *kept), confidence=0.9, also=None
    )


def _beside_it(meaning: Meaning) -> bool:
    """ "And for grown-ups?": goes on from what was asked, with what a preposition adds."""
    said = bare(meaning.text)
    leads = word_list("corrections", meaning.language, "on")
    added = [said.removeprefix(f"{lead} ") for lead in leads if said.startswith(f"{lead} ")]
    words = word_list("narrowing", meaning.language, "added_by")
    return any(rest.startswith(f"{word} ") for rest in added for word in words)


def of_its_time(meaning: Meaning) -> bool:
    """Whether the turn asks how long something takes, and nothing kept of anybody."""
    return not _of_data(meaning) and any(says(meaning.text, "corrections", meaning.language, kind)
                                         for kind in ("takes", "lasts"))  # fmt: skip


def _of_data(meaning: Meaning) -> bool:
    kept = says(meaning.text, "corrections", meaning.language, "kept")
    return kept or bool({"kind", "purpose"} & set(meaning.slots))


def topic_followed(talk: Dialogue, meaning: Meaning) -> str | None:
    """The topic of `nlu.dialogue.services` that a turn goes on to from what was spoken of."""
    request, question = talk.context.request, talk.question
    of_an_order = request is not None and request.intent == "order_status" and not meaning.entities
    free = question is None or question.name == "human"
    called_off = meaning.intent in _CANCEL_READ_AS and says(meaning.text, "corrections", meaning.language, "cancels")
    if of_an_order and free and called_off:
        return "cancellation"
    return _time_taken(talk, meaning)


def _time_taken(talk: Dialogue, meaning: Meaning) -> str | None:
    """Whose time is asked for: of what was answered last, of the return, or of something I know nothing of."""
    context = talk.context
    if meaning.intent not in ("how_long", "product_info", "out_of_scope", "order_status", "help", "repeat"):
        return None
    if meaning.entities or context.last_intent in _OF_DATA or not of_its_time(meaning):
        return None
    if context.topic is not None:
        return context.topic
    if context.request is not None and context.request.intent == "return_item":
        return "refund"
    unknown = meaning.intent == "how_long" and says(meaning.text, "corrections", meaning.language, "takes")
    return "delay" if unknown else None
