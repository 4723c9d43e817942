"""What the customer may ask about their data, each to its end (GDPR art. 7(3), 12 to 21)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nlu.dialogue import human
from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.orders import identified
from nlu.meaning import Meaning
from personalization.consent import CLEAR
from personalization.grammar import cardinal, when
from personalization.purposes import DataKind, Purpose, Scope

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "HANDLERS", "asks_what_goes", "what_goes"]

_UNPROMPTED = "caller.unprompted"
"""Stands as the script of a consent the caller gave without being asked."""


def what_data(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """What is held and what is used, for the customer alone."""
    if not talk.known:
        draft.opener("opener.sure")
        draft.say("right.none_known")
        draft.extra("right.voice")
        return
    if not identified(talk, meaning, draft):
        return
    known = talk.file.known()
    draft.opener("opener.sure")
    uses = [DataKind.PURCHASES]
    if known.purchases and known.since:
        count, since = cardinal(known.purchases, talk.language), when(known.since, talk.context.today, talk.language)
        phrase = "right.known_count" if known.purchases > 1 else "right.known_one"
        draft.say(phrase, uses=uses, count=count, since=since)
    else:
        draft.say("right.known_none", uses=uses)
    granted = Purpose.PURCHASES in known.consents
    draft.extra("right.used_now" if granted else "right.not_used")
    draft.extra("right.ways")


def who_sees(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    draft.say("right.who_where")
    draft.say("right.who")


def how_long(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    kind = str(meaning.slots.get("kind", ""))
    if kind not in ("voice", "voice_cues"):
        draft.say("right.how_long_purchases")
    draft.say("right.how_long_voice")
    draft.extra("right.how_long_consent")


def consent_give(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """A use of data allowed without being asked. Unclear counts as no; lasting only where it was said."""
    purpose = _purpose(meaning) or Purpose.PURCHASES
    if purpose is Purpose.VOICE_CUES:
        talk.context.cues_allowed = True
        talk.changed(draft, talk.consents.grant(purpose, Scope.CONVERSATION, talk.proof(_UNPROMPTED, meaning)))
        draft.say("right.granted", uses=[DataKind.VOICE_CUES])
        return
    if purpose is Purpose.PURCHASES and not identified(talk, meaning, draft):
        return
    scope = Scope(meaning.slots.get("scope", Scope.CONVERSATION))
    proof = talk.proof(_UNPROMPTED, meaning)
    if proof.confidence < CLEAR and "scope" in meaning.slots and talk.consents.granted(purpose):
        talk.changed(draft, talk.consents.narrow(purpose, scope, proof))  # "for this conversation", behind a clear yes
        draft.say("right.granted")
        return
    talk.changed(draft, talk.consents.grant(purpose, scope, proof))
    if proof.confidence < CLEAR:
        _ask_again(talk, purpose, draft)
        return
    if purpose is Purpose.PURCHASES:
        talk.purchases_asked = True
    told = {Scope.ONCE: "right.granted_once", Scope.LASTING: "right.granted_lasting"}.get(talk.consents.scope(purpose))
    draft.say(told or "right.granted")
    draft.extra("courtesy.anything_else")


def _ask_again(talk: Dialogue, purpose: Purpose, draft: Draft) -> None:
    if purpose is Purpose.PURCHASES:
        talk.purchases_asked = True
        draft.ask(Question("purchases", f"consent:{purpose}", "consent.purchases"))
    else:
        draft.say("courtesy.nothing_pending")


def consent_withdraw(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """Effective before this reply's first word. No purpose named: every use stops, for stopping is never harder."""
    purpose = _purpose(meaning)
    proof = talk.proof(_UNPROMPTED, meaning)
    stopped = [purpose] if purpose else [*talk.consents.all(), Purpose.PURCHASES]
    for each in dict.fromkeys(stopped):
        talk.changed(draft, talk.consents.withdraw(each, proof))
    draft.say("right.withdrawn")
    if Purpose.PURCHASES in stopped:
        talk.purchases_asked = True  # asking again what was just refused would be pressing
        draft.say("right.withdrawn_purchases")
    if purpose in (None, Purpose.VOICE_CUES):
        talk.context.cues_allowed = False
        draft.act("stop_cues")
        draft.say("right.withdrawn_cues")
    elif purpose is not Purpose.PURCHASES:
        draft.say("right.withdrawn_other")


def _purpose(meaning: Meaning) -> Purpose | None:
    try:
        return Purpose(str(meaning.slots.get("purpose", "")))
    except ValueError:
        return None


def _fully(talk: Dialogue, draft: Draft) -> bool:
    """Whether what was shown suffices for a copy and for an erasure; else a human is offered."""
    if not talk.fully_proved:
        draft.say("auth.not_enough")
        human.ask(talk, draft, "human.offer", "needs more proof", needed=False)
    return talk.fully_proved


def erase(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """Confirmed once, then done. What is kept for one use alone (a number to call back) goes with that use."""
    if _purpose(meaning) not in (None, Purpose.PURCHASES):
        consent_withdraw(talk, meaning, draft)
    elif not talk.known:
        draft.say("right.erase_nothing")
    elif identified(talk, meaning, draft) and _fully(talk, draft):
        part = {"purchases", "orders"} & {str(meaning.slots.get(slot, "")) for slot in ("kind", "purpose")}
        if part:
            draft.say("right.erase_whole")
        draft.ask(Question("erase", "confirm", "right.erase_confirm"))


def asks_what_goes(pending: Question | None, part: Meaning) -> bool:
    """Whether, asked to confirm an erasure, the caller wants to know first what it takes away."""
    asking = ("what_data", "how_long", "help", "product_info", "erase")
    return pending is not None and pending.name == "erase" and part.intent in asking


def what_goes(pending: Question, draft: Draft) -> None:
    draft.say("right.erase_what")
    draft.ask(replace(pending, phrase="right.erase_confirm"))


def answer_erase(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    """Only a clear yes erases: it can't be undone."""
    if talk.file is None:
        draft.say("courtesy.nothing_pending")
    elif not yes or meaning.confidence < CLEAR:
        draft.say("right.erase_kept")
    else:
        for purpose in talk.consents.all():
            talk.changed(draft, talk.consents.withdraw(purpose, talk.proof("right.erase_confirm", meaning)))
        _forget(talk)
        draft.act("erase")
        draft.say("erasure.done")


def _forget(talk: Dialogue) -> None:
    """The customer leaves the shop's memory and this conversation; the `erase` action lets a store do the same."""
    gone = talk.file.name
    talk.shop.customers = tuple(customer for customer in talk.shop.customers if customer.name != gone)
    talk.forget_customer()


def export(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    if not talk.known:
        draft.say("right.export_nothing")
    elif identified(talk, meaning, draft) and _fully(talk, draft):
        draft.opener("opener.sure")
        draft.say("right.export")
        draft.extra("right.export_to_you")
        draft.act("export", format="json")


HANDLERS = {
    "what_data": what_data,
    "who_sees": who_sees,
    "how_long": how_long,
    "consent_give": consent_give,
    "consent_withdraw": consent_withdraw,
    "erase": erase,
    "export": export,
}
ANSWERS = {"erase": answer_erase}
