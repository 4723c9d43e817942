"""Which handler answers each part of a turn, and what becomes of the question that stood."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nlu.dialogue import advice, callback, compare, courtesy, human, offered, orders, products, rights
from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.turn import going_on, in_order, once, picks, settles
from nlu.meaning import Meaning

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "HANDLERS", "answer"]

_TOPICS = (advice, offered, products, compare, orders, rights, courtesy, human, callback)
HANDLERS = {intent: handler for topic in _TOPICS for intent, handler in topic.HANDLERS.items()}
ANSWERS = {question: answer for topic in _TOPICS for question, answer in topic.ANSWERS.items()}

_LISTENING = "courtesy.ok_listening"
"""Said after a no, unless the same turn says what is wanted."""
_YES_OR_NO = ("affirm", "deny")
_ABOUT_GOODS = ("recommend", "product_info", "price", "availability", "complaint", "help", "out_of_scope")


def answer(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """Each intent of the turn in order; the question that stood is answered or dropped."""
    pending, talk.question = talk.question, None
    talk.stood = pending
    parts = _of_weight(once(in_order(meaning), pending))
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        draft.behaviour = draft.behaviour if last else replace(draft.behaviour, no_extra=True)
        asked, draft.question = draft.question, None
        if pending is not None and settles(pending, part):
            _settle(talk, pending, part, draft)
            pending = None
            if human.reached(draft) and not last and parts[index + 1].intent in _ABOUT_GOODS:
                break  # "yes, it's still under guarantee": that is for the person who comes
        elif rights.asks_what_goes(pending, part):
            rights.what_goes(pending, draft)
        elif part.intent == "affirm" and any(each.intent != "affirm" for each in parts):
            draft.question = asked  # "yes, and ..." where nothing was asked: the rest says what is wanted
        elif part.intent == "recommend" and asked is not None:
            draft.question = asked  # "which of the two do you prefer?" is enough to be asked
        elif part.intent == "deny" and pending is None and any(each.intent not in _YES_OR_NO for each in parts):
            if not offered.answer_standing(talk, False, part, draft):  # "no, I want a refund": as with the yes
                draft.question = asked
        else:
            talk.run(going_on(pending, part), draft)
            if draft.question is not None and draft.question.expects.startswith("consent:"):
                break  # what else was asked for would be a second question beside it
    if any(line.phrase.id != _LISTENING for line in draft.lines):
        draft.lines = [line for line in draft.lines if line.phrase.id != _LISTENING]
    if pending is not None and pending.name == "accessory":
        advice.spend(talk, draft)  # the answer that used a consent for once is over


def _of_weight(parts: list[Meaning]) -> list[Meaning]:
    """Without the wish that a complaint is about: "I bought some headphones, and only one side works"."""
    if any(part.intent == "complaint" for part in parts):
        return [part for part in parts if part.intent not in ("recommend", "availability", "reorder")]
    return parts


def _settle(talk: Dialogue, pending: Question, part: Meaning, draft: Draft) -> None:
    if pending.name == "slot" and pending.detail.get("optional"):
        advice.answer_optional(talk, part, pending, draft)
    elif pending.name != "slot":
        named = pending.name == "which" and part.intent in pending.detail["two"]
        yes = named or part.intent not in ("deny", "consent_withdraw") or picks(pending, part)
        ANSWERS[pending.name](talk, yes, part, pending, draft)
    elif part.intent == "deny":
        draft.say("courtesy.ok_listening")
    else:
        resumed = replace(pending.resume, entities=part.entities + pending.resume.entities)
        if pending.expects == "product":  # half a name may say which of the kind
            resumed = replace(resumed, text=f"{pending.resume.text} {part.text}")
        talk.run(resumed, draft)
