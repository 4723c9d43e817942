"""A kiosk of a shop in a database. Real store, PIN, authenticator, dialogue and voice; only the card is fake."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy isn't here: pip install -e '.[store]'")
pytest.importorskip("argon2", reason="argon2-cffi isn't here: pip install -e '.[store]'")

from personalization.consent import Consents, Proof
from personalization.identity.lockout import PER_ACCOUNT
from personalization.purposes import Purpose, Scope
from personalization.store.handoffs import Handoffs
from personalization.store.shop_store import NoSuchCustomer
from tests.known_customer import NUMBER, PIN
from tests.voice.calls import of
from tests.voice.cli.test_commands import candide, told
from tests.voice.kiosk.kiosks import visit
from tests.voice.kiosk.test_kiosk import codes_of, say, voice_at
from voice.desk import StoreDesk
from voice.kiosk.kiosk import Kiosk
from voice.kiosk.page import labels
from voice.kiosk.proof import Entry
from voice.kiosk.store_proof import StoreProof


def entering(at: float, *entries: str):
    """The panel is opened and each entry typed, two seconds apart."""
    typed = [(at + 2 * number, lambda kiosk, entry=entry: kiosk.code(entry)) for number, entry in enumerate(entries, 1)]
    return [(at, Kiosk.identify), *typed]


def at_kiosk(shop, known, acts, **more):
    """A visit: what it shows of the conversation, and everything that it wrote or showed."""
    pictures: list[str] = []

    def look(kiosk: Kiosk) -> None:
        kiosk.desk = desk
        changed = lambda: pictures.append(json.dumps(kiosk.screen.picture(), ensure_ascii=False))  # noqa: E731
        kiosk.screen.changed = changed

    desk = StoreDesk(shop.store_of_customers)
    prover = more.pop("codes", None) or StoreProof(shop.store_of_customers, known, "kiosk 1")
    kiosk, rows, _ = visit([(0, look), *acts], shop=shop, codes=prover, **more)
    desk.close()
    return kiosk, rows, json.dumps(rows, ensure_ascii=False) + "".join(pictures)


def phrases(rows) -> list[str]:
    return [row["phrase"] for row in of(rows, "LineStarted")]


def test_nothing_is_asked_before_something_personal_is_and_then_the_request_is_answered(shop, known, code, caplog):
    caplog.set_level(logging.DEBUG)
    acts = [(6, say("I am looking for a kettle")), (17, say("where is my order")), *entering(26, NUMBER, PIN, code)]
    _, rows, kept = at_kiosk(shop, known, acts)
    said = phrases(rows)
    assert [row["at"] >= 26 for row in of(rows, "Authenticated")] == [True]
    first_asked = min(row["at"] for row in of(rows, "LineStarted") if row["phrase"] == "auth.kiosk")
    assert of(rows, "Suggested")[0]["at"] < 17 < first_asked
    asked = ["auth.kiosk", "kiosk.ask_pin", "kiosk.ask_code", "auth.thanks"]
    assert [each for each in said if each in asked] == asked
    assert said[said.index("auth.thanks") :][1] == "disclosure.orders"
    for secret in (PIN, code, NUMBER):
        assert secret not in kept and secret not in caplog.text
    entered = [each.kind for each in shop.store_of_customers.ledger.entries()]
    assert "access" in entered and entered.count("identity") > 3
    assert not shop.store_of_customers.ledger.verify().problems


@pytest.mark.parametrize(
    "wrong",
    [
        ("", PIN, "code"), ("number", "9173", "code"), ("number", PIN, ""), ("number", "", "code"),
        ("111222", PIN, "code"), ("number", "", ""),
    ],
)  # fmt: skip
def test_all_that_the_customer_has_set_must_be_right(shop, known, code, wrong):
    entries = [{"number": NUMBER, "code": code}.get(each, each) for each in wrong]
    _, rows, _ = at_kiosk(shop, known, entering(6, *entries))
    assert not of(rows, "Authenticated")
    assert not entries[0] or "kiosk.not_right" in phrases(rows)


def test_a_code_serves_once(shop, known, code):
    first = at_kiosk(shop, known, entering(6, NUMBER, PIN, code))[1]
    again = at_kiosk(shop, known, entering(6, NUMBER, PIN, code))[1]
    assert of(first, "Authenticated") and not of(again, "Authenticated")


def test_an_account_is_locked_after_its_tries_whatever_conversation_they_are_in(shop, known, code):
    for _ in range(PER_ACCOUNT.free):
        rows = at_kiosk(shop, known, entering(6, NUMBER, "9173", "000000"))[1]
        assert "kiosk.not_right" in phrases(rows)
    _, rows, _ = at_kiosk(shop, known, entering(6, NUMBER, PIN, code))
    assert "kiosk.locked" in phrases(rows) and not of(rows, "Authenticated")


def test_who_tries_everybody_locks_the_kiosk_and_no_other(shop, known, code):
    proof = StoreProof(shop.store_of_customers, known, "kiosk 1")
    tried = [proof.check(str(each), "9173", "").outcome.value for each in range(12)]
    assert tried == ["wrong"] * 10 + ["locked"] * 2
    assert proof.check(NUMBER, PIN, code).outcome.value == "locked"
    assert StoreProof(shop.store_of_customers, known, "kiosk 2").check(NUMBER, PIN, code).customer == NUMBER


def test_one_factor_opens_what_is_ones_own_but_neither_erases_nor_copies(shop, known):
    acts = [*entering(6, NUMBER, PIN, ""), (18, say("where is my order")), (28, say(labels()["en"]["say_erase"])),
            (38, say("yes")), (50, say("give me a copy of my data"))]  # fmt: skip
    _, rows, _ = at_kiosk(shop, known, acts)
    said = phrases(rows)
    assert of(rows, "Authenticated")[0]["method"].startswith("PIN,") and "disclosure.orders" in said
    assert said.count("auth.not_enough") == 2 and "erasure.done" not in said and shop.open_file(NUMBER)


def lasting(shop) -> None:
    """The customer has allowed their purchases to be used, for good."""
    proof = Proof("consent.purchases", 1, "en", "yes, always", 0.97)
    change = Consents().grant(Purpose.PURCHASES, Scope.LASTING, proof)
    shop.store_of_customers.keep_consent(shop.uid(NUMBER), change)


def test_a_consent_taken_back_at_the_kiosk_is_taken_back_in_the_database(shop, known, code):
    lasting(shop)
    uid, store = shop.uid(NUMBER), shop.store_of_customers
    assert store.consents(uid).granted(Purpose.PURCHASES)
    at_kiosk(shop, known, [*entering(6, NUMBER, PIN, code), (18, say(labels()["en"]["say_withdraw"]))])
    assert not store.consents(uid).granted(Purpose.PURCHASES)
    entries = [each for each in store.ledger.entries(uid, store.keys.sealer(uid)) if each.kind == "consent"]
    assert entries[-1].detail["granted"] is False


def test_what_was_suggested_and_refused_is_in_the_ledger_of_the_customer(shop, known, code):
    lasting(shop)
    acts = [*entering(6, NUMBER, PIN, code), (18, say("I would like some advice")), (32, say("no, not that one"))]
    _, rows, _ = at_kiosk(shop, known, acts)
    uid, store = shop.uid(NUMBER), shop.store_of_customers
    details = [each.detail for each in store.ledger.entries(uid, store.keys.sealer(uid)) if each.kind == "suggestion"]
    suggested, refused = [{row["product"] for row in of(rows, name)} for name in ("Suggested", "Refused")]
    assert suggested and refused and {each["product"] for each in details if "product" in each} == suggested
    assert {each["refused"] for each in details if each.get("refused")} == refused - {None, ""}


def test_an_erased_customer_is_gone_from_the_database(shop, known, code):
    acts = [*entering(6, NUMBER, PIN, code), (18, say(labels()["en"]["say_erase"])), (28, say("yes")), (36, Kiosk.data)]
    _, rows, _ = at_kiosk(shop, known, acts)
    assert "erasure.done" in phrases(rows)
    with pytest.raises(NoSuchCustomer):
        shop.open_file(NUMBER)
    assert not of(at_kiosk(shop, known, entering(6, NUMBER, PIN, code))[1], "Authenticated")
    assert not shop.store_of_customers.ledger.verify().problems


def test_my_data_shows_what_the_database_holds(shop, known, code):
    shown = {}

    def look(kiosk: Kiosk) -> None:
        kiosk.data()
        shown.update(kiosk.screen.data)

    at_kiosk(shop, known, [*entering(6, NUMBER, PIN, code), (18, look)])
    assert shown["customer"]["name"] == "Jacques" and shown["customer"]["purchases"]


def test_a_hand_off_waits_at_the_desk_under_the_customers_key_or_a_strangers(shop, known, code):
    at_kiosk(shop, known, [(6, Kiosk.human)])
    at_kiosk(shop, known, [*entering(6, NUMBER, PIN, code), (18, Kiosk.human)])
    found = {each.customer: each for each in Handoffs(shop.store_of_customers).all()}
    assert set(found) == {None, shop.uid(NUMBER)} and {each.way for each in found.values()} == {"kiosk"}
    assert found[None].told["authenticated"] is False and found[shop.uid(NUMBER)].told["authenticated"] is True


def test_a_number_may_be_said_and_a_pin_is_not_taken_aloud(shop, known, code):
    heard = ["seven three oh, two nine four", "eight two six four"]
    acts = [(7, say("where is my order")), (38, lambda kiosk: kiosk.code(PIN)), (40, lambda kiosk: kiosk.code(code))]
    _, rows, kept = at_kiosk(shop, known, acts, heard=heard, sound=voice_at(18.0, 28.0), seconds=56)
    assert phrases(rows).count("kiosk.ask_pin") == 1 and "kiosk.type_it" in phrases(rows)
    assert of(rows, "Authenticated"), "what was entered before stands"
    assert "eight two" not in kept and "seven three" not in kept


def test_what_was_entered_is_forgotten_where_the_panel_is_closed(shop, known, code):
    asked = []
    acts = [*entering(6, NUMBER, PIN), (12, lambda kiosk: kiosk.identify(False))]
    acts += [(at, lambda kiosk: asked.append(kiosk.visit.proving.asks)) for at in (11, 14)]
    at_kiosk(shop, known, acts)
    assert asked == [Entry.ONE_TIME, Entry.NUMBER]


def test_a_database_that_fails_is_told_and_the_conversation_goes_on(shop, known, code):
    class Broken:
        asks = StoreProof.asks

        def check(self, *entries):
            raise OSError("no database")

    _, rows, _ = at_kiosk(shop, known, [*entering(6, NUMBER, PIN, code), (20, say("goodbye"))], codes=Broken())
    assert "kiosk.cannot_check" in phrases(rows) and not of(rows, "Authenticated")


def test_codes_given_by_the_shop_open_a_customer_of_the_database_and_go_with_them(shop):
    codes = codes_of(NUMBER, once=False)
    codes.add("candide", "777888", once=False)
    acts = [(6, lambda kiosk: kiosk.code("482913")), (12, say(labels()["en"]["say_erase"])), (22, say("yes"))]
    _, rows, _ = at_kiosk(shop, None, acts, codes=codes)
    assert "erasure.done" in phrases(rows) and codes.customers == {"candide"}
    with pytest.raises(NoSuchCustomer):
        shop.open_file(NUMBER)


# The command


@pytest.mark.parametrize(
    ("words", "key", "says"),
    [
        (("--shop", "nothere.db"), "", "nothere.db isn't there"),
        (("--shop", "shop.db"), "A" * 43 + "=", "isn't the one this shop's keys are wrapped under"),
        (("--shop", "shop.db", "--customer-code", "Nobody"), "", "no customer has the number or the name 'Nobody'"),
    ],
)
def test_a_shop_that_cannot_be_opened_is_told_before_anything_is_loaded(shop, tmp_path, monkeypatch, words, key, says):
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    monkeypatch.chdir(tmp_path)
    done = candide("talk", "--page", *words, **({"CANDIDE_MASTER_KEY": key} if key else {}))
    assert done.returncode == 2 and says in told(done)


def test_without_the_extra_it_says_what_to_install(tmp_path):
    hidden = "import sys; sys.modules['sqlalchemy'] = None; sys.argv = ['candide', 'talk', '--shop', 'shop.db']\n"
    code = hidden + "from voice.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "pip install 'candide-voice[store]'" in done.stderr


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_has_words_for_each_entry_and_each_outcome(language):
    words = labels()[language]
    assert all(f"{entry}_{part}" in words for entry in Entry for part in ("title", "more"))
    assert all(f"code_{each}" in words for each in ("wrong", "refused", "locked", "again", "failed"))
