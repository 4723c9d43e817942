"""Telephone recordings for these tests, or a reason to skip."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from voice.audit.recordings import HOW_TO_INSTALL, prompts
from voice.wavfile import read_wav

__all__ = ["each_prompt", "lines_of", "music", "prompt", "vowel"]


def lines_of(language: str, count: int):
    """A few prompts with their texts; skips the test when they aren't installed."""
    found = prompts(language, count)
    if not found:
        pytest.skip(f"prompts in {language} aren't installed: {HOW_TO_INSTALL} (and so on)")
    return found


def each_prompt(count: int):
    return [prompt for language in ("fr", "en") for prompt in lines_of(language, count)]


def prompt(language: str, name: str) -> np.ndarray:
    """One Asterisk prompt, (n,) int16 at 16 kHz."""
    return _wav(Path(f"/usr/share/asterisk/sounds/{language}/{name}.wav"), HOW_TO_INSTALL)


def music() -> list[np.ndarray]:
    """Music on hold, five seconds of each piece."""
    paths = sorted(Path("/usr/share/asterisk/moh").rglob("*.wav"))
    if not paths:
        pytest.skip("music on hold isn't installed: apt-get install asterisk-moh-opsound-wav")
    return [_wav(path, "")[160_000:240_000] for path in paths]


def vowel(hertz: float, seconds: float = 1.0, level: float = 8_000.0) -> np.ndarray:
    """A synthetic "a": harmonics of a pitch under three formants, (n,) int16 at 16 kHz."""
    at = np.arange(int(seconds * 16_000)) / 16_000
    sound = np.zeros_like(at)
    for harmonic in np.arange(1, int(3_800 / hertz) + 1) * hertz:
        loud = sum(np.exp(-(((harmonic - f) / w) ** 2)) for f, w in ((700, 200), (1_200, 250), (2_600, 300)))
        sound += (loud + 0.02) * np.sin(2 * np.pi * harmonic * at)
    return np.rint(level * sound / np.abs(sound).max()).astype(np.int16)


def _wav(path: Path, install: str) -> np.ndarray:
    if not path.exists():
        pytest.skip(f"{path} isn't installed: {install}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_wav(path, 16_000)[0]
