"""Real speech through the real model: what is said, once, in its language, and nothing where nobody speaks."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.hearing.recordings import each_prompt, lines_of, music, prompt
from voice.audit.recordings import spoken_words, word_errors
from voice.engines.logmel import log_mel
from voice.engines.whisper import LocalWhisper, ModelUnusable
from voice.hearing.guard import repeats_its_tail


def test_the_features_are_those_of_faster_whisper():
    from faster_whisper.feature_extractor import FeatureExtractor

    pcm = np.random.default_rng(5).normal(0, 3_000, 32_000).astype(np.int16)
    theirs = FeatureExtractor()(pcm.astype(np.float32) / 32768, padding=0)
    assert np.abs(log_mel(pcm, 200)[:, :198] - theirs[:, :198]).max() < 1e-3


@pytest.mark.parametrize(("language", "most"), [("fr", 0.35), ("en", 0.12)])
def test_prompts_are_recognised_and_said_once(whisper, language, most):
    errors = spoken = 0
    for recording in lines_of(language, 12):
        heard = whisper.transcribe(recording.pcm, language)
        reference = spoken_words(recording.text, language)
        errors += word_errors(reference, spoken_words(heard.text, language))
        spoken += len(reference)
        assert not repeats_its_tail(heard.text)
        assert len(spoken_words(heard.text, language)) <= 1.5 * len(reference) + 2
    assert errors / spoken < most


def test_words_are_in_order_inside_the_sound_and_make_the_text(whisper):
    silence = np.zeros(8_000, dtype=np.int16)
    for recording in each_prompt(4):
        heard = whisper.transcribe(np.concatenate((silence, recording.pcm, silence)), None)
        assert " ".join(word.text for word in heard.words) == heard.text
        edges = [edge for word in heard.words for edge in (word.start, word.end)]
        assert edges == sorted(edges)
        assert edges[0] >= 0.25
        assert edges[-1] <= recording.seconds + 1.0
        assert all(0 <= word.probability <= 1 for word in heard.words)


def test_the_language_is_found(whisper):
    right = [
        whisper.transcribe(recording.pcm, None).language == language
        for language in ("fr", "en")
        for recording in lines_of(language, 8)
    ]
    assert np.mean(right) > 0.85


def test_a_partial_is_forced_to_begin_with_what_is_settled(whisper):
    recording = lines_of("fr", 2)[1]
    whole = whisper.transcribe(recording.pcm, "fr")
    prefix = " ".join(whole.text.split()[:2])
    partial = whisper.transcribe(recording.pcm, "fr", prefix=prefix, final=False)
    assert partial.text.startswith(prefix)
    assert partial.text.count(prefix) == 1
    assert partial.how == "short"


def test_hotwords_do_not_appear_by_themselves(whisper):
    heard = whisper.transcribe(prompt("en", "vm-goodbye"), "en", hotwords=["Lumina", "Brewmaster 300"])
    assert heard.text.casefold().replace(" ", "").startswith("goodbye")
    assert "lumina" not in heard.text.casefold()


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(np.zeros(0, dtype=np.int16), id="nothing"),
        pytest.param(np.zeros(10, dtype=np.int16), id="10 samples"),
        pytest.param(np.zeros(48_000, dtype=np.int16), id="silence"),
        pytest.param(np.random.default_rng(1).normal(0, 2_000, 48_000).astype(np.int16), id="noise"),
        pytest.param((9_000 * np.sin(np.arange(48_000) / 6)).astype(np.int16), id="tone"),
    ],
)
def test_where_nobody_speaks_nothing_is_said(whisper, sound):
    heard = whisper.transcribe(sound, None)
    assert heard.text == ""
    assert heard.refused == "no speech"
    whisper.transcribe(sound, "fr", final=False)  # a partial may be wrong, not fail


def test_music_says_nothing(whisper):
    assert [whisper.transcribe(piece, None).text for piece in music()] == [""] * len(music())


def test_more_than_30_s_is_heard_up_to_30(whisper):
    one = prompt("en", "vm-goodbye")
    long = np.tile(np.concatenate((one, np.zeros(4_000, dtype=np.int16))), 60)[: 40 * 16_000]
    heard = whisper.transcribe(long, "en")
    assert all(word.end <= 30.3 for word in heard.words)


def test_a_folder_without_a_model_says_what_to_run(tmp_path):
    with pytest.raises(ModelUnusable, match="candide models"):
        LocalWhisper(tmp_path)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"not a model")
    with pytest.raises(ModelUnusable, match="damaged"):
        LocalWhisper(tmp_path)


@pytest.mark.parametrize("language", ["it", "es"])
def test_another_language_is_reported_and_not_taken_for_ours(whisper, language):
    found = lines_of(language, 6)
    assert np.mean([whisper.transcribe(recording.pcm, None).language == "other" for recording in found]) > 0.6
