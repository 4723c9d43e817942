"""Each row of the policy table: the situation that makes it hold, what it changes, and what doesn't."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.policy import OFFER_CAP, TABLE, Behaviour, Situation, decide

ROWS = {
    "complaint": (Situation(complaint=True), {"no_offer", "no_extra"}),
    "open return": (Situation(return_open=True), {"no_offer", "no_extra"}),
    "enough offers": (Situation(offers_made=OFFER_CAP), {"no_offer"}),
    "two refusals": (Situation(offers_refused_in_a_row=2), {"no_extra"}),
    "hurried": (Situation(hurried=True), {"one_sentence", "no_extra"}),
    "line busy": (Situation(line_busy=True), {"one_sentence", "no_extra"}),
    "hesitant": (Situation(hesitant=True), {"patient", "choice_of_two"}),
    "slow": (Situation(slow=True), {"slower"}),
    "whispering": (Situation(whispering=True), {"softer"}),
    "loud, with negative words": (
        Situation(raised_voice=True, negative_words=True),
        {"offer_human", "no_offer", "no_extra"},
    ),
    "asked twice": (Situation(asked_twice=True), {"offer_human", "no_extra"}),
    "loud, asked twice": (Situation(raised_voice=True, asked_twice=True), {"offer_human", "no_offer", "no_extra"}),
    "misunderstood twice": (Situation(misunderstood=2), {"offer_human", "no_extra"}),
    "nobody free": (Situation(nobody_free=True), {"callback"}),
    "gift season": (Situation(gift_season=True), {"ask_for_whom"}),
    "public place, not authenticated": (Situation(place="kiosk"), {"private"}),
    "public place, evening": (
        Situation(place="store", authenticated=True, time_of_day="evening"),
        {"softer", "no_extra"},
    ),
}
CHANGES = {field.name for field in dataclasses.fields(Behaviour)} - {"because", "uses_cues"}


@pytest.mark.parametrize("name", ROWS)
def test_each_row_holds_in_its_situation_and_changes_what_it_says(name):
    situation, changes = ROWS[name]
    behaviour = decide(situation)
    assert name in behaviour.because
    assert {change for change in CHANGES if getattr(behaviour, change)} == changes


def test_every_row_of_the_table_has_its_case():
    assert {rule.name for rule in TABLE} == set(ROWS)


def test_an_ordinary_situation_changes_nothing():
    assert decide(Situation()).because == ()


def test_raised_voice_alone_offers_no_human():
    assert not decide(Situation(raised_voice=True)).offer_human


def test_only_rows_that_look_at_the_voice_ask_for_its_disclosure():
    assert decide(Situation(hurried=True)).uses_cues
    assert not decide(Situation(complaint=True, asked_twice=True, misunderstood=2)).uses_cues


situations = st.builds(
    Situation,
    place=st.sampled_from(["phone", "kiosk", "store"]),
    authenticated=st.booleans(),
    complaint=st.booleans(),
    return_open=st.booleans(),
    hurried=st.booleans(),
    hesitant=st.booleans(),
    raised_voice=st.booleans(),
    negative_words=st.booleans(),
    asked_twice=st.booleans(),
    offers_made=st.integers(0, 5),
)


@given(situations)
def test_no_other_row_brings_an_offer_back(situation):
    if situation.complaint or situation.return_open or situation.offers_made >= OFFER_CAP:
        assert decide(situation).no_offer


@given(situations)
def test_without_cues_nothing_is_decided_from_the_voice(situation):
    deaf = dataclasses.replace(situation, hurried=False, hesitant=False, raised_voice=False)
    assert not decide(deaf).uses_cues
