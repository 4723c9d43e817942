"""What callers ask of a shop besides its goods: delivery, payment, parking. The shop's own words, or a person.

A shop writes its answers in shop.yaml (`answers: {delivery: {fr: "...", en: "..."}}`, topics of
assets/dialogue/services.yaml); where it wrote none, that is said, and somebody who knows is offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlu.dialogue import human
from nlu.dialogue.draft import Draft
from nlu.dialogue.spoken import sentence
from nlu.meaning import Meaning
from nlu.wordlists import says

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["TOPICS", "answer", "topic_of"]

TOPICS = ("delivery", "payment", "parking", "gift_card", "repair")
_READ_AS = ("price", "availability", "store_info", "order_status", "out_of_scope", "product_info", "help", "recommend")
"""What such a question is taken for, as no intent is its own."""
_OWN = 0.9
"""From this confidence a question after an order is one, though it speaks of delivery."""


def topic_of(meaning: Meaning) -> str | None:
    """The topic a turn asks about; None where it is about a product or an order of the caller's."""
    if meaning.intent not in _READ_AS or meaning.entity("order") or meaning.entity("product"):
        return None
    if meaning.intent == "order_status" and meaning.confidence >= _OWN:
        return None
    return next((topic for topic in TOPICS if says(meaning.text, "services", meaning.language, topic)), None)


def answer(talk: Dialogue, topic: str, draft: Draft) -> None:
    told = talk.shop.settings.get("answers")
    told = told.get(topic) if isinstance(told, dict) else None
    told = told.get(talk.language) if isinstance(told, dict) else None
    if told:
        draft.say("service.answer", sentence=sentence(str(told)))
    else:
        human.ask(talk, draft, f"service.{topic}", "question")
