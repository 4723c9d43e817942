"""Turn-taking rules, frame by frame: 20 ms each, "#" a voiced frame, "." a silent one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.hearing.endpoint import Endpoint, EndpointRules, TurnEvent

STARTED, MAYBE, WENT_ON, OVER = TurnEvent.STARTED, TurnEvent.MAYBE_OVER, TurnEvent.WENT_ON, TurnEvent.OVER


def play(endpoint: Endpoint, pattern: str, start: float = 0.0):
    turns = []
    for number, frame in enumerate(pattern, 1):
        turns += endpoint.feed(start + number * 0.02, frame == "#")
    return turns


def kinds(turns):
    return [turn.event for turn in turns]


def silence_before_over(text, language="fr", **kwargs):
    endpoint = Endpoint()
    play(endpoint, "#" * 50)
    endpoint.hint(text, language, **kwargs)
    return play(endpoint, "." * 200, start=1.0)[-1].silence


def test_80_ms_of_voice_start_a_turn_that_began_with_the_first_voiced_frame():
    turns = play(Endpoint(), "....." + "####")
    assert kinds(turns) == [STARTED]
    assert turns[0].began == pytest.approx(0.10)
    assert turns[0].at == pytest.approx(0.18)


@pytest.mark.parametrize("pattern", ["###.", "#..", "#....#....#....#....", "##.....##.....##....."])
def test_clicks_start_nothing(pattern):
    assert play(Endpoint(), pattern * 3) == [] or pattern == "###."


def test_a_start_may_have_a_hole():
    assert kinds(play(Endpoint(), "##.##")) == [STARTED]


def test_140_ms_of_silence_may_be_the_end_and_480_are():
    turns = play(Endpoint(), "#" * 20 + "." * 24)
    assert kinds(turns) == [STARTED, MAYBE, OVER]
    assert turns[1].silence == pytest.approx(0.14)
    assert turns[2].silence == pytest.approx(0.48)
    assert turns[2].ended == pytest.approx(0.40)


def test_speech_after_a_maybe_goes_on_and_the_silence_is_counted_anew():
    turns = play(Endpoint(), "#" * 20 + "." * 15 + "#" * 10 + "." * 24)
    assert kinds(turns) == [STARTED, MAYBE, WENT_ON, MAYBE, OVER]
    assert turns[-1].ended == pytest.approx(0.90)
    assert turns[-1].began == 0.0


def test_one_voiced_frame_in_the_silence_is_a_click():
    turns = play(Endpoint(), "#" * 20 + "." * 12 + "#" + "." * 11)
    assert kinds(turns) == [STARTED, MAYBE, OVER]


@pytest.mark.parametrize(
    ("text", "language", "silence"),
    [
        ("Oui.", "fr", 0.26),
        ("Non merci", "fr", 0.26),
        ("Yes.", "en", 0.26),
        ("Je cherche une lampe de bureau.", "fr", 0.26),
        ("What do you have for a birthday?", "en", 0.26),
        ("La lampe bleue", "fr", 0.48),
        ("Je cherche une lampe pour", "fr", 1.2),
        ("I want to, um", "en", 1.2),
        ("Le numéro est 4 2 7", "fr", 1.6),
    ],
)
def test_the_silence_that_ends_a_turn_depends_on_the_text(text, language, silence):
    assert silence_before_over(text, language) == pytest.approx(silence)


def test_a_number_that_was_asked_for_is_waited_for():
    assert silence_before_over("Quatre", expecting_number=True) == pytest.approx(1.6)


def test_a_hint_that_comes_during_the_silence_ends_the_turn_at_the_next_frame():
    endpoint = Endpoint()
    play(endpoint, "#" * 20 + "." * 18)
    endpoint.hint("Oui.", "fr", heard_until=0.4)
    assert kinds(play(endpoint, ".", start=0.76)) == [OVER]


def test_a_hint_that_the_caller_has_talked_past_is_worthless():
    endpoint = Endpoint()
    play(endpoint, "#" * 20)
    endpoint.hint("Oui.", "fr")
    turns = play(endpoint, "#" * 25 + "." * 30, start=0.4)
    assert turns[-1].silence == pytest.approx(0.48)


def test_a_hint_of_the_turn_before_is_forgotten():
    endpoint = Endpoint()
    play(endpoint, "#" * 20)
    endpoint.hint("Oui.", "fr")
    play(endpoint, "." * 20, start=0.4)
    turns = play(endpoint, "#" * 20 + "." * 30, start=0.8)
    assert turns[-1].silence == pytest.approx(0.48)


def test_a_turn_of_30_s_is_over_whatever_is_heard_and_a_new_one_starts():
    turns = play(Endpoint(), "#" * 1600)
    assert kinds(turns) == [STARTED, OVER, STARTED]
    assert turns[1].forced
    assert turns[1].at == pytest.approx(30.0)
    assert turns[2].began == pytest.approx(30.0)


def test_a_hint_outside_a_turn_changes_nothing():
    endpoint = Endpoint()
    endpoint.hint("Je cherche une lampe pour", "fr")
    assert play(endpoint, "#" * 10 + "." * 30)[-1].silence == pytest.approx(0.48)


@given(st.lists(st.tuples(st.sampled_from("#."), st.integers(1, 60)), max_size=30), st.floats(0.5, 5.0))
def test_events_come_in_the_order_of_a_conversation(runs, longest):
    allowed = {
        None: {STARTED},
        STARTED: {MAYBE, OVER},
        MAYBE: {WENT_ON, OVER},
        WENT_ON: {MAYBE, OVER},
        OVER: {STARTED},
    }
    turns = play(Endpoint(EndpointRules(longest=longest)), "".join(frame * count for frame, count in runs))
    before = None
    for turn in turns:
        assert turn.event in allowed[before]
        assert turn.began <= turn.ended <= turn.at
        assert turn.at - turn.began <= longest + 0.021
        before = turn.event
