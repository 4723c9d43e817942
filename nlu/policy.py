"""How to behave in which situation: a table that people can read, and the one function that applies it.

A row holds while its test is true of the `Situation`; the behaviours of all rows that hold are added up, and the more
careful wins (a row can only forbid offers, never allow what another forbids).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

__all__ = ["TABLE", "Behaviour", "Rule", "Situation", "decide", "only_enough"]


@dataclass(frozen=True)
class Situation:
    """What the policy looks at, all of it plain values, so that a case of the table is one line of a test."""

    place: str = "phone"
    """"phone", "kiosk" or "store"."""
    authenticated: bool = False
    time_of_day: str = "day"
    """"morning", "day", "evening" or "night"."""
    complaint: bool = False
    """Something went wrong and isn't solved: told in this conversation, or open in the customer's file."""
    return_open: bool = False
    misunderstood: int = 0
    """Turns in a row that weren't understood."""
    asked_twice: bool = False
    """The same request came again after it was answered."""
    negative_words: bool = False
    offers_made: int = 0
    """Suggestions the caller heard in this conversation."""
    offers_refused_in_a_row: int = 0
    nobody_free: bool = False
    """No adviser answers now: the hour, or a holiday of the country."""
    gift_season: bool = False
    """The weeks before Christmas."""
    line_busy: bool = False
    """More callers than the machine serves well: answers get short."""
    hurried: bool = False
    """The next five are False whenever cues are off."""
    hesitant: bool = False
    raised_voice: bool = False
    slow: bool = False
    """This and the next: False, too, once our pace and loudness are settled (`Context.settled`)."""
    whispering: bool = False


@dataclass(frozen=True)
class Behaviour:
    """What changes in the way we talk."""

    no_offer: bool = False
    """Nothing is suggested, not even when it would fit; a question about a product is still answered."""
    no_extra: bool = False
    """What was asked is answered and nothing is added."""
    one_sentence: bool = False
    choice_of_two: bool = False
    """Two things to choose from, in place of an open question."""
    patient: bool = False
    """Longer silences are waited for, and we say there is time."""
    offer_human: bool = False
    """A human is offered at once."""
    private: bool = False
    """No purchase, order or name is spoken (`Dialogue.file` sees to it: there is none before the authentication)."""
    softer: bool = False
    slower: bool = False
    """A little, once a call."""
    callback: bool = False
    """A call back is offered wherever a human would be."""
    ask_for_whom: bool = False
    """An open request for an idea is asked first whether it is for a present."""
    because: tuple[str, ...] = ()
    """Names of the rows that held."""
    uses_cues: bool = False
    """A row that looks at the voice held, so the voice cues are announced first."""


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    name: str
    when: Callable[[Situation], bool]
    then: Behaviour
    from_voice: bool = False
    """The row looks at the voice: it holds only where cues may be used."""


OFFER_CAP = 3
"""Suggestions per conversation, at most, beside those of a kind the caller names."""

# fmt: off
TABLE: tuple[Rule, ...] = (
    Rule("complaint", lambda s: s.complaint, Behaviour(no_offer=True, no_extra=True)),
    Rule("open return", lambda s: s.return_open, Behaviour(no_offer=True, no_extra=True)),
    Rule("enough offers", lambda s: s.offers_made >= OFFER_CAP, Behaviour(no_offer=True)),
    Rule("two refusals", lambda s: s.offers_refused_in_a_row >= 2, Behaviour(no_extra=True)),
    Rule("hurried", lambda s: s.hurried, Behaviour(one_sentence=True, no_extra=True), from_voice=True),
    Rule("line busy", lambda s: s.line_busy, Behaviour(one_sentence=True, no_extra=True)),
    Rule("hesitant", lambda s: s.hesitant and not s.hurried,
         Behaviour(patient=True, choice_of_two=True), from_voice=True),
    Rule("slow", lambda s: s.slow and not s.hurried, Behaviour(slower=True), from_voice=True),
    Rule("whispering", lambda s: s.whispering, Behaviour(softer=True), from_voice=True),
    Rule("loud, with negative words", lambda s: s.raised_voice and s.negative_words,
         Behaviour(offer_human=True, no_offer=True, no_extra=True), from_voice=True),
    Rule("loud, asked twice", lambda s: s.raised_voice and s.asked_twice,
         Behaviour(offer_human=True, no_offer=True, no_extra=True), from_voice=True),
    Rule("asked twice", lambda s: s.asked_twice, Behaviour(offer_human=True, no_extra=True)),
    Rule("misunderstood twice", lambda s: s.misunderstood >= 2, Behaviour(offer_human=True, no_extra=True)),
    Rule("nobody free", lambda s: s.nobody_free, Behaviour(callback=True)),
    Rule("gift season", lambda s: s.gift_season and not s.hurried, Behaviour(ask_for_whom=True)),
    Rule("public place, not authenticated", lambda s: s.place != "phone" and not s.authenticated,
         Behaviour(private=True)),
    Rule("public place, evening", lambda s: s.place != "phone" and s.time_of_day in ("evening", "night"),
         Behaviour(softer=True, no_extra=True)),
)
# fmt: on


def only_enough(behaviour: Behaviour) -> bool:
    """Whether a suggestion is forbidden only because there were enough: a kind the caller names is still looked for."""
    forbidding = {rule.name for rule in TABLE if rule.then.no_offer}
    return forbidding & set(behaviour.because) == {"enough offers"}


def decide(situation: Situation) -> Behaviour:
    """The behaviours of all rows that hold, added up."""
    held = [rule for rule in TABLE if rule.when(situation)]
    merged = {
        field.name: any(getattr(rule.then, field.name) for rule in held)
        for field in fields(Behaviour)
        if field.name not in ("because", "uses_cues")
    }
    because = tuple(rule.name for rule in held)
    return Behaviour(**merged, because=because, uses_cues=any(rule.from_voice for rule in held))
