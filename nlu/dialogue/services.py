"""What callers ask of a shop besides its goods: delivery, payment, offers. The shop's own words, or a person.

A shop writes its answers in shop.yaml (`answers: {delivery: {fr: "...", en: "..."}}`, topics of
assets/dialogue/services.yaml); where it wrote none, that is said, and somebody who knows is offered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nlu.dialogue import human, orders
from nlu.dialogue.draft import Draft
from nlu.dialogue.following import topic_followed
from nlu.dialogue.narrowing import comparative
from nlu.dialogue.spoken import sentence
from nlu.dialogue.turn import MIDDLING, UNSURE
from nlu.entities.catalogue_match import stem
from nlu.meaning import Meaning
from nlu.wordlists import bare, says, word_list
from personalization.catalogue import Catalogue

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["TOPICS", "answer", "not_ours", "topic_in_play", "topic_of", "unknown_goods"]

TOPICS = ("cancellation", "old_appliance", "reservation", "promotion", "delivery", "payment", "parking", "gift_card",
          "gift_wrap", "repair", "account", "refund", "order_change", "delay")  # fmt: skip
_READ_AS = ("price", "availability", "store_info", "order_status", "out_of_scope", "product_info", "help", "recommend",
            "return_item")  # fmt: skip
"""What such a question is taken for, as no intent is its own."""
_OF_GOODS = ("availability", "product_info", "recommend", "price", "out_of_scope")
_LEAST = 3
"""Letters of a word that may name a thing."""
_OWN = 0.9
"""From this confidence a question after an order is one, though it speaks of delivery."""


def topic_of(meaning: Meaning) -> str | None:
    """The topic a turn asks about; None where it is about a product or an order of the caller's."""
    unclear = meaning.confidence < MIDDLING and meaning.intent not in ("erase", "consent_give", "consent_withdraw")
    if not (meaning.intent in _READ_AS or unclear) or meaning.entity("product"):
        return None
    topic = next((topic for topic in TOPICS if says(meaning.text, "services", meaning.language, topic)), None)
    # "Can you deliver it on Saturday?" is read as an order's, surely; said of an order it has the word.
    able = says(meaning.text, "services", meaning.language, "able_to_deliver") and not says(
        meaning.text, "services", meaning.language, "an_order"
    )
    surely = meaning.intent == "order_status" and meaning.confidence >= _OWN and not able
    if topic != "cancellation" and (surely or meaning.entity("order")):
        return None
    return topic or ("delivery" if able else None)


def topic_in_play(talk: Dialogue, meaning: Meaning) -> str | None:
    """The topic a turn asks about, in its own words or by what was spoken of ("how long does that take?")."""
    return topic_of(meaning) or topic_followed(talk, meaning)


def unknown_goods(talk: Dialogue, meaning: Meaning) -> bool:
    """Whether the shop is asked for a thing that no word of its catalogue means ("vous avez des lave-vaisselle ?")."""
    language, said = meaning.language, f" {bare(meaning.text)} "
    if meaning.entities or not (meaning.intent in _OF_GOODS or meaning.confidence < UNSURE):
        return False
    lead = next((each for each in word_list("services", language, "lead") if f" {each} " in said), None)
    if lead is None or comparative(meaning):
        return False
    thing = {word for word in said.split(f" {lead} ", 1)[1].split() if len(word) >= _LEAST}
    for compound in (bare(word) for word in meaning.text.split() if "-" in word):
        if thing.issuperset(compound.split()):  # a tumble dryer ("sèche-linge") isn't linen
            thing = thing - set(compound.split()) | {compound.replace(" ", "")}
    if thing & set(word_list("services", language, "no_goods")):
        return False
    thing -= set(word_list("narrowing", language, "idle"))
    return bool(thing) and not {stem(word, language) for word in thing} & _names(talk.catalogue, language)


@lru_cache(maxsize=8)
def _names(catalogue: Catalogue, language: str) -> frozenset[str]:
    """The stems of all words that the products and categories of a catalogue are called by."""
    names = [f"{each.names[language]} {each.brand}" for each in catalogue]
    names += [str(each.names[language]) for each in catalogue.categories.values()]
    said = " ".join(names)
    return frozenset(stem(word, language) for word in {*bare(said).split(), *bare(said.replace("-", "")).split()})


def not_ours(talk: Dialogue, draft: Draft) -> None:
    human.ask(talk, draft, "product.not_ours", "question")


def answer(talk: Dialogue, topic: str, meaning: Meaning, draft: Draft) -> None:
    talk.context.topic = topic
    if topic == "account":
        if orders.identified(talk, meaning, draft):
            draft.say("auth.known")
        return
    told = talk.shop.settings.get("answers")
    told = told.get(topic) if isinstance(told, dict) else None
    told = told.get(talk.language) if isinstance(told, dict) else None
    if told:
        draft.say("service.answer", sentence=sentence(str(told)))
    else:
        human.ask(talk, draft, f"service.{topic}", "question")
