"""What the conversation knows: the moment, what was asked, offered and refused, and cues only while allowed."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from nlu.calendar import season, time_of_day
from nlu.context import Context, Offer, negative_words
from nlu.cues import Cues
from nlu.meaning import Entity, Meaning

NOW = datetime(2026, 11, 24, 10)


def asked(intent: str, text: str = "", product: str | None = None) -> Meaning:
    entities = (Entity("product", product, product, id=product),) if product else ()
    return Meaning(intent, 0.9, text, "fr", entities)


@pytest.mark.parametrize(("hour", "name"), [(4, "night"), (5, "morning"), (12, "day"), (18, "evening"), (22, "night")])
def test_the_time_of_day_changes_at_these_hours(hour, name):
    assert time_of_day(datetime(2026, 1, 1, hour)) == name


@pytest.mark.parametrize(
    ("month", "name"), [(12, "winter"), (2, "winter"), (3, "spring"), (8, "summer"), (11, "autumn")]
)
def test_the_season_is_the_meteorological_one(month, name):
    assert season(date(2026, month, 1)) == name


def test_the_same_request_again_counts_as_asked_twice_and_another_product_does_not():
    context = Context(NOW)
    assert not context.note(asked("price", product="kettle"))
    assert not context.note(asked("price", product="toaster"))
    assert context.note(asked("price", product="kettle"))


def test_a_yes_or_a_why_may_come_again():
    context = Context(NOW)
    for intent in ("affirm", "why", "repeat", "recommend"):
        assert not context.note(asked(intent))
        assert not context.note(asked(intent))


def test_an_offer_counts_once_it_was_heard():
    context = Context(NOW, offers=[Offer("a", None), Offer("b", None)])
    assert context.offers_heard == 0
    context.offers[0].heard = True
    assert (context.offers_heard, context.offer.product) == (1, "a")


def test_refusals_in_a_row_end_with_an_offer_that_was_not_refused():
    context = Context(NOW, offers=[Offer("a", None), Offer("b", None)])
    context.refuse(product="b")
    assert context.refused_in_a_row() == 1
    context.refuse(product="a")
    assert context.refused_in_a_row() == 2


def test_cues_count_for_nothing_once_switched_off():
    context, fast = Context(NOW), Cues(rate_change=2.0)
    assert context.situation(None, fast, False).hurried
    context.cues_allowed = False
    assert not context.situation(None, fast, False).hurried


@pytest.mark.parametrize(
    ("text", "language", "negative"),
    [
        ("C'est inadmissible !", "fr", True),
        ("c’est n’importe quoi", "fr", True),
        ("J'en ai marre", "fr", True),
        ("nulle part ailleurs", "fr", False),
        ("un conseil s'il vous plaît", "fr", False),
        ("un manuel annulé", "fr", False),
        ("this is a waste of time", "en", True),
        ("where is my parcel", "en", False),
    ],
)
def test_negative_words_are_whole_words_without_accents(text, language, negative):
    assert negative_words(text, language) is negative
