"""A human is always one word away (law 5): asked for or offered. What they receive needs a consent.

Where nobody is free, every offer of a human is the offer of a call back (`nlu.dialogue.callback`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.hours import available, holiday_name
from nlu.meaning import Meaning
from personalization.handoff import hand_off
from personalization.purposes import Purpose, Scope

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "CLOSED", "HANDLERS", "ask", "connect", "handed_off", "mention", "offer", "reached"]

_SUMMARY = "handoff.summary"
"""The script that asks whether a summary may be passed on."""
CLOSED = "handoff.closed"
"""The script that offers a call back where nobody is free."""
_PASSING = frozenset({"human", "affirm", "deny", "greet", "thanks", "callback"})


def human(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """A human at once. Where something was said already, one question first: may a summary be passed on?"""
    request(talk, draft, "asked")


def request(talk: Dialogue, draft: Draft, reason: str) -> None:
    if not available(talk):
        return _closed(talk, draft)
    nothing_to_sum_up = not [intent for intent in talk.context.tried if intent not in ("human", "greet")]
    if nothing_to_sum_up or talk.consents.granted(Purpose.HANDOFF_SUMMARY) or talk.context.last_intent == "human":
        return connect(talk, draft, reason)
    return draft.ask(Question("summary", f"consent:{Purpose.HANDOFF_SUMMARY}", _SUMMARY, detail={"reason": reason}))


def answer_summary(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    """A clear yes passes the summary on; anything else passes the call on without it."""
    proof = talk.proof(_SUMMARY, meaning)
    if yes:
        talk.changed(draft, talk.consents.grant(Purpose.HANDOFF_SUMMARY, Scope.CONVERSATION, proof))
    else:
        talk.changed(draft, talk.consents.refuse(Purpose.HANDOFF_SUMMARY, proof))
    connect(talk, draft, question.detail["reason"])


def connect(talk: Dialogue, draft: Draft, reason: str) -> None:
    """Passes the conversation on now, or offers to call back where nobody is there."""
    if not available(talk):
        return _closed(talk, draft)
    summary = talk.consents.granted(Purpose.HANDOFF_SUMMARY)
    draft.say("human.connect_full" if summary else "human.connect_plain")
    draft.act("hand_off", reason=reason, summary=summary)
    draft.record(handed_off(talk, reason, "transferred"))
    return None


def reached(draft: Draft) -> bool:
    """Whether the reply passes the conversation on, or asks the one question before that."""
    asked = draft.question is not None and draft.question.name == "summary"
    return asked or any(action.name == "hand_off" for action in draft.actions)


def handed_off(talk: Dialogue, reason: str, outcome: str):
    """The event, with what the human receives."""
    context = talk.context
    return hand_off(
        talk.consents,
        talk.language,
        (reason,),
        intent=next((intent for intent in reversed(context.tried) if intent not in _PASSING), None),
        slots={"product": context.product} if context.product else {},
        tried=tuple(context.tried),
        refused=tuple(sorted(context.refused_products)),
        turns=tuple(context.turns),
        authenticated=talk.authenticated,
        outcome=outcome,
    )


def _closed(talk: Dialogue, draft: Draft) -> None:
    if name := holiday_name(talk, talk.context.today):
        draft.say("store.holiday", holiday=name)
    resume = Meaning("callback", 1.0, "", talk.language)
    draft.ask(Question("slot", "date", CLOSED, resume=resume, detail={"a yes": True}))


def ask(talk: Dialogue, draft: Draft, phrase: str, reason: str, needed: bool = True) -> None:
    """Ends with the question whether the caller wants a human; where nobody is free, whether they want a call back.

    Args:
        needed: False for a question a short answer leaves out.
    """
    if draft.behaviour.callback:
        return _closed(talk, draft)
    question = Question("human", "confirm", phrase, detail={"reason": reason})
    return draft.ask(question) if needed else draft.offer(question)


def offer(talk: Dialogue, draft: Draft, reason: str) -> None:
    """Offers a human, in place of going on."""
    ask(talk, draft, "human.offer_calm", reason)


def mention(talk: Dialogue, draft: Draft, reason: str) -> None:
    """Offers a human after an answer that has come twice, unless a question stands already."""
    if any(action.name in ("hand_off", "hang_up", "callback") for action in draft.actions):
        return
    standing = draft.question
    if standing is not None and (standing.name in ("human", "summary") or standing.phrase == CLOSED):
        return
    if standing is None or not standing.phrase:
        ask(talk, draft, "human.offer", reason)
    else:
        draft.say("courtesy.machine_human")


def answer_human(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    if yes:
        request(talk, draft, question.detail.get("reason", "offered"))
    else:
        draft.say("courtesy.ok_listening")


HANDLERS = {"human": human}
ANSWERS = {"summary": answer_summary, "human": answer_human}
