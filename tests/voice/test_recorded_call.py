"""A recorded caller waits for the answer as the person on the line would have done."""

from __future__ import annotations

import asyncio

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.channels import Floor
from voice.channels.wav import RecordedCall, pauses

RATE = 8000
FRAME = 160


def tone(seconds: float, level: float = 0.3) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * 300 * t) * level * 32767).astype(np.int16)


def quiet(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 8, int(seconds * RATE)).astype(np.int16)


def exchange(call: RecordedCall, out=None, floor=Floor.CALLER):
    return asyncio.run(call.exchange(out, floor))


def listened(call: RecordedCall, frames: int) -> None:
    """The assistant speaks for a number of frames."""
    for _ in range(frames):
        assert exchange(call, tone(0.02), Floor.ASSISTANT) is not None


def loud(tick) -> bool:
    return tick is not None and int(np.abs(tick.sound).max()) > 3000


def test_pauses_are_where_nobody_speaks():
    sound = np.concatenate([quiet(1.0), tone(1.5), quiet(1.2), tone(0.8), quiet(0.4), tone(0.5), quiet(0.9)])
    found = [(round(p.start / RATE, 1), round(p.end / RATE, 1)) for p in pauses(sound, RATE)]
    assert found == [(0.0, 1.0), (2.5, 3.7), (5.4, 6.3)]


def test_the_caller_hears_the_greeting_to_its_end_before_they_speak():
    call = RecordedCall(tone(1.0), RATE, paced=False)
    listened(call, 100)
    ticks = [exchange(call) for _ in range(60)]
    first = next(index for index, tick in enumerate(ticks) if loud(tick))
    assert 20 <= first <= 30, "about half a second after the greeting"


def test_a_long_answer_is_never_talked_over():
    call = RecordedCall(np.concatenate([tone(1.0), quiet(1.0), tone(1.0)]), RATE, paced=False)
    listened(call, 1)
    while not loud(tick := exchange(call)):
        assert tick is not None
    while loud(exchange(call)):
        pass
    for _ in range(500):
        assert not loud(exchange(call, tone(0.02), Floor.ASSISTANT))
    ticks = [exchange(call) for _ in range(60)]
    assert any(loud(tick) for tick in ticks)


def test_a_caller_nobody_answers_speaks_on_after_a_while():
    call = RecordedCall(np.concatenate([tone(0.5), quiet(1.0), tone(0.5)]), RATE, paced=False)
    bursts, before = 0, False
    while (tick := exchange(call)) is not None:
        bursts += loud(tick) and not before
        before = loud(tick)
    assert bursts == 2


def test_played_straight_the_recording_is_what_the_channel_gives():
    sound = np.concatenate([tone(0.5), quiet(1.0), tone(0.3)])
    call = RecordedCall(sound, RATE, paced=False, listens=False)
    got = []
    while (tick := exchange(call, None, Floor.ASSISTANT)) is not None:
        got.append(tick.sound)
    assert np.array_equal(np.concatenate(got)[: len(sound)], sound)


def test_keys_are_pressed_at_their_moment():
    call = RecordedCall(quiet(1.0), RATE, paced=False, listens=False, digits=[(0.5, "0"), (0.1, "4")])
    pressed = []
    while (tick := exchange(call)) is not None:
        pressed.append(tick.digits)
    assert "".join(pressed) == "40" and pressed[25] == "0"


def test_the_stereo_sound_is_the_caller_left_and_the_assistant_right():
    call = RecordedCall(tone(0.2), RATE, paced=False, listens=False)
    exchange(call, np.full(FRAME, 7, np.int16))
    exchange(call, None)
    stereo = call.stereo()
    assert stereo.shape == (2 * FRAME, 2)
    assert (stereo[:FRAME, 1] == 7).all() and (stereo[FRAME:, 1] == 0).all()
    assert np.array_equal(stereo[:, 0], tone(0.04))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.02, 1.0)), max_size=6), st.integers(0, 30))
def test_every_sample_of_the_recording_is_heard_once_and_in_order(parts, answer):
    pieces = [tone(length) if voiced else quiet(length) for voiced, length in parts]
    sound = np.concatenate([*pieces, tone(0.1)])
    call = RecordedCall(sound, RATE, paced=False)
    listened(call, answer)
    loud_samples = []
    for _ in range(20_000):
        tick = exchange(call, None, Floor.CALLER)
        if tick is None:
            break
        loud_samples.append(tick.sound)
    else:
        raise AssertionError("the call never ended")
    heard = np.concatenate(loud_samples)
    assert np.count_nonzero(np.abs(heard) > 3000) == np.count_nonzero(np.abs(sound) > 3000)
