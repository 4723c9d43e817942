"""One call on the line: opening, people, card numbers, limits."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from nlu.dialogue import Dialogue
from personalization.redact import luhn
from personalization.shop import Shop
from tests.voice.calls import TUESDAY, Dictated, turns
from voice.channels.live import Said
from voice.channels.wav import RecordedCall
from voice.engines.loading import Engines
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.journal import LineStarted, Trouble, Utterance
from voice.line.cards import keyed_card
from voice.line.outbox import Outbox
from voice.line.session import Session
from voice.line.settings import LineSettings
from voice.speaking.voices import Voices
from voice.workers import SimulatedWorkers

CARD = next(card for card in (f"4970 1012 3456 789{last}" for last in range(10)) if luhn(card.replace(" ", "")))
"""A made-up number with a right check digit."""


class RecordedLine(RecordedCall):
    """A fake line: a recorded caller, faster than real time, and a person who answers or doesn't."""

    lost = 0

    def __init__(self, sound: np.ndarray, answers: bool, **options: Any) -> None:
        super().__init__(sound, 8_000, paced=False, **options)
        self.said = Said("sip", caller="+33100000001")
        self.sound = self
        self.dialled: list[str] = []
        self.is_gone = False
        self._answers = answers

    async def exchange(self, out, floor):
        tick = await super().exchange(out, floor)
        self.is_gone = tick is None
        return tick

    async def transfer(self, target: str, within: float = 30.0) -> bool:
        self.dialled.append(target)
        for _ in range(40):
            await asyncio.sleep(0)
        return self._answers


@pytest.fixture(scope="module")
def engines():
    try:
        voices = Voices(Models())
        voices.voice("en")
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    from nlu.understanding import Understanding

    shop = Shop.load(today=TUESDAY.date())
    understanding = Understanding(shop.catalogue, {each.id: each.name for each in shop.stores})
    return shop, lambda texts: Engines(Dictated(texts), understanding, voices)


def call(
    engines,
    *texts: str,
    answers: bool = True,
    settings: dict[str, Any] | None = None,
    then=None,
    quiet: float = 0.0,
    **options: Any,
):
    """Runs a session whose caller says the texts, and nothing for a while; returns it, its line, its outbox, and the
    phrases said.
    """
    shop, with_texts = engines
    sound = turns(*texts) if texts else np.zeros(80_000, np.int16)
    line = RecordedLine(np.concatenate([sound, np.zeros(int(8_000 * quiet), np.int16)]), answers, **options)
    outbox, said = Outbox(None), []
    dialogue = Dialogue(shop, None, "en", "phone", TUESDAY)
    given = {"human": "sip:300@127.0.0.1", "language": "en"} | (settings or {})
    session = Session(
        line, dialogue, with_texts(texts), SimulatedWorkers(False), LineSettings(**given), outbox, lambda: TUESDAY
    )
    converse = session._converse

    async def noted(opening):
        ended = await converse(opening)
        said.extend(entry.event.phrase for entry in session.journal.of(LineStarted))
        return ended

    session._converse = noted

    async def run():
        if then:
            asyncio.get_running_loop().call_soon(asyncio.ensure_future, then(session))
        return await session.run()

    asyncio.run(run())
    return session, line, outbox, said


def test_the_disclosure_is_the_first_thing_heard_within_a_second(engines):
    session, _, _, said = call(engines)
    assert said[0] == "opening"
    assert session.outcome.first_sound <= 1.0


def test_nobody_is_known_by_their_number(engines):
    session, _, _, _ = call(engines, "what did I buy last time")
    assert not session.dialogue.known and not session.dialogue.authenticated


def test_an_emergency_message_comes_right_after_the_disclosure(engines):
    said = call(engines, settings={"emergency": {"en": "The Lyon store is closed today."}})[3]
    assert said[:2] == ["opening", "line.emergency"]


def test_a_person_asked_for_receives_the_call_and_a_summary_only_by_consent(engines):
    _, line, outbox, _ = call(engines, "I'm looking for a coffee machine", "a human please", "yes")
    assert line.dialled == ["sip:300@127.0.0.1"]
    [message] = outbox.unsent
    assert message["kind"] == "hand_off" and message["turns_redacted"]
    _, line, outbox, _ = call(engines, "I'm looking for a coffee machine", "a human please", "no")
    [message] = outbox.unsent
    assert line.dialled and not message["turns_redacted"] and not message["slots"]


def test_zero_is_a_person_at_once(engines):
    session, line, _, _ = call(engines, digits=[(1.0, "0")])
    assert line.dialled and session.outcome.ended == "handed off"
    assert session.outcome.seconds < 12


def test_a_person_who_does_not_answer_leads_to_a_call_back(engines):
    _, line, _, said = call(engines, "a human please", answers=False)
    assert line.dialled
    assert "line.no_adviser" in said
    assert any(phrase.startswith("callback.") for phrase in said[said.index("line.no_adviser") :])


def test_no_person_named_leads_to_a_call_back(engines):
    _, line, _, said = call(engines, "a human please", settings={"human": None})
    assert not line.dialled and "line.no_adviser" in said


def test_a_call_back_is_posted_with_its_date_and_number(engines):
    said = ("please call me back tomorrow at ten", "06 12 34 56 78", "yes", "yes")
    _, _, outbox, _ = call(engines, *said)
    [request] = [each for each in outbox.unsent if each["kind"] == "callback_request"]
    assert request["date"] == "2026-11-25" and request["number"]


def test_a_card_number_said_is_dropped_and_the_caller_told(engines):
    session, _, outbox, said = call(engines, "what coffee do you have", f"my card is {CARD}", "a human please", "yes")
    assert "security.card" in said
    kept = repr([entry.as_dict() for entry in session.journal.entries]) + repr(session.dialogue.context.turns)
    kept += repr(list(outbox.unsent))
    assert "3456" not in kept and "4970" not in kept
    assert any(entry.event.what == "a card number was dropped" for entry in session.journal.of(Trouble))


def test_a_card_number_said_in_two_breaths_leaves_no_half(engines):
    session, _, _, said = call(engines, f"it is {CARD[:9]}", CARD[10:], "thank you")
    assert "security.card" in said
    kept = repr([entry.as_dict() for entry in session.journal.entries]) + repr(session.dialogue.context.turns)
    assert "4970" not in kept and CARD[10:14] not in kept


def test_a_telephone_number_said_twice_is_no_card(engines):
    session, _, _, said = call(engines, "06 12 34 56 78", "06 12 34 56 78")
    assert "security.card" not in said
    assert len(list(session.journal.of(Utterance))) == 2


def test_a_card_number_keyed_is_dropped_and_the_caller_told(engines):
    """Even where the caller speaks at the same time, and is answered."""
    digits = [(1.0 + place / 10, key) for place, key in enumerate("4111111111111112")]
    assert "security.card" not in call(engines, "hello", digits=digits)[3]
    digits = [(1.0 + place / 10, key) for place, key in enumerate("4111111111111111")]
    session, _, _, said = call(engines, "hello", digits=digits)
    assert "security.card" in said
    assert "4111" not in repr([entry.as_dict() for entry in session.journal.entries])


@pytest.mark.parametrize("keys", ["4111111111111111", "99378282246310005", "5500000000000004"])
def test_card_numbers_are_told_by_their_issuer_and_their_check_digit(keys):
    assert keyed_card(keys)
    assert not keyed_card(keys[:-1]) and not keyed_card("0612345678") and not keyed_card("")


def test_the_longest_call_ends_with_a_sentence(engines):
    async def too_long(session):
        while not session.journal.entries:
            await asyncio.sleep(0)
        session.finish("line.too_long", "too long")

    session, _, _, said = call(engines, "hello", "hello", "hello", then=too_long)
    assert said[-1] == "line.too_long"
    assert session.outcome.ended == "too long"


@pytest.mark.parametrize("last", ["#", "*0612345678#", ""])
def test_a_number_asked_for_may_be_keyed(engines, last):
    """Its hash says that it ends, and so does a pause; a star begins anew. Its first 0 calls nobody."""
    digits = [(9.0 + place * 0.3, key) for place, key in enumerate("0612345678" + last)]
    session, line, _, said = call(engines, "please call me back tomorrow", digits=digits, quiet=18.0)
    assert said.count("callback.which_number") == 1 and "callback.right" in said and not line.dialled
    assert session.dialogue.question.detail["number"] == "+33612345678"


def test_a_zero_alone_is_a_person_where_a_number_is_asked_for_too(engines):
    _, line, _, said = call(engines, "please call me back tomorrow", digits=[(9.0, "0")], quiet=12.0)
    assert "callback.which_number" in said and line.dialled


def test_who_is_not_understood_hears_that_a_number_may_be_keyed(engines):
    said = call(engines, "please call me back tomorrow", "zero six twelve")[3]
    assert said[-1] == "callback.not_caught"
