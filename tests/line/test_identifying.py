"""A caller of a shop in a database proves by keys who they are. Real store, PIN, authenticator, dialogue, voice."""

from __future__ import annotations

import asyncio
import json
import logging

import numpy as np
import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy isn't here: pip install -e '.[store]'")
pytest.importorskip("argon2", reason="argon2-cffi isn't here: pip install -e '.[store]'")

from nlu.dialogue import Dialogue
from personalization.identity.identification import Identification
from personalization.store.erasure import erase
from personalization.store.handoffs import Handoffs
from personalization.store.shop_store import NoSuchCustomer
from tests.known_customer import NOW, NUMBER, PIN, code, imported, known, shop
from tests.line.test_session import RecordedLine, engines
from tests.voice.calls import TUESDAY, turns
from voice.channels import Tick
from voice.desk import desk_of
from voice.journal import LineStarted
from voice.line.door import StoreDoor, door_of
from voice.line.outbox import Outbox
from voice.line.session import Session
from voice.line.settings import LineSettings
from voice.workers import SimulatedWorkers

__all__ = ["code", "engines", "imported", "known", "shop"]

ASK = "where is my order"


class Keying(RecordedLine):
    """A caller who keys an answer to each question: by the phrase that asks, one answer a time it is asked.

    "." is a second without a key.
    """

    def __init__(self, sound: np.ndarray, keys: dict[str, list[str]]) -> None:
        super().__init__(sound, True)
        self.session: Session | None = None
        self.keys = {phrase: list(each) for phrase, each in keys.items()}
        self._due: list[tuple[int, str]] = []
        self._frames = self._read = 0

    async def exchange(self, out, floor):
        tick = await super().exchange(out, floor)
        self._frames += 1
        entries = self.session.journal.entries
        for entry in entries[self._read :]:
            if isinstance(entry.event, LineStarted) and self.keys.get(entry.event.phrase):
                self._press(self.keys[entry.event.phrase].pop(0))
        self._read = len(entries)
        due = "".join(key for at, key in self._due if at <= self._frames)
        self._due = [(at, key) for at, key in self._due if at > self._frames]
        return Tick(tick.sound, due) if tick is not None and due else tick

    def _press(self, keys: str) -> None:
        at = self._frames + 25
        for key in keys:
            at += 50 if key == "." else 4
            self._due += [] if key == "." else [(at, key)]


def call(engines, shop, keys, *texts: str, sender=None, door=None, seconds: int = 30, then: tuple[str, ...] = ()):
    """A session whose caller asks for their order, then keys; returns it, its line, what was said, and all it keeps.

    `then`: turns said when the identification is over.
    """
    texts = texts or (ASK,)
    quiet = np.zeros(8_000 * seconds, np.int16)
    line = Keying(np.concatenate([turns(*texts), quiet, *([turns(*then), quiet[:40_000]] if then else [])]), keys)
    known = Identification(shop.store_of_customers, sender, lambda: NOW)
    outbox, desk = Outbox(None), desk_of(shop)
    session = line.session = Session(
        line, Dialogue(shop, None, "en", "phone", TUESDAY, may_identify=True), engines[1](texts + then),
        SimulatedWorkers(False), LineSettings(human="sip:300@127.0.0.1", language="en"), outbox, lambda: TUESDAY,
        door or StoreDoor(shop, known, sender is not None), desk=desk.put,
    )  # fmt: skip
    asyncio.run(session.run())
    desk.close()
    said = [entry.event.phrase for entry in session.journal.of(LineStarted)]
    kept = [[entry.as_dict() for entry in session.journal.entries], session.dialogue.context.turns, [*outbox.unsent]]
    return session, line, said, json.dumps(kept, default=str)


def entries(number: str = NUMBER, pin: str = PIN, *codes: str) -> dict[str, list[str]]:
    return {
        "line.ask_number": [f"{number}#"] * 3, "line.ask_pin": [f"{pin}#"] * 3,
        "line.ask_code": [f"{each}#" for each in codes],
    }  # fmt: skip


def test_who_keys_number_pin_and_code_hears_about_their_order(engines, shop, code, caplog):
    caplog.set_level(logging.DEBUG)
    session, _, said, kept = call(engines, shop, entries(NUMBER, PIN, code))
    asked = ["security.authenticate", "line.ask_number", "line.ask_pin", "line.ask_code", "line.checking"]
    assert [each for each in said if each in asked] == asked
    assert session.dialogue.authenticated and session.known.customer == NUMBER
    after = said[said.index("auth.thanks") :]
    assert after[:2] == ["auth.thanks", "disclosure.orders"] and after[2].startswith("order.shipped")
    for digits in (NUMBER, PIN, code):
        assert digits not in kept and digits not in caplog.text
    assert [row.kind for row in shop.store_of_customers.ledger.entries()].count("identity") > 3


def test_three_refusals_lead_to_a_person(engines, shop, code, caplog):
    caplog.set_level(logging.DEBUG)
    session, line, said, kept = call(engines, shop, entries(NUMBER, "9173", *[code] * 3))
    assert said.count("line.wrong") == 2 and said.count("line.locked") == 1
    assert line.dialled == ["sip:300@127.0.0.1"] and not session.dialogue.authenticated
    assert session.dialogue.waiting is None
    for digits in (NUMBER, "9173", code):
        assert digits not in kept and digits not in caplog.text


def test_a_number_nobody_has_goes_the_same_way(engines, shop, code):
    known = call(engines, shop, entries(NUMBER, "9173", *[code] * 3))[2]
    nobody = call(engines, shop, entries("111222", PIN, *[code] * 3))[2]
    assert known == nobody


def test_star_corrects_and_a_wrong_first_try_is_forgiven(engines, shop, code):
    keys = entries(NUMBER, PIN, code)
    keys["line.ask_pin"] = ["9173*", f"{PIN}#"]
    session, _, said, _ = call(engines, shop, keys)
    assert session.dialogue.authenticated and "line.wrong" not in said


def test_a_sent_code_is_keyed(engines, shop, monkeypatch):
    """The sender is the caller's own telephone here: they key what it shows."""
    shown: list[str] = []

    class Telephone:
        def send(self, to, code, language):
            shown.append(code)
            keys["line.ask_sent_code"].append(f"{code}#")

    Identification(shop.store_of_customers).set_pin(shop.uid(NUMBER), PIN)
    person = shop.store_of_customers.person
    monkeypatch.setattr(shop.store_of_customers, "person", lambda uid: person(uid) | {"phone": "+33100000001"})
    keys = {**entries(), "line.ask_sent_code": []}
    init = Keying.__init__
    monkeypatch.setattr(Keying, "__init__", lambda self, *given: init(self, *given) or setattr(self, "keys", keys))
    session, _, said, kept = call(engines, shop, keys, sender=Telephone())
    assert session.dialogue.authenticated and "line.ask_sent_code" in said and "line.ask_code" not in said
    assert shown and shown[0] not in kept


@pytest.mark.parametrize("keys", ["0", "0#", "730*0"])
def test_zero_alone_is_a_person_while_a_code_is_asked(engines, shop, code, keys):
    _, line, said, _ = call(engines, shop, {"line.ask_number": [keys, keys]})
    assert line.dialled and "line.wrong" not in said


def test_digits_said_aloud_are_dropped_and_the_caller_told(engines, shop, code):
    session, _, said, kept = call(engines, shop, {}, ASK, "eight two six four", seconds=5)
    assert "line.key_it" in said and "eight two" not in kept and PIN not in kept
    assert not session.dialogue.authenticated


def test_who_talks_of_something_else_is_answered_and_may_still_key(engines, shop, code):
    _, _, said, _ = call(engines, shop, {}, ASK, "what time do you close", seconds=5)
    assert any(each.startswith("store.") for each in said)


def test_a_store_that_fails_leads_to_a_person(engines, shop, code):
    class Broken:
        sends = False

        def check(self, *given):
            raise OSError("no database")

    _, line, said, _ = call(engines, shop, entries(NUMBER, PIN, code), door=Broken())
    assert "line.cannot_check" in said and line.dialled


def test_an_erasure_in_a_call_destroys_the_customers_key(engines, shop, code):
    session, _, said, _ = call(engines, shop, entries(NUMBER, PIN, code), "erase my data", seconds=14, then=("yes",))
    assert said.index("right.erase_confirm") < said.index("erasure.done")
    assert session.known is None and not session.dialogue.known
    with pytest.raises(NoSuchCustomer):
        shop.open_file(NUMBER)


def test_a_hand_off_of_a_known_caller_waits_sealed_under_their_key(engines, shop, code):
    _, line, _, _ = call(engines, shop, entries(NUMBER, PIN, code), seconds=14, then=("a human please", "yes"))
    uid = shop.uid(NUMBER)
    (found,) = Handoffs(shop.store_of_customers).all()
    assert line.dialled and found.customer == uid and found.way == "sip" and found.told["turns_redacted"]
    erase(shop.store_of_customers, uid)
    assert Handoffs(shop.store_of_customers).all() == ()


def test_a_hand_off_of_a_stranger_waits_too(engines, shop):
    call(engines, shop, {"line.ask_number": ["0", "0"]})
    (found,) = Handoffs(shop.store_of_customers).all()
    assert found.customer is None and not found.told["turns_redacted"]


def test_a_shop_in_a_folder_knows_nobody(shop):
    from personalization.shop import Shop

    assert door_of(Shop.load(), None) is None
    assert door_of(shop, None).sends is False
