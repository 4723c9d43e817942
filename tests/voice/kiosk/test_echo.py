"""The canceller in a simulated room, the guard for its weak moments, and the cushion before the loudspeaker."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.voice.kiosk.acoustics import RoomPath, voices_in
from voice.audio import AudioError, dbfs
from voice.channels.echo_guard import EchoGuard
from voice.channels.playback import Playback
from voice.channels.soundcard import RATE

FRAME = RATE // 50


@pytest.fixture(scope="module")
def canceller():
    pytest.importorskip("livekit", reason="pip install 'candide-voice[kiosk]'")
    from voice.kiosk.echo import EchoCanceller

    return EchoCanceller


def through(canceller, played: np.ndarray, captured: np.ndarray) -> np.ndarray:
    frames = range(0, len(captured) - FRAME + 1, FRAME)
    return np.concatenate([canceller.process(captured[at : at + FRAME], played[at : at + FRAME]) for at in frames])


@pytest.mark.parametrize("delay", [0.04, 0.12, 0.2])
def test_an_echo_is_lowered_by_25_db_once_it_is_learnt(delay, canceller):
    from voice.kiosk.echo import erle

    played = voices_in("en", 16.0)
    captured = RoomPath(delay=delay, noise_dbfs=-80.0).echo(played)
    left = through(canceller(RATE), played, captured)
    assert dbfs(captured[8 * RATE :]) > -35
    assert erle(captured[8 * RATE :], left[8 * RATE :]) >= 25


def test_a_caller_alone_is_left_as_they_are(canceller):
    caller = voices_in("en", 6.0)
    left = through(canceller(RATE), np.zeros_like(caller), caller)
    assert abs(dbfs(left[RATE:]) - dbfs(caller[RATE:])) < 3


def test_a_caller_who_speaks_into_our_voice_is_still_heard(canceller):
    played, path = voices_in("en", 16.0), RoomPath(noise_dbfs=-80.0)
    captured = path.echo(played)
    caller = np.roll(voices_in("en", 16.0), 5 * RATE)[: len(captured)]
    both = np.clip(captured.astype(np.int32) + caller, -32768, 32767).astype(np.int16)
    both[: 8 * RATE] = captured[: 8 * RATE]
    left = through(canceller(RATE), played, both)
    assert dbfs(left[8 * RATE :]) > dbfs(caller[8 * RATE :]) - 12


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two sounds, 1.0 where one is the other but for its loudness."""
    return float(np.corrcoef(one.astype(float), other.astype(float))[0, 1])


def test_once_the_room_is_learnt_a_caller_who_speaks_into_our_voice_is_left_as_they_are(canceller):
    played, path = voices_in("en", 16.0), RoomPath(noise_dbfs=-80.0)
    captured = path.echo(played)
    caller = np.roll(voices_in("fr", 16.0), 5 * RATE)[: len(captured)]
    caller[: 8 * RATE] = 0
    both = np.clip(captured.astype(np.int32) + caller, -32768, 32767).astype(np.int16)
    learning = canceller(RATE)
    assert not learning.found
    left = through(learning, played, both)
    assert learning.found
    assert alike(both[8 * RATE :], caller[8 * RATE :]) < 0.97 < 0.99 < alike(left[8 * RATE :], caller[8 * RATE :])


def test_it_says_when_what_is_left_changes_its_kind_and_begins_anew_when_sound_was_torn(canceller):
    played, learning = voices_in("en", 8.0), canceller(RATE)
    captured, changes = RoomPath(noise_dbfs=-80.0).echo(played), []
    for at in range(0, len(captured) - FRAME + 1, FRAME):
        learning.process(captured[at : at + FRAME], played[at : at + FRAME])
        changes.append(learning.changed)
    assert sum(changes) == 1 and learning.found
    learning.lost()
    learning.process(captured[:FRAME], played[:FRAME])
    assert learning.changed and not learning.found


def test_an_echo_that_jumps_unnoticed_is_learnt_anew(canceller):
    played = voices_in("en", 16.0)
    near, far = (RoomPath(delay=delay, noise_dbfs=-80.0).echo(played) for delay in (0.06, 0.19))
    captured = np.concatenate([near[: 7 * RATE], far[7 * RATE :]])
    from voice.kiosk.echo import erle

    left = through(canceller(RATE), played, captured)
    assert erle(captured[12 * RATE :], left[12 * RATE :]) >= 20


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1))
def test_whatever_is_played_and_heard_the_filter_stays_finite(seed, heard, played):
    from voice.kiosk.room_filter import RoomFilter

    room, choice = RoomFilter(8_000), np.random.default_rng(seed)
    for step in range(40):
        sounds = [level * choice.uniform(-1, 1, room.size).astype(np.float32) for level in (heard, played)]
        left = room.left(*sounds)
        assert np.isfinite(left).all()
        if step == 20:
            room.forget()


@pytest.mark.parametrize("rate", [11_025, 44_100])
def test_a_rate_it_cannot_work_at_is_refused(rate, canceller):
    with pytest.raises(AudioError, match="resample first"):
        canceller(rate)


def test_sounds_of_two_lengths_are_refused(canceller):
    with pytest.raises(AudioError, match="same multiple"):
        canceller(RATE).process(np.zeros(640, np.int16), np.zeros(320, np.int16))


# The guard


LOUD, QUIET = np.full(FRAME, 3000, np.int16), np.full(FRAME, 10, np.int16)
NOTHING = np.zeros(FRAME, np.int16)


def test_the_guard_passes_everything_on_until_something_was_lost():
    assert np.array_equal(EchoGuard().pass_on(LOUD, LOUD, LOUD), LOUD)


def test_after_a_loss_our_own_voice_is_kept_out_until_the_canceller_lowers_it_again():
    guard = EchoGuard()
    guard.lost()
    assert not any(guard.pass_on(LOUD, LOUD, LOUD).any() for _ in range(20))
    assert not any(guard.pass_on(LOUD, QUIET, LOUD).any() for _ in range(12))
    assert np.array_equal(guard.pass_on(LOUD, LOUD, LOUD), LOUD)


def test_after_a_loss_a_caller_is_heard_while_we_are_silent():
    guard = EchoGuard()
    guard.lost()
    assert np.array_equal(guard.pass_on(LOUD, LOUD, NOTHING), LOUD)


def test_nobody_is_kept_out_for_longer_than_three_seconds_of_our_speech():
    guard = EchoGuard()
    guard.lost()
    kept_out = sum(not guard.pass_on(LOUD, LOUD, LOUD).any() for _ in range(500))
    assert kept_out == 150


# The cushion


def test_nothing_is_played_before_the_cushion_is_there_and_then_every_sample_in_order():
    playback = Playback(1000)
    sound = np.arange(1, 101, dtype=np.int16)
    playback.push(sound[:40], False)
    assert not playback.pull(20).any()
    playback.push(sound[40:], False)
    assert np.array_equal(playback.pull(100), sound)


def test_running_dry_is_counted_and_builds_a_new_cushion():
    playback = Playback(1000)
    playback.push(np.ones(80, np.int16), False)
    playback.pull(100)
    playback.push(np.ones(20, np.int16), False)
    assert playback.underruns == 1 and not playback.pull(20).any()


def test_silence_is_left_out_before_speech_is():
    playback = Playback(1000)
    for _ in range(20):
        playback.push(np.zeros(20, np.int16), True)
    assert playback.ready <= 0.14
    for _ in range(20):
        playback.push(np.ones(20, np.int16), False)
    assert playback.ready <= 0.26 and playback.left_out > 10


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=80))
def test_what_was_given_is_what_was_pulled(steps):
    playback, pulled = Playback(1000), []
    for pushes, count in steps:
        if pushes:
            playback.push(np.full(count, 7, np.int16), False)
        else:
            pulled.append(playback.pull(count))
            assert len(pulled[-1]) == count
    given = playback.given()
    assert sum(map(len, given)) == sum(map(len, pulled))
    assert not pulled or np.array_equal(np.concatenate(given), np.concatenate(pulled))
