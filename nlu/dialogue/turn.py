"""One turn of the caller: its parts in order, whether it is sure enough to act on, whether it answers a question."""

from __future__ import annotations

from dataclasses import replace

from nlu.dialogue.draft import Question
from nlu.meaning import Meaning

__all__ = ["MIDDLING", "NEAR", "UNSURE", "going_on", "in_order", "once", "picks", "settles", "unsure", "wordless"]

UNSURE = 0.20
"""A meaning less sure than this isn't acted on."""
MIDDLING = 0.50
"""Below this a meaning is acted on only where no other comes near."""
ENDS = 0.75
"""A goodbye ends the call from this confidence."""
NEAR = 0.5
"""A second meaning at least this share as likely as the first comes near: the caller is asked which of the two."""

_VAGUE = ("out_of_scope", "repeat", "reorder")
"""What "the second one" or "je prends l'autre" alone is read as."""
_SURELY_NOT = 0.6
"""A no to what was offered, beside a place in the list, is one from this confidence."""
_MOMENT = frozenset({"date", "time"})
_A_MOMENT = ("callback", "greet", "affirm", "out_of_scope", "store_info", "repeat")
"""What "ten o'clock" alone is read as."""
_GOODS = ("recommend", "reorder", "price", "product_info", "availability")
_SHORT = ("deny", "affirm", "consent_withdraw", "complaint", "less_like_this")


def unsure(meaning: Meaning, question: Question | None) -> bool:
    """Too unsure to be acted on. The question that stands decides by itself what an unclear yes is worth."""
    if meaning.intent == "out_of_scope" or any(_human(part) for part in in_order(meaning)):
        return False
    if question and meaning.intent in ("affirm", "deny", "consent_give"):
        about_consent = meaning.intent == "consent_give" or question.expects.startswith("consent:")
        return not about_consent and meaning.confidence < UNSURE
    if question and (question.expects in meaning.slots or picks(question, meaning)):
        return False
    if question and question.name == "number" and _MOMENT & set(meaning.slots):
        return False
    if _goods_either_way(meaning):
        return False
    near = meaning.runner_up is not None and meaning.runner_up[1] >= NEAR * meaning.confidence
    ends = meaning.intent == "goodbye" and meaning.confidence < ENDS
    return meaning.confidence < UNSURE or (meaning.confidence < MIDDLING and near) or ends


def _goods_either_way(meaning: Meaning) -> bool:
    """A thing was named, and both likeliest meanings are of goods: whichever is taken, it is told of that thing."""
    named = meaning.entity("product") or meaning.entity("category")
    if named is None or meaning.runner_up is None or meaning.intent not in _GOODS:
        return False
    return meaning.runner_up[0] in _GOODS and meaning.confidence + meaning.runner_up[1] >= MIDDLING


def _human(part: Meaning) -> bool:
    """A person asked for counts even where the rest of the turn is unsure (law 5)."""
    return part.intent == "human" and part.confidence >= MIDDLING


def settles(pending: Question, part: Meaning) -> bool:
    """Whether this part of the turn answers the pending question; anything else drops it."""
    if pending.name == "number":
        moved = _MOMENT & set(part.slots) and (part.intent in _A_MOMENT or part.confidence < MIDDLING)
        return pending.expects in part.slots or part.intent in ("affirm", "deny", "out_of_scope") or bool(moved)
    if pending.name == "slot":
        told = pending.expects in part.slots
        if pending.detail.get("optional") or (part.intent == "affirm" and pending.detail.get("a yes")):
            more = part.intent == "recommend" and bool({"budget", "recipient"} & set(part.slots))
            more = more and not (part.entity("product") or part.entity("category"))
            return told or more or part.intent in ("affirm", "deny", "out_of_scope")
        plain = part.intent in ("out_of_scope", "affirm", pending.resume.intent) or part.confidence < 0.6
        return part.intent == "deny" or (told and (plain or part.intent == "recommend"))
    if pending.expects.startswith("consent:"):
        about = part.slots.get("purpose") in (None, pending.expects.partition(":")[2])
        if pending.name == "callback" and part.intent == "callback":
            return True
        return part.intent in ("affirm", "deny") or (part.intent in ("consent_give", "consent_withdraw") and about)
    if pending.name == "which" and not (part.entity("product") or part.entity("category")):
        more = part.intent == "recommend" and bool({"budget", "recipient"} & set(part.slots))
        if more or part.intent in pending.detail["two"]:
            return True
    named = part.entity("product") or part.entity("category")
    if pending.name == "another" and part.intent == "recommend" and not named:
        return True  # "what else do you have?"
    return part.intent in ("affirm", "deny") or picks(pending, part)


def going_on(pending: Question | None, part: Meaning) -> Meaning:
    """The request that waits for a consent, asked again in other words, is still about the same kind of thing."""
    if pending is None or pending.resume is None or not pending.expects.startswith("consent:"):
        return part
    if part.intent not in _GOODS or part.entity("product") or part.entity("category"):
        return part
    about = tuple(each for each in pending.resume.entities if each.slot in ("product", "category"))
    return replace(part, entities=part.entities + about)


def picks(question: Question, part: Meaning) -> bool:
    """ "The second one", "je prends l'autre": one of the things offered, whatever it is read as."""
    if question.name not in ("offer", "pick", "which") or "suggestion" not in part.slots:
        return False
    place = str(part.slots["suggestion"])
    rather = place.isdigit() and part.confidence < _SURELY_NOT  # "I'd rather have the first"
    other = part.intent == "deny" and (place == "other" or rather)
    return other or part.intent in _VAGUE or (part.intent != "deny" and part.confidence < MIDDLING)


def in_order(meaning: Meaning) -> list[Meaning]:
    """The intents of a turn in order, a human last: what has a short answer comes first, then the call is passed on."""
    parts: list[Meaning] = []
    each: Meaning | None = meaning
    while each is not None:
        parts.append(each)
        each = each.also
    if any(part.intent == "human" for part in parts):
        before = [part for part in parts if part.intent in _SHORT]
        return [*before, next(part for part in parts if part.intent == "human")]
    return parts


def once(parts: list[Meaning], pending: Question | None) -> list[Meaning]:
    """The parts without a second answer to the same question ("yes, you may" is one yes; any no wins)."""
    answers = [part for part in parts if pending is not None and pending.name != "slot" and settles(pending, part)]
    no = [part for part in answers if part.intent in ("deny", "consent_withdraw")]
    kept = next(iter(no + answers), None)
    polite = ("repeat",) if kept is not None else ()  # "oui, s'il vous plaît" asks for nothing to be said again
    return [part for part in parts if part is kept or (part not in answers and part.intent not in polite)]


def wordless(intent: str, language: str) -> Meaning:
    """A keypad choice, or a silence, as a meaning."""
    return Meaning(intent, 1.0, "", language)
