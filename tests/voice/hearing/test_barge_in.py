"""The table of who takes the floor: words when they are read, seconds of voice when they aren't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.hearing.barge_in import (
    AT_FIRST,
    LOUD_ROOM,
    BargeInRules,
    EchoLeft,
    Recognised,
    takes_the_floor,
    was_a_person,
)

SAYING = "Nos magasins de Lyon et de Paris ouvrent à dix heures."
RULES = BargeInRules()


@pytest.mark.parametrize(
    ("voiced", "text", "language", "stops"),
    [
        (0.3, "Attendez, je", "fr", True),
        (0.3, "what about", "en", True),
        (0.1, "what about", "en", False),
        (0.3, "stop", "en", False),
        (0.5, "stop", "en", True),
        (0.3, "oui oui", "fr", False),
        (0.7, "oui oui", "fr", False),
        (1.1, "oui oui", "fr", True),
        (0.3, "oui mais", "fr", True),
        (0.7, "mm-hm", "en", False),
        (0.6, "", "fr", False),
        (0.9, "", "fr", True),
        (0.9, "magasins de Lyon", "fr", False),
        (0.9, "magasins de Ly", "fr", False),
        (1.1, "magasins de Lyon", "fr", True),
        (0.5, "de Lyon à Paris", "fr", True),
        (0.4, "oui oui oui oui oui oui oui oui", "fr", False),
    ],
)
def test_cases(voiced, text, language, stops):
    assert takes_the_floor(voiced, Recognised(text), language, SAYING) is stops


@pytest.mark.parametrize(("voiced", "stops"), [(0.4, False), (0.5, True)])
def test_a_recogniser_that_is_late_or_unsure_leaves_it_to_the_voice(voiced, stops):
    assert takes_the_floor(voiced, None, "fr", SAYING) is stops
    assert takes_the_floor(voiced, Recognised("attendez je", 0.1), "fr", SAYING) is stops


@given(
    st.floats(0, 5),
    st.floats(0, 5),
    st.none() | st.builds(Recognised, st.text(max_size=40), st.floats(0, 1)),
    st.text(),
)
def test_more_voice_never_gives_the_floor_back_and_nobody_talks_into_the_void(less, more, recognised, saying):
    less, more = sorted((less, more))
    assert takes_the_floor(less, recognised, "en", saying) <= takes_the_floor(more, recognised, "en", saying)
    assert takes_the_floor(RULES.attention, recognised, "en", saying)
    assert not takes_the_floor(0.0, recognised, "en", saying)


def test_what_an_echo_leaves_is_known_by_its_level():
    left = EchoLeft()
    assert left.louder(-60.0), "nothing is known yet"
    for level in range(-60, -40):
        for _ in range(5):
            left.heard(float(level))
    assert not left.louder(-50.0) and left.louder(-30.0)
    for _ in range(500):
        left.heard(-70.0)
    assert left.louder(-50.0), "the hall is quiet again"


def test_the_beginning_of_a_callers_turn_is_no_echo():
    """Who speaks into the assistant's first second is louder than what their own onset would teach."""
    left = EchoLeft()
    for level in [-60.0] * 40 + [-25.0] * 15:
        left.heard(level)
    left.begins()
    assert left.louder(-25.0) and left.louder(-50.0) and not left.louder(-59.0)


def test_a_turn_that_was_nobodys_teaches_its_levels_and_a_callers_does_not():
    """What the canceller leaves now and then is no caller the second time."""
    for was_echo in (True, False):
        left = EchoLeft()
        for level in [-60.0] * 100 + [-35.0] * 20:
            left.heard(level)
        left.begins()
        for _ in range(15):
            left.during(-35.0)
        assert left.louder(-35.0)
        if was_echo:
            left.nobody()
        for _ in range(45):
            left.heard(-60.0)
        left.begins()
        assert left.louder(-35.0) is not was_echo and left.louder(-25.0)


def test_while_the_room_is_being_learnt_only_words_that_are_read_stop_it_soon():
    read, unsure = Recognised("stop please", 0.8), Recognised("for the next two weeks", 0.31)
    assert takes_the_floor(0.25, read, "en", "", AT_FIRST)
    assert takes_the_floor(0.46, unsure, "en", "") and not takes_the_floor(0.46, unsure, "en", "", AT_FIRST)
    left = EchoLeft()
    for _ in range(140):
        assert not left.known or left.louder(-20.0)
        left.heard(-45.0)
    assert left.known


def test_at_first_words_like_its_own_are_its_echo():
    """The canceller hasn't learnt the room: the assistant is recognised, but wrongly."""
    saying = "Sorry, I can't say that just now. Say 'agent', or press zero."
    echo, caller = Recognised("I can't figure this out", 0.79), Recognised("I want a coffee machine", 0.79)
    assert takes_the_floor(1.2, echo, "en", saying) and not takes_the_floor(1.2, echo, "en", saying, AT_FIRST)
    assert takes_the_floor(0.6, caller, "en", saying, AT_FIRST)


def test_a_room_where_the_echo_passes_for_somebody_takes_longer_to_be_stopped():
    left = EchoLeft()
    for turn in range(2):
        assert not left.loud_room, f"{turn} mistaken turns"
        for _ in range(200):
            left.heard(-50.0)
        left.begins()
        left.nobody()
    assert left.loud_room
    for _ in range(1500):
        left.heard(-50.0)
    assert not left.loud_room, "half a minute without one"
    unsure = Recognised("et à l'heure", 0.41)
    assert takes_the_floor(0.5, unsure, "fr", "") and not takes_the_floor(0.5, unsure, "fr", "", LOUD_ROOM)
    assert takes_the_floor(0.25, Recognised("non attendez", 0.7), "fr", "", LOUD_ROOM), "words read for sure do at once"


@pytest.mark.parametrize(
    ("voiced", "text", "sure", "rules", "answered"),
    [
        (0.3, "Lyon", 0.5, None, True),
        (0.9, "", 0.0, None, False),
        (0.1, "Lyon", 0.9, None, False),
        (0.3, "Merci.", 0.23, AT_FIRST, False),
        (0.3, "Oui.", 0.8, AT_FIRST, True),
    ],
)
def test_a_noise_over_the_assistants_words_is_not_answered(voiced, text, sure, rules, answered):
    """ "I didn't understand" would be the assistant interrupting itself."""
    assert was_a_person(voiced, Recognised(text, sure), rules) is answered
