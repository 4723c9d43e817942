"""Pitch and level are those Praat reads, on wide and on telephone sound; syllables are those espeak-ng pronounces."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evals.prosody import praat_level, praat_pitch, spoken_syllables
from tests.voice.hearing.recordings import each_prompt, lines_of
from voice.audit.recordings import STAMPS_HOW_TO_INSTALL, stamps, telephone
from voice.hearing.prosody import level_and_pauses, pitch_track, syllables

pytest.importorskip("parselmouth", reason="Praat isn't installed: pip install praat-parselmouth")


def pitch_errors(sounds: list[np.ndarray]) -> np.ndarray:
    errors = []
    for pcm in sounds:
        ours = pitch_track(pcm)
        praat = praat_pitch(pcm, len(ours))
        errors.append(np.abs(ours / praat - 1)[~np.isnan(ours) & ~np.isnan(praat)])
    return np.concatenate(errors)


def test_pitch_on_the_telephone_is_praats_within_two_percent():
    errors = pitch_errors([each.pcm for each in each_prompt(6)])
    assert len(errors) > 1000
    assert np.median(errors) < 0.02
    assert np.mean(errors > 0.2) < 0.06


def test_pitch_at_16_khz_is_praats_and_stays_after_a_telephone():
    wide = [each.pcm for each in stamps(6)]
    if not wide:
        pytest.skip(f"wide-band recordings aren't installed: {STAMPS_HOW_TO_INSTALL}")
    assert np.median(pitch_errors(wide)) < 0.02
    assert np.median(pitch_errors([telephone(pcm) for pcm in wide])) < 0.02


def test_the_level_is_praats_within_a_decibel():
    errors = [abs(level_and_pauses(each.pcm)[0] - praat_level(each.pcm)) for each in each_prompt(6)]
    assert np.median(errors) < 0.5
    assert max(errors) < 2.0


@pytest.mark.parametrize("language", ["fr", "en"])
def test_syllables_of_a_text_are_those_that_are_pronounced_within_ten_percent(language):
    ratios = [syllables(each.text, language) / spoken_syllables(each.text, language) for each in lines_of(language, 40)]
    assert abs(np.median(ratios) - 1) < 0.05
    assert np.median(np.abs(np.array(ratios) - 1)) < 0.10
