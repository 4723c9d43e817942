"""Measures of a voice, absolute and against the caller's own start of the call."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.hearing.recordings import lines_of, vowel
from voice.audio import dbfs
from voice.audit.recordings import telephone
from voice.hearing.prosody import ProsodyTracker, level_and_pauses, pitch_track, syllables

SILENCE = np.zeros(8_000, dtype=np.int16)


def talk(hertz: float = 150.0, level: float = 6_000.0, words: int = 4, gap: float = 0.05) -> np.ndarray:
    """Words of half a second each, with gaps."""
    pause = np.zeros(int(gap * 16_000), dtype=np.int16)
    return np.concatenate([part for _ in range(words) for part in (vowel(hertz, 0.5, level), pause)])


@pytest.mark.parametrize("hertz", [75, 100, 147, 220, 330, 390])
@pytest.mark.parametrize("noise_db", [-100, -40])
def test_the_pitch_of_a_vowel_is_read_within_a_quarter_semitone(hertz, noise_db):
    noise = np.random.default_rng(1).normal(0, 32768 * 10 ** (noise_db / 20), 16_000)
    track = pitch_track((vowel(hertz) + noise).astype(np.int16))
    heard = track[~np.isnan(track)]
    assert len(heard) > 0.9 * len(track)
    assert abs(12 * np.log2(np.median(heard) / hertz)) < 0.25


def test_a_glide_is_followed():
    phase = np.cumsum(2 * np.pi * np.linspace(110, 220, 32_000) / 16_000)
    glide = sum(np.sin(k * phase) / k for k in range(1, 10))
    track = pitch_track((6_000 * glide).astype(np.int16))
    low, high = np.nanquantile(track, (0.1, 0.9))
    assert low == pytest.approx(121, rel=0.03)
    assert high == pytest.approx(209, rel=0.03)


@pytest.mark.parametrize("sound", [SILENCE, np.random.default_rng(2).normal(0, 3_000, 16_000).astype(np.int16)])
def test_silence_and_noise_have_no_pitch(sound):
    track = pitch_track(sound)
    assert np.isnan(track).mean() > 0.95


@pytest.mark.parametrize("count", [0, 1, 100, 451, 452, 1_000])
def test_too_short_a_sound_has_none_either(count):
    assert np.isnan(pitch_track(np.ones(count, dtype=np.int16))).all()


def test_the_pitch_of_a_recorded_voice_is_plausible():
    for recording in lines_of("fr", 3) + lines_of("en", 3):
        track = pitch_track(recording.pcm)
        assert 150 < np.nanmedian(track) < 280
        assert 0.4 < np.mean(~np.isnan(track)) < 0.95


def test_level_leaves_the_pauses_out():
    sound = talk(gap=0.4)
    level, spoken, pauses = level_and_pauses(sound)
    assert level == pytest.approx(dbfs(vowel(150, 0.5, 6_000)), abs=1.0)
    assert spoken == pytest.approx(2.0, abs=0.2)
    assert pauses == pytest.approx(1.2 / 3.2, abs=0.06)


def test_a_click_does_not_make_a_pause_of_the_rest():
    sound = talk(level=1_500)
    sound[4_000:4_010] = 32_000
    assert level_and_pauses(sound)[1] == pytest.approx(2.15, abs=0.25)


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("Bonjour, je voudrais un conseil", "fr", 8),
        ("une commande", "fr", 3),
        ("elles parlent", "fr", 2),
        ("aujourd'hui", "fr", 3),
        ("quatre", "fr", 1),
        ("magnifique", "fr", 3),
        ("hello, I would like some advice", "en", 8),
        ("the table", "en", 3),
        ("wanted", "en", 2),
        ("asked", "en", 1),
        ("", "fr", 0),
    ],
)
def test_syllables_are_about_right(text, language, count):
    assert syllables(text, language) == count


def test_the_first_seconds_are_the_baseline_and_have_no_change():
    first = ProsodyTracker().utterance(talk(), "Bonjour je cherche une lampe", "fr")
    assert first.level_dbfs is not None
    assert first.rate_syllables_s is not None
    assert first.level_change_db is None
    assert not (first.raised_voice or first.hurried or first.hesitant)


def tracker_with_a_start() -> ProsodyTracker:
    tracker = ProsodyTracker()
    for _ in range(2):
        tracker.utterance(talk(words=5), "Bonjour je cherche une petite lampe", "fr")
    return tracker


def test_a_louder_caller_has_raised_their_voice_against_their_own_start():
    cues = tracker_with_a_start().utterance(talk(level=16_000), "Je voudrais une lampe", "fr")
    assert cues.level_change_db == pytest.approx(8.5, abs=0.5)
    assert cues.raised_voice


def test_a_voice_three_semitones_up_is_three_semitones_up():
    cues = tracker_with_a_start().utterance(talk(hertz=150 * 2 ** (3 / 12)), "Je voudrais une lampe", "fr")
    assert cues.pitch_change_semitones == pytest.approx(3.0, abs=0.3)


def test_more_syllables_in_the_same_time_is_hurried():
    cues = tracker_with_a_start().utterance(talk(), "Je voudrais une lampe de bureau et vite parce que je pars", "fr")
    assert cues.hurried


def test_long_pauses_are_hesitant():
    cues = tracker_with_a_start().utterance(talk(gap=0.5), "Je voudrais une lampe", "fr")
    assert cues.hesitant


def test_a_slow_caller_is_known_by_their_own_start():
    tracker = ProsodyTracker()
    for _ in range(3):
        tracker.utterance(talk(words=5), "Une lampe", "fr")
    slow = tracker.utterance(talk(words=5), "Une lampe", "fr")
    assert slow.slow and slow.usual_rate < 3
    other = ProsodyTracker()
    for _ in range(2):
        other.utterance(talk(words=5), "Bonjour je cherche une petite lampe de bureau", "fr")
    usual = other.utterance(talk(words=5), "Une lampe", "fr")
    assert not usual.slow and usual.usual_rate > 3, "one slow turn makes no slow caller"
    assert not ProsodyTracker().utterance(talk(words=5), "Une lampe", "fr").slow, "nothing is known yet"


def whispered(pcm: np.ndarray) -> np.ndarray:
    """Noise in place of the voice: each 32 ms keeps its smoothed spectrum, nothing keeps a pitch."""
    draw, size = np.random.default_rng(1), 512
    window, out = np.hanning(size), np.zeros(len(pcm) + size)
    for at in range(0, len(pcm) - size, size // 2):
        cepstrum = np.fft.irfft(np.log(np.abs(np.fft.rfft(pcm[at : at + size] * window)) + 1))
        cepstrum[20:-20] = 0
        noise = np.fft.rfft(draw.normal(0, size**-0.5, size))
        out[at : at + size] += np.fft.irfft(np.exp(np.fft.rfft(cepstrum).real) * noise) * window
    return np.clip(out[: len(pcm)], -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_whisper_is_told_from_a_voice_on_the_telephone_too(language):
    for prompt in [each for each in lines_of(language, 12) if each.seconds > 1.2]:
        voice = ProsodyTracker().utterance(prompt.pcm, prompt.text, language)
        whisper = ProsodyTracker().utterance(whispered(telephone(prompt.pcm)), prompt.text, language)
        assert not voice.whispering and whisper.whispering, (voice.voiced_share, whisper.voiced_share)


def test_the_same_request_again_is_repeated_but_a_second_yes_is_not():
    tracker = tracker_with_a_start()
    assert not tracker.utterance(talk(), "Où est ma commande ?", "fr").repeated
    assert tracker.utterance(talk(), "Mais où est ma commande", "fr").repeated
    assert not tracker.utterance(talk(), "Oui.", "fr").repeated
    assert not tracker.utterance(talk(), "Oui.", "fr").repeated


def test_forgetting_leaves_nothing_to_compare_with():
    tracker = tracker_with_a_start()
    tracker.forget()
    cues = tracker.utterance(talk(level=16_000), "Bonjour je cherche une petite lampe", "fr")
    assert cues.level_change_db is None
    assert not cues.repeated


@pytest.mark.parametrize("sound", [np.zeros(0, dtype=np.int16), SILENCE])
def test_nothing_heard_gives_empty_cues(sound):
    cues = ProsodyTracker().utterance(sound, "", "fr")
    assert cues.level_dbfs is None
    assert cues.pitch_hz is None
