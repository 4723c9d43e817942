"""Visits to the kiosk: all by touch and typing, nothing personal before the code, nothing left for who comes next."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nlu.understanding import Understanding
from personalization.shop import Shop
from tests.voice.calls import TUESDAY, of, turns
from tests.voice.kiosk.kiosks import visit
from voice.audio import resample
from voice.channels.soundcard import RATE
from voice.kiosk.identity import Codes
from voice.kiosk.kiosk import Kiosk
from voice.kiosk.page import labels
from voice.kiosk.screen import Phase
from voice.record import Records, read_records


def say(text: str):
    return lambda kiosk: kiosk.say(text)


def code(text: str):
    return lambda kiosk: kiosk.code(text)


def codes_of(customer: str, text: str = "482913", once: bool = True) -> Codes:
    codes = Codes()
    codes.add(customer, text, once)
    return codes


def purchases_of(customer: str) -> list[str]:
    """Words that tell what a customer bought: names of the things, in English."""
    shop = Shop.load(today=TUESDAY.date())
    bought = {each.product for each in shop.customer(customer).purchases}
    return [str(shop.catalogue.get(each).names["en"]) for each in bought]


def test_a_whole_conversation_in_writing():
    acts = [(7, say("I am looking for a kettle")), (18, say("how much is it")), (28, say("thank you, goodbye"))]
    kiosk, rows, ended = visit(acts)
    assert [row["intent"] for row in of(rows, "Understood")][:2] == ["recommend", "price"]
    assert ended == "goodbye"
    assert kiosk.screen.phase is Phase.OVER and not kiosk.screen.captions


def test_a_person_is_one_touch_away():
    called = []
    acts = [(3, lambda kiosk: setattr(kiosk, "called", called.append)), (7, Kiosk.human)]
    kiosk, _, ended = visit(acts)
    assert ended == "handed off" and called == ["key 0"] and kiosk.screen.person == "coming"


def test_a_line_of_figures_is_kept_where_the_shop_wants_it(tmp_path):
    acts = [
        (0, lambda kiosk: setattr(kiosk, "records", Records(tmp_path, 30))),
        (7, say("I am looking for a kettle")), (18, Kiosk.human),
    ]  # fmt: skip
    visit(acts)
    [path] = tmp_path.iterdir()
    [record] = read_records(path)
    assert record.way == "kiosk" and record.human.reached and record.turns == 1 and not record.broken
    assert "kettle" not in path.read_text().casefold()


# Law 8


def test_what_is_the_customers_own_waits_for_the_code_and_then_comes():
    acts = [(7, say("where is my order")), (16, code("482913"))]
    _, rows, _ = visit(acts, codes=codes_of("jacques"))
    told = of(rows, "Replied")
    before = " ".join(row["text"] for row in told if row["at"] < 16)
    assert "identify yourself on the screen" in before
    assert not any(kind in ("orders", "purchases") for row in told if row["at"] < 16 for kind in row["uses"])
    after = next(row for row in told if row["at"] >= 16)
    assert "orders" in after["uses"] and of(rows, "Authenticated")[0]["method"] == "one-time code"


def test_no_purchase_is_spoken_or_shown_before_the_code():
    seen = []

    def look(kiosk: Kiosk) -> None:
        kiosk.data()
        seen.append(json.dumps(kiosk.screen.picture(), ensure_ascii=False))
        kiosk.data(False)

    asked = ["what do you know about me", "what did I buy last", "advise me from my purchases", "order the same again"]
    acts = [(7 + 12 * number, say(text)) for number, text in enumerate(asked)]
    acts += [(12 + 12 * number, look) for number in range(len(asked))]
    _, rows, _ = visit(acts, codes=codes_of("candide"))
    everything = json.dumps(rows, ensure_ascii=False) + "".join(seen)
    assert len(seen) == 4 and not [name for name in purchases_of("candide") if name in everything]


def test_even_then_only_what_they_ask_for_is_spoken():
    acts = [(6, code("482913")), (12, say("I would like some advice")), (24, say("yes, for this conversation"))]
    _, rows, _ = visit(acts, codes=codes_of("candide"))
    reasons = [row for row in of(rows, "LineStarted") if row["phrase"].startswith(("reason.", "context.owned"))]
    personal = [row for row in reasons if any(name in row["text"] for name in purchases_of("candide"))]
    assert of(rows, "Suggested") and not personal, "others hear: the reason that cites a purchase isn't said unasked"


def test_my_data_is_everything_once_the_customer_is_known():
    shown = {}

    def look(kiosk: Kiosk) -> None:
        kiosk.data()
        shown.update(kiosk.screen.data)

    visit([(6, code("482913")), (12, say("I am looking for a kettle")), (22, look)], codes=codes_of("jacques"))
    file = Shop.load(today=TUESDAY.date()).customer("jacques")
    assert len(shown["customer"]["purchases"]) == len(file.purchases) > 0
    assert len(shown["customer"]["orders"]) == len(file.orders) > 0
    assert shown["customer"]["name"] == "Jacques" and shown["authenticated"]
    assert any("kettle" in line for line in shown["conversation"]["said"])


def test_wrong_codes_lock_and_a_new_conversation_does_not_unlock():
    codes = codes_of("jacques")
    wrong = [(7 + 4 * number, code("000000")) for number in range(3)]
    _, rows, _ = visit([*wrong, (22, code("482913"))], codes=codes)
    said = [row["phrase"] for row in of(rows, "LineStarted")]
    assert said.count("kiosk.wrong_code") == 2 and said.count("kiosk.locked") == 2
    assert not of(rows, "Authenticated")
    _, rows, _ = visit([(7, code("482913"))], codes=codes)
    assert not of(rows, "Authenticated")


def test_a_one_time_code_serves_one_conversation():
    codes = codes_of("jacques")
    assert of(visit([(7, code("482913"))], codes=codes)[1], "Authenticated")
    assert not of(visit([(7, code("482913"))], codes=codes)[1], "Authenticated")


def test_a_second_customer_cannot_step_into_the_first_ones_conversation():
    codes = codes_of("jacques")
    codes.add("candide", "777888")
    _, rows, _ = visit([(7, code("482913")), (14, code("777888"))], codes=codes)
    assert len(of(rows, "Authenticated")) == 1
    assert "kiosk.other_customer" in [row["phrase"] for row in of(rows, "LineStarted")]


def voice_at(*seconds: float) -> np.ndarray:
    voice = resample(turns("a", pause=0.0)[: int(1.6 * 8000)], 8000, RATE)
    sound = np.zeros(int(60 * RATE), np.int16)
    for at in seconds:
        sound[int(at * RATE) : int(at * RATE) + len(voice)] = voice
    return sound


def test_a_code_said_aloud_is_checked_and_written_nowhere():
    acts = [(7, say("where is my order"))]
    heard = ["four eight two, nine one three"]
    _, rows, _ = visit(acts, heard=heard, sound=voice_at(18.0), codes=codes_of("jacques"), seconds=34)
    assert of(rows, "Authenticated")
    trace = json.dumps(rows, ensure_ascii=False)
    assert "four eight" not in trace and "482913" not in trace


def test_a_code_half_heard_is_asked_for_again_and_costs_no_try():
    codes = codes_of("jacques")
    acts = [(7, say("where is my order")), (30, code("482913"))]
    _, rows, _ = visit(acts, heard=["four eight two"], sound=voice_at(18.0), codes=codes)
    assert "kiosk.code_again" in [row["phrase"] for row in of(rows, "LineStarted")]
    assert of(rows, "Authenticated")


def test_a_number_that_nobody_asked_for_is_no_code():
    _, rows, _ = visit([(7, say("I want the television for 482913 euros"))], codes=codes_of("jacques"))
    assert of(rows, "Utterance") and not of(rows, "Authenticated")


# Who leaves is forgotten


def test_after_45_seconds_of_nobody_the_customer_is_forgotten_and_it_was_said_before():
    warned = []
    acts = [(6, code("482913")), (11, lambda kiosk: kiosk.data())]
    acts += [(at, lambda kiosk: warned.append(kiosk.screen.leaving)) for at in (25, 52)]
    kiosk, rows, ended = visit(acts, codes=codes_of("jacques"), seconds=200)
    assert ended == "nobody there"
    assert warned[0] is None and 0 < warned[1] <= 15
    alone = rows[-1]["at"] - 11
    assert 45 <= alone < 75, "the assistant's own prompts come on top"
    assert kiosk.visit is None
    left = json.dumps(kiosk.screen.picture(), ensure_ascii=False)
    assert "Jacques" not in left and not kiosk.screen.captions and kiosk.screen.data is None


def test_a_touch_keeps_the_conversation_open():
    acts = [(at, Kiosk.touch) for at in range(5, 115, 10)]
    _, rows, ended = visit(acts, seconds=120)
    assert ended == "caller hung up" and rows[-1]["at"] > 115


def test_an_erased_customer_is_gone_from_the_shop_the_codes_and_the_screen():
    codes = codes_of("jacques", once=False)
    shop = Shop.load(today=TUESDAY.date())
    acts = [(6, code("482913")), (12, say(labels()["en"]["say_erase"])), (22, say("yes"))]
    _, rows, _ = visit(acts, codes=codes, shop=shop)
    assert "erasure.done" in [row["phrase"] for row in of(rows, "LineStarted")]
    assert not codes.customers and "Jacques" not in shop.names


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    ("label", "intent"),
    [
        ("say_yes", "affirm"),
        ("say_no", "deny"),
        ("say_once", "affirm"),
        ("say_why", "why"),
        ("say_repeat", "repeat"),
        ("say_help", "help"),
        ("say_withdraw", "consent_withdraw"),
        ("say_no_cues", "consent_withdraw"),
        ("say_erase", "erase"),
    ],
)
def test_what_a_button_says_is_understood(label, intent, language, understanding):
    expecting = "consent:purchases" if label == "say_once" else None
    meaning = understanding.understand(labels()[language][label], language, expecting=expecting)
    purpose = {"say_withdraw": "purchases", "say_no_cues": "voice_cues"}.get(label)
    assert meaning.intent == intent and meaning.confidence >= 0.75
    assert purpose is None or meaning.slots.get("purpose") == purpose


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    shop = Shop.load()
    return Understanding(shop.catalogue, {})
