"""Pitch, level and pace beside Praat and the transcripts, at 8 and 16 kHz, and what reading them costs."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from nlu.entities.phonemes import ALPHABET, phonemes
from voice.audio import HEARING_RATE
from voice.audit.recordings import HOW_TO_INSTALL, STAMPS_HOW_TO_INSTALL, Prompt, prompts, stamps, telephone
from voice.hearing.prosody import level_and_pauses, pitch_track, syllables

__all__ = ["against_praat", "praat_level", "praat_pitch", "run", "spoken_syllables"]

_FLOOR_HZ, _CEILING_HZ = 60.0, 400.0
_GROSS = 0.2
"""A pitch this far off is an octave error or the like (Rabiner et al., IEEE Trans. ASSP 24, 1976)."""
_VOWELS = frozenset("iyɪuʊeøoəɐɛœɔʌɜæaɑɒɚẽãõ") | {"œ̃"}


def run(quick: bool = False) -> dict[str, Any]:
    """The figures of prosody; with `skipped` and why instead, where Praat or the recordings are missing.

    Returns:
        pitch_error_median: of frames that both call voiced, |ours / Praat's - 1|, by recordings and bandwidth; gross:
            share of them over 20 %. level_error_db. rate_error_median: of a turn, syllables counted in the recogniser's
            text over those espeak-ng pronounces in the transcript. cost: CPU seconds a second of sound.
    """
    if importlib.util.find_spec("parselmouth") is None:
        return {"skipped": "Praat isn't installed: pip install praat-parselmouth"}
    count = 15 if quick else 80
    sets = {
        "telephone prompts, fr": prompts("fr", count),
        "telephone prompts, en": prompts("en", count),
        "amateur voices, fr": stamps(count),
    }
    if not all(sets.values()):
        return {"skipped": f"recordings are missing: {HOW_TO_INSTALL}; {STAMPS_HOW_TO_INSTALL}"}
    found: dict[str, Any] = {}
    for name, recordings in sets.items():
        found[name] = against_praat(recordings) | {"pace": _pace(recordings, "en" if name.endswith("en") else "fr")}
    wide = sets["amateur voices, fr"]
    narrow = [Prompt(each.name, each.text, telephone(each.pcm), each.half) for each in wide]
    found["amateur voices, fr, 8 kHz G.711"] = against_praat(narrow)
    return found | {"goals": {"pitch_error_median": 0.02, "rate_error_median": 0.10, "cost": 0.02}}


def against_praat(recordings: Sequence[Prompt]) -> dict[str, float]:
    errors: list[np.ndarray] = []
    levels, spent, seconds = [], 0.0, 0.0
    for each in recordings:
        began = time.process_time()
        track = pitch_track(each.pcm)
        level, _, _ = level_and_pauses(each.pcm)
        spent += time.process_time() - began
        seconds += each.seconds
        theirs = praat_pitch(each.pcm, len(track))
        errors.append(np.abs(track / theirs - 1)[~np.isnan(track) & ~np.isnan(theirs)])
        levels.append(abs(level - praat_level(each.pcm)))
    pooled = np.concatenate(errors)
    return {
        "recordings": len(recordings),
        "pitch_error_median": round(float(np.median(pooled)), 4),
        "pitch_error_p90": round(float(np.percentile(pooled, 90)), 4),
        "gross": round(float(np.mean(pooled > _GROSS)), 4),
        "level_error_db_median": round(statistics.median(levels), 2),
        "cost": round(spent / seconds, 4),
    }


def praat_pitch(pcm: np.ndarray, frames: int) -> np.ndarray:
    """Praat's autocorrelation pitch (Boersma 1993) at the middles of our frames, (frames,) Hz, NaN where unvoiced."""
    import parselmouth

    sound = parselmouth.Sound(pcm.astype(np.float64) / 32768, HEARING_RATE)
    pitch = sound.to_pitch_ac(time_step=0.01, pitch_floor=_FLOOR_HZ, pitch_ceiling=_CEILING_HZ)
    hertz, at = pitch.selected_array["frequency"], pitch.xs()
    middles = (np.arange(frames) * 160 + 320) / HEARING_RATE
    after = np.clip(np.searchsorted(at, middles), 1, len(at) - 1)
    nearest = np.where(np.abs(at[after] - middles) < np.abs(at[after - 1] - middles), after, after - 1)
    return np.where(hertz[nearest] > 0, hertz[nearest], np.nan)


def praat_level(pcm: np.ndarray) -> float:
    """Mean level of the louder frames of Praat's intensity contour (within 25 dB of its 95th percentile), dBFS."""
    import parselmouth

    sound = parselmouth.Sound(pcm.astype(np.float64) / 32768, HEARING_RATE)
    contour = sound.to_intensity(minimum_pitch=100.0, time_step=0.01, subtract_mean=False).values[0]
    heard = contour[contour > np.percentile(contour, 95) - 25]
    # Praat's decibels count from 2e-5 Pa; a full-scale sample is 1 Pa to it.
    return float(10 * np.log10(np.mean(10 ** (heard / 10))) + 20 * np.log10(2e-5))


def spoken_syllables(text: str, language: str) -> int:
    """Vowels that espeak-ng pronounces in a text, each the nucleus of a syllable; an English diphthong is one."""
    count = 0
    for word in text.split():
        sounds = [ALPHABET[place] for place in phonemes(word, language)]
        for before, sound in zip(["", *sounds], sounds, strict=False):
            glide = language == "en" and before in _VOWELS and sound in ("ɪ", "ʊ")
            count += sound in _VOWELS and not glide
    return count


def _pace(recordings: Sequence[Prompt], language: str) -> dict[str, float]:
    from voice.engines.models import Models
    from voice.engines.whisper import LocalWhisper

    whisper = LocalWhisper(Models().ready("whisper-base"))
    ratios = []
    for each in recordings:
        said = spoken_syllables(each.text, language)
        if said >= 4:
            ratios.append(syllables(whisper.transcribe(each.pcm, language).text, language) / said)
    off = [abs(ratio - 1) for ratio in ratios]
    return {
        "rate_error_median": round(statistics.median(off), 3),
        "rate_error_p90": round(float(np.percentile(off, 90)), 3),
        "bias": round(statistics.median(ratios) - 1, 3),
    }
