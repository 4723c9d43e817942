"""A voice is heard, even on a bad line; music, noise and tones are not taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.hearing.recordings import each_prompt, music, prompt
from voice.audio import AudioError, dbfs, frames
from voice.hearing.vad import FRAME, VoiceActivity, voiced_span

RNG = np.random.default_rng(7)
TIME = np.arange(5 * 16_000) / 16_000


def noise(level_dbfs: float, count: int = 5 * 16_000) -> np.ndarray:
    return np.clip(RNG.normal(0, 32768 * 10 ** (level_dbfs / 20), count), -32768, 32767).astype(np.int16)


def voiced(pcm: np.ndarray) -> np.ndarray:
    activity = VoiceActivity()
    return np.array([activity.push(frame).speech for frame in frames(pcm, FRAME)])


def loud(pcm: np.ndarray) -> np.ndarray:
    levels = np.array([dbfs(frame) for frame in frames(pcm, FRAME)])
    return levels > levels.max() - 20


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(lambda pcm: pcm, id="clean"),
        pytest.param(lambda pcm: pcm + noise(-42, len(pcm)).astype(float), id="noisy"),
        pytest.param(lambda pcm: pcm * 10.0, id="clipped"),
        pytest.param(lambda pcm: pcm * 0.1, id="faint"),
    ],
)
def test_most_of_the_loud_frames_of_a_prompt_are_speech(line):
    hits = []
    for recording in each_prompt(10):
        heard = np.clip(line(recording.pcm.astype(float)), -32768, 32767).astype(np.int16)
        hits.append(voiced(heard)[loud(recording.pcm)].mean())
    assert np.mean(hits) > 0.8


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(np.zeros(80_000, dtype=np.int16), id="silence"),
        pytest.param(noise(-55), id="faint noise"),
        pytest.param(noise(-30), id="noise"),
        pytest.param(noise(-10), id="loud noise"),
        pytest.param((30_000 * np.sign(noise(-10).astype(float))).astype(np.int16), id="clipped noise"),
        pytest.param((8_000 * np.sin(2 * np.pi * 440 * TIME)).astype(np.int16), id="dial tone"),
        pytest.param((30_000 * np.sign(np.sin(2 * np.pi * 180 * TIME))).astype(np.int16), id="clipped hum"),
    ],
)
def test_what_is_no_voice_is_not_taken_for_one(sound):
    assert voiced(sound).mean() < 0.05
    assert voiced_span(sound) is None


def test_music_on_hold_is_not_a_caller():
    for piece in music():
        assert voiced(piece).mean() < 0.1


def test_the_probability_is_one_of_a_probability():
    activity = VoiceActivity()
    for frame in frames(noise(-20), FRAME):
        assert 0.0 <= activity.push(frame).probability <= 1.0


def test_two_callers_do_not_hear_each_other():
    speech = prompt("fr", "vm-goodbye")
    alone = voiced(speech)
    one, other = VoiceActivity(), VoiceActivity()
    together = []
    for frame in frames(speech, FRAME):
        together.append(one.push(frame).speech)
        other.push(noise(-20, FRAME))
    assert np.array_equal(alone, together)


def test_the_span_of_a_prompt_in_silence_is_where_it_is():
    speech = prompt("en", "vm-goodbye")
    silence = np.zeros(16_000, dtype=np.int16)
    span = voiced_span(np.concatenate((silence, speech, silence)))
    first, last, seconds = span.first, span.last, span.seconds
    assert 15_000 <= first <= 22_000
    assert 16_000 + len(speech) // 2 <= last <= 16_000 + len(speech) + 1_600
    assert 0.2 <= seconds <= len(speech) / 16_000 + 0.1


def test_a_word_that_begins_at_once_is_found():
    assert voiced_span(prompt("fr", "digits/1")) is not None


def test_no_sound_has_no_span():
    assert voiced_span(np.zeros(0, dtype=np.int16)) is None


def test_another_rate_is_refused():
    with pytest.raises(AudioError, match="resample"):
        VoiceActivity(8_000)
