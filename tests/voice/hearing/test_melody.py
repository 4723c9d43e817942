"""How a turn sounds, beside what it says: a second opinion on its end, where the model for it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from voice.audio import HEARING_RATE, resample
from voice.demo import sample_call
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.hearing.completeness import Completeness
from voice.hearing.endpoint import Endpoint, EndpointRules, TurnEvent
from voice.wavfile import read_wav

RULES = EndpointRules()


@pytest.mark.parametrize(
    ("words", "melody", "understood", "silence"),
    [
        (Completeness.UNKNOWN, None, False, RULES.usual),
        (Completeness.UNKNOWN, 0.95, False, RULES.finished),
        (Completeness.UNKNOWN, 0.6, False, RULES.unsure),
        (Completeness.UNKNOWN, 0.1, False, RULES.going_on),
        (Completeness.UNKNOWN, 0.6, True, RULES.doubtful),
        (Completeness.UNKNOWN, 0.1, True, RULES.doubtful),
        (Completeness.FINISHED, None, False, RULES.finished),
        (Completeness.FINISHED, 0.95, False, RULES.finished),
        (Completeness.FINISHED, 0.6, False, RULES.unsure),
        (Completeness.FINISHED, 0.6, True, RULES.usual),
        (Completeness.FINISHED, 0.1, True, RULES.doubtful),
        (Completeness.FINISHED, 0.1, False, RULES.going_on),
        (Completeness.OPEN, 0.99, True, RULES.open),
        (Completeness.HESITATING, 0.99, True, RULES.hesitating),
        (Completeness.HESITATING, 0.1, True, RULES.going_on),
        (Completeness.DICTATING, 0.99, False, RULES.dictating),
    ],
)
def test_words_decide_where_they_are_clear_and_the_melody_where_they_are_not(words, melody, understood, silence):
    assert RULES.silence_for(words, melody, understood) == silence


def silence_after(text: str, melody: float, heard_until: float) -> float:
    """Seconds of silence that end a turn of one second."""
    endpoint = Endpoint()
    for step in range(1, 200):
        now = step * 0.02
        for turn in endpoint.feed(now, now <= 1.0):
            if turn.event is TurnEvent.MAYBE_OVER:
                endpoint.hint(text, "en", now)
                endpoint.sounded(melody, heard_until)
                if len(text.split()) <= 3:
                    endpoint.hint(text, "en", now)
            elif turn.event is TurnEvent.OVER:
                return turn.silence
    raise AssertionError("the turn never ended")


def test_an_open_melody_waits_and_a_closed_one_does_not():
    assert silence_after("one thing then", 0.1, 1.2) == pytest.approx(RULES.going_on, abs=0.03)
    assert silence_after("one thing then", 0.9, 1.2) == pytest.approx(RULES.finished, abs=0.03)


def test_a_short_answer_is_over_however_it_sounds():
    assert silence_after("yes", 0.05, 1.2) == pytest.approx(RULES.finished, abs=0.03)


def test_an_opinion_of_sound_before_the_last_word_counts_for_nothing():
    assert silence_after("one thing then", 0.1, 0.5) == pytest.approx(RULES.usual, abs=0.03)


@pytest.mark.parametrize(("melody", "silence"), [(0.95, RULES.doubtful), (0.1, RULES.going_on), (None, RULES.usual)])
def test_a_turn_isnt_over_by_its_melody_before_its_words_are_known(melody, silence):
    endpoint = Endpoint()
    for step in range(1, 200):
        for turn in endpoint.feed(step * 0.02, step <= 50):
            if turn.event is TurnEvent.MAYBE_OVER and melody is not None:
                endpoint.sounded(melody, 1.2)
            elif turn.event is TurnEvent.OVER:
                assert turn.silence == pytest.approx(silence, abs=0.03)
                return
    raise AssertionError("the turn never ended")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_whole_turns_sound_more_finished_than_halves_of_them(language):
    from voice.engines.smart_turn import SmartTurn

    try:
        model = SmartTurn(Models().find("smart-turn").dir)
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    sound, rate = read_wav(sample_call(language).path)
    sound = resample(sound, rate, HEARING_RATE)
    loud = np.convolve(np.abs(sound.astype(np.int32)) > 150, np.ones(HEARING_RATE // 2), "same") > 50
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
    whole, half = [], []
    for start, stop in edges.reshape(-1, 2):
        turn = sound[start:stop]
        if len(turn) > HEARING_RATE:
            last = int(np.flatnonzero(np.abs(turn) > 150)[-1])
            whole.append(model.finished(turn[: last + 3200]))
            half.append(model.finished(turn[: last // 2]))
    assert len(whole) >= 5 and np.median(whole) > 0.8 > 0.6 > np.median(half)


def test_a_yes_to_a_question_with_parts_waits_for_the_rest():
    endpoint = Endpoint()
    for step in range(1, 200):
        now = step * 0.02
        for turn in endpoint.feed(now, now <= 1.0):
            if turn.event is TurnEvent.MAYBE_OVER:
                endpoint.hint("Yes.", "en", now, more_may_follow=True)
            elif turn.event is TurnEvent.OVER:
                assert turn.silence == pytest.approx(RULES.open, abs=0.03)
                return
    raise AssertionError("the turn never ended")
