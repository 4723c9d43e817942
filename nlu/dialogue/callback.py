"""A call back: the day, the number read back, and a yes; the number serves that alone (GDPR art. 5(1)(b))."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from nlu.dialogue import human
from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.hours import holiday_name, someone_there
from nlu.dialogue.spoken import as_date, clock_of, in_pairs, span_of
from nlu.entities import extract
from nlu.meaning import Entity, Meaning
from nlu.normalise import tokenise
from nlu.numbers import digit_runs
from personalization.grammar import when
from personalization.purposes import Purpose, Scope

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "HANDLERS", "cut_short", "gone_on"]

_CONSENT = "consent.callback_number"
_CUT_SHORT = 2
"""Digits from which a turn is part of a number, where these are enough of its words."""
_DICTATED = 0.4
_SURE = 0.9
"""Of a turn that gives a number, as the understanding is of one that was asked for."""
_EXPECTS = f"consent:{Purpose.CALLBACK_NUMBER}"


def callback(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """The day, then the number, then whether both are right; nothing is noted before that yes."""
    day = as_date(meaning.slots.get("date"))
    today = talk.context.today
    if day is None and "time" in meaning.slots:
        day = today
    if day is None or day < today:
        draft.ask(Question("slot", "date", "callback.ask_when", resume=meaning))
        return
    if not someone_there(talk, day):
        draft.opener("opener.sorry")
        if name := holiday_name(talk, day):
            draft.say("callback.holiday", holiday=name)
        draft.ask(Question("slot", "date", "callback.other_day", resume=meaning), when=when(day, today, talk.language))
        return
    number = str(meaning.slots.get("phone") or talk.caller_number or "")
    if not number:
        draft.ask(Question("number", "phone", "callback.which_number", resume=_dated(meaning, day)))
        return
    _read_back(talk, _dated(meaning, day), day, number, draft)


def cut_short(question: Question | None, meaning: Meaning) -> bool:
    """Whether some digits of the number that was asked for were understood, and not enough to make one."""
    if question is None or question.expects != "phone" or {"phone", "date", "time"} & meaning.slots.keys():
        return False
    if meaning.intent == "human":
        return False
    tokens = tokenise(meaning.text, meaning.language)
    runs = digit_runs(tokens, meaning.language)
    said = {place for first, last, _ in runs for place in range(first, last)}
    said |= {place for place, token in enumerate(tokens) if any(mark.isdecimal() for mark in token.text)}  # "0,6"
    return len(said) >= _DICTATED * len(tokens) and sum(len(digits) for _, _, digits in runs) >= _CUT_SHORT


def gone_on(question: Question | None, meaning: Meaning) -> Meaning:
    """The turn with the whole number, where it goes on with what was cut short; one that begins anew doesn't."""
    begun = str(question.detail.get("begun", "")) if question else ""
    if not begun or not cut_short(question, meaning):
        return meaning
    if _digits(meaning.text, meaning.language).startswith(_digits(begun, meaning.language)[:2]):
        return meaning
    whole = f"{begun}, {meaning.text}"
    phone = next((each for each, _, _ in extract(whole, meaning.language, None, "phone") if each.slot == "phone"), None)
    if phone is None:
        return meaning
    return replace(meaning, intent="callback", confidence=_SURE, text=whole, entities=(phone,), also=None)


def _digits(text: str, language: str) -> str:
    return "".join(digits for _, _, digits in digit_runs(tokenise(text, language), language))


def _dated(meaning: Meaning, day: date) -> Meaning:
    """The request with the day it was settled on, before any other."""
    entity = Entity("date", day.isoformat(), day.isoformat())
    return replace(meaning, intent="callback", entities=(entity, *meaning.entities), also=None)


def _read_back(talk: Dialogue, meaning: Meaning, day: date, number: str, draft: Draft) -> None:
    told = when(day, talk.context.today, talk.language)
    draft.opener("opener.noted")
    if at := clock_of(meaning.slots.get("time"), talk.language):
        draft.say("callback.read_back_at", when=told, at=at, number=in_pairs(number))
    elif span := span_of(meaning.slots.get("time"), talk.language):
        draft.say("callback.read_back_span", when=told, span=span, number=in_pairs(number))
    else:
        draft.say("callback.read_back", when=told, number=in_pairs(number))
    # Who was told what the number serves, and gave it, confirms; who wasn't is asked for the consent itself.
    asked = talk.stood.phrase if talk.stood else None
    script = "callback.right" if asked in (human.CLOSED, "callback.which_number") else _CONSENT
    detail = {"date": day.isoformat(), "time": meaning.slots.get("time"), "number": number, "script": script}
    draft.ask(Question("callback", _EXPECTS, script, resume=meaning, detail=detail))


def answer_number(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    told = tuple(each for each in meaning.entities if each.slot in ("date", "time", "phone"))
    if yes or told:  # "ten o'clock" puts the moment right; the number is then asked for again
        callback(talk, replace(question.resume, entities=told + question.resume.entities), draft)
    else:
        draft.say("callback.cancelled")


def answer_callback(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    """A clear yes notes it; a no with a better day or number starts from there; else the number is asked for."""
    other = tuple(each for each in meaning.entities if each.slot in ("date", "time", "phone"))
    if not yes and other:
        callback(talk, replace(question.resume, entities=other + question.resume.entities), draft)
        return
    proof = talk.proof(question.detail["script"], meaning)
    if not yes:
        talk.changed(draft, talk.consents.refuse(Purpose.CALLBACK_NUMBER, proof))
        resume = replace(question.resume, entities=tuple(e for e in question.resume.entities if e.slot != "phone"))
        if talk.context.place == "phone":
            draft.say("callback.by_key")
        draft.ask(Question("number", "phone", "callback.which_number", resume=resume))
        return
    talk.changed(draft, talk.consents.grant(Purpose.CALLBACK_NUMBER, Scope.ONCE, proof))
    if not talk.consents.granted(Purpose.CALLBACK_NUMBER):
        draft.say("consent.unclear")
        draft.say("callback.cancelled")
        return
    day = as_date(question.detail["date"])
    draft.say("callback.agreed", when=when(day, talk.context.today, talk.language))
    draft.act("callback", **{key: question.detail[key] for key in ("date", "time", "number")})
    draft.record(human.handed_off(talk, "callback", "callback"))


HANDLERS = {"callback": callback}
ANSWERS = {"number": answer_number, "callback": answer_callback}
