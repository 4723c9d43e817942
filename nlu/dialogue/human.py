"""A human is always one word away (law 5): asked for, offered, or called back. What they receive needs a consent."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.spoken import as_date
from nlu.meaning import Meaning
from personalization.grammar import when
from personalization.handoff import hand_off
from personalization.purposes import Purpose, Scope

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "HANDLERS", "connect", "mention", "offer"]

_SUMMARY = "handoff.summary"
"""The script that asks whether a summary may be passed on."""


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
    draft.record(_event(talk, reason, "transferred"))
    return None


def _event(talk: Dialogue, reason: str, outcome: str):
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


_HOURS = re.compile(r"(\d)(?:-(\d))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_PASSING = frozenset({"human", "affirm", "deny", "greet", "thanks", "callback"})


def available(talk: Dialogue, moment: datetime | None = None) -> bool:
    """Whether somebody answers at the moment: by the shop's `advisers` hours, else while a store is open."""
    moment = moment or talk.context.now
    hours = adviser_hours(talk)
    if hours is None:
        return any(store.open_at(moment) for store in talk.shop.stores)
    return any(start <= moment.time() < end for start, end in hours.get(moment.weekday(), ()))


def adviser_hours(talk: Dialogue) -> dict[int, list[tuple[time, time]]] | None:
    """By weekday (Monday is 0), from "0-4 9:00-19:00; 5 9:00-18:00" in shop.yaml; None where it isn't there."""
    text = str(talk.shop.settings.get("advisers", ""))
    found = _HOURS.findall(text)
    hours: dict[int, list[tuple[time, time]]] = {}
    for first, last, *clock in found:
        start, end = (time(int(clock[at]), int(clock[at + 1])) for at in (0, 2))
        for day in range(int(first), int(last or first) + 1):
            hours.setdefault(day, []).append((start, end))
    return hours or None


def _closed(talk: Dialogue, draft: Draft) -> None:
    draft.ask(Question("slot", "date", "handoff.closed", resume=Meaning("callback", 1.0, "", talk.language)))


def offer(talk: Dialogue, draft: Draft, reason: str) -> None:
    """Offers a human, in place of going on."""
    draft.ask(Question("human", "confirm", "human.offer_calm", detail={"reason": reason}))


def mention(talk: Dialogue, draft: Draft, reason: str) -> None:
    """Offers a human after an answer that has come twice, unless a question stands already."""
    if any(action.name in ("hand_off", "hang_up", "callback") for action in draft.actions):
        return
    if draft.question is not None and draft.question.name in ("human", "summary"):
        return
    if draft.question is None or not draft.question.phrase:
        draft.ask(Question("human", "confirm", "human.offer", detail={"reason": reason}))
    else:
        draft.say("courtesy.machine_human")


def answer_human(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    if yes:
        request(talk, draft, question.detail.get("reason", "offered"))
    else:
        draft.say("courtesy.ok_listening")


def callback(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """A call back on the day the caller says; the number serves that alone (Code de la consommation L.223-1)."""
    day = as_date(meaning.slots.get("date"))
    today = talk.context.today
    if day is None and "time" in meaning.slots:
        day = today
    if day is None or day < today:
        draft.ask(Question("slot", "date", "callback.ask_when", resume=meaning))
        return
    if not _someone_there(talk, day):
        draft.opener("opener.sorry")
        draft.ask(Question("slot", "date", "callback.other_day", resume=meaning), when=when(day, today, talk.language))
        return
    proof = talk.proof("callback.number", meaning)
    talk.changed(draft, talk.consents.grant(Purpose.CALLBACK_NUMBER, Scope.ONCE, proof))
    draft.opener("opener.noted")
    draft.say("callback.agreed", when=when(day, today, talk.language))
    draft.say("callback.number")
    draft.act("callback", date=day.isoformat(), time=meaning.slots.get("time"))
    draft.record(_event(talk, "callback", "callback"))


def _someone_there(talk: Dialogue, day: date) -> bool:
    """Some store opens that day, within the next six weeks."""
    if day > talk.context.today + timedelta(days=42):
        return False
    hours = adviser_hours(talk)
    return day.weekday() in hours if hours else any(day.weekday() in store.opens for store in talk.shop.stores)


HANDLERS = {"human": human, "callback": callback}
ANSWERS = {"summary": answer_summary, "human": answer_human}
