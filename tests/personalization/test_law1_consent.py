"""Law 1: consent is enforced where data is read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import personalization
from personalization.consent import ConsentRequired, Consents, Proof
from personalization.explain import explain, reason_line
from personalization.handoff import hand_off
from personalization.phrases import Phrases
from personalization.purposes import Purpose, Scope
from personalization.recommend import Request
from tests.personalization.shops import (
    TODAY,
    YES,
    advice,
    bought,
    customer,
    open_file,
    purchases,
    recommender,
    requests,
    shop,
)


def everything_said(view, request):
    """All that a caller could hear of an offer."""
    offer = recommender().offer(view, request)
    phrases, said = Phrases("fr", "Belmont"), []
    for suggestion in offer.suggestions:
        said.append(reason_line(suggestion, phrases, shop().catalogue, TODAY))
        for depth in (1, 2, 3):
            said += explain(suggestion, depth, phrases, shop().catalogue, TODAY)
    return offer, said


@given(purchases(), requests(), st.sampled_from([None, 1950, 2015]), st.sampled_from([None, "complaint"]))
@settings(max_examples=40, deadline=None)
def test_data_without_consent_changes_no_offer_and_no_line(history, request, born, case):
    stranger = open_file(customer(birth_year=None))
    known = open_file(customer(*history, birth_year=born, open_case=case))
    assert everything_said(known.advice(), request) == everything_said(stranger.advice(), request)


@given(purchases(sensitive=False, most=5), purchases(sensitive=True, most=5), requests())
@settings(max_examples=40, deadline=None)
def test_sensitive_purchases_change_nothing_even_with_consent(history, sensitive, request):
    assert everything_said(advice(*history, *sensitive), request) == everything_said(advice(*history), request)


@pytest.mark.parametrize("purpose", Purpose)
def test_nothing_is_granted_by_default(purpose):
    file = open_file(customer(bought("laveo-huit", 10)))
    with pytest.raises(ConsentRequired, match=purpose.value):
        file.view(purpose)


def test_one_purpose_does_not_open_another():
    file = open_file(customer(bought("laveo-huit", 10)), Purpose.LOCATION, Purpose.VOICE_CUES, Purpose.HANDOFF_SUMMARY)
    assert file.advice() is None
    assert file.view(Purpose.LOCATION).purchases == ()
    assert file.view(Purpose.LOCATION).age is None


def test_a_withdrawal_holds_at_once():
    file = open_file(customer(bought("laveo-huit", 10)), Purpose.PURCHASES)
    assert file.advice().purchases
    file.consents.withdraw(Purpose.PURCHASES, YES)
    assert file.advice() is None


def test_only_the_shop_and_the_view_handle_a_raw_customer():
    folder = Path(personalization.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and any(name.name == "Customer" for name in node.names):
                assert path.name in ("shop.py", "view.py"), f"{path.name} reads a raw customer"


def test_a_file_shows_nothing_of_its_customer_in_a_log():
    assert "Test" not in repr(open_file(customer(bought("natelia-test", 3))))


@pytest.mark.parametrize(
    ("confidence", "granted", "why"),
    [
        (0.95, True, "said"),
        (0.75, True, "said"),
        (0.74, False, "unclear"),
        (0.0, False, "unclear"),
        (float("nan"), False, "unclear"),
    ],
)
def test_an_unclear_yes_counts_as_no(confidence, granted, why):
    consents = Consents()
    event = consents.grant(
        Purpose.PURCHASES, Scope.CONVERSATION, Proof("consent.purchases", 1, "fr", "oui", confidence)
    )
    assert (event.granted, event.why, consents.granted(Purpose.PURCHASES)) == (granted, why, granted)
    assert (event.script, event.version, event.heard) == ("consent.purchases", 1, "oui")


def test_a_doubtful_yes_never_becomes_a_lasting_consent():
    consents = Consents()
    event = consents.grant(Purpose.PURCHASES, Scope.LASTING, Proof("consent.purchases", 1, "fr", "oui", 0.8))
    assert event.scope is Scope.CONVERSATION


def test_an_unclear_answer_takes_back_what_was_granted():
    consents = Consents()
    consents.grant(Purpose.PURCHASES, Scope.CONVERSATION, YES)
    consents.grant(Purpose.PURCHASES, Scope.LASTING, Proof("consent.purchases", 1, "fr", "mmh", 0.4))
    assert not consents.granted(Purpose.PURCHASES)


@pytest.mark.parametrize(("scope", "after_an_answer", "after_the_call"), [
    (Scope.ONCE, False, False),
    (Scope.CONVERSATION, True, False),
    (Scope.LASTING, True, True),
])  # fmt: skip
def test_a_consent_holds_as_long_as_its_scope(scope, after_an_answer, after_the_call):
    consents = Consents()
    consents.grant(Purpose.PURCHASES, scope, YES)
    spent = consents.spend(Purpose.PURCHASES)
    assert consents.granted(Purpose.PURCHASES) is after_an_answer
    assert (spent is None) is after_an_answer
    consents.end_conversation()
    assert consents.granted(Purpose.PURCHASES) is after_the_call


@given(st.text(max_size=60), st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_hand_off_without_consent_says_nothing_of_the_conversation(turn, authenticated):
    event = hand_off(
        Consents(), "fr", ("asked",), "recommend", {"product": turn}, (turn,), (turn,), (turn,), authenticated
    )
    assert (event.intent, event.slots, event.tried, event.refused, event.turns_redacted) == (None, {}, (), (), ())
    assert event.reasons == ("asked",)


def test_a_customer_can_always_have_a_copy_of_their_own_data():
    file = open_file(customer(bought("laveo-huit", 10), bought("natelia-test", 3)))
    assert {each["product"] for each in file.export()["purchases"]} == {"laveo-huit", "natelia-test"}
    assert (file.known().purchases, file.known().consents) == (2, {})


def test_advice_works_without_history():
    assert recommender().offer(None, Request(limit=3)).suggestions


def test_a_consent_is_narrowed_by_any_word_and_never_widened_by_an_unclear_one():
    consents = Consents()
    clear, unclear = Proof("consent.purchases", 1, "en", "yes", 1.0), Proof("", 0, "en", "for this conversation", 0.4)
    consents.grant(Purpose.PURCHASES, Scope.CONVERSATION, clear)
    assert consents.narrow(Purpose.PURCHASES, Scope.CONVERSATION, unclear) is None
    assert consents.narrow(Purpose.PURCHASES, Scope.LASTING, unclear) is None
    assert consents.scope(Purpose.PURCHASES) is Scope.CONVERSATION
    assert consents.narrow(Purpose.PURCHASES, Scope.ONCE, unclear).scope is Scope.ONCE
    assert consents.narrow(Purpose.LOCATION, Scope.ONCE, clear) is None and not consents.granted(Purpose.LOCATION)
