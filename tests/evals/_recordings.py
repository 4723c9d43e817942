"""Recordings with transcripts that may be on this machine, and how errors are counted.

Debian's Asterisk prompts (8 kHz, one professional voice a language) and Tux Paint's stamps (44.1 kHz, French, several
amateur voices, children among them). What was tuned was tuned on one half of them; `Prompt.half` says which.
"""

from __future__ import annotations

import gzip
import hashlib
import random
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from num2words import num2words

from voice.audio import HEARING_RATE, Resampler, alaw_decode, alaw_encode
from voice.wavfile import read_wav

__all__ = [
    "HOW_TO_INSTALL",
    "STAMPS_HOW_TO_INSTALL",
    "Prompt",
    "half_of",
    "prompts",
    "spoken_words",
    "stamps",
    "telephone",
    "word_errors",
]

HOW_TO_INSTALL = (
    "apt-get install asterisk-core-sounds-fr asterisk-core-sounds-fr-wav asterisk-core-sounds-en asterisk-core-sounds-en-wav"
)
STAMPS_HOW_TO_INSTALL = "apt-get install tuxpaint-stamps-default"
_STAMPS = Path("/usr/share/tuxpaint/stamps")
_SOUNDS = Path("/usr/share/asterisk/sounds")
_TEXTS = Path("/usr/share/doc")
_SEEN = 80
"""The first of the shuffled prompts of a language, looked at before there was a split: never "held out"."""


@dataclass(frozen=True)
class Prompt:
    name: str
    text: str
    pcm: np.ndarray
    """(n,) int16 at 16 kHz."""
    half: str = "tuned"
    """"tuned" or "held out": whether anything may have been chosen by looking at it."""

    @property
    def seconds(self) -> float:
        return len(self.pcm) / HEARING_RATE


def half_of(name: str) -> str:
    """By the hash of a file's name: nothing is ever tuned on the "held out" half."""
    return "held out" if hashlib.sha256(name.encode()).digest()[0] % 2 else "tuned"


def stamps(count: int, shortest: float = 1.0, longest: float = 8.0, words: int = 4) -> list[Prompt]:
    """French descriptions read for Tux Paint, the same each time, without digits; none when they aren't installed."""
    found = []
    for path in sorted(_STAMPS.rglob("*_desc_fr.ogg")):
        sheet = path.with_name(path.name.removesuffix("_desc_fr.ogg") + ".txt")
        lines = sheet.read_text(encoding="utf-8", errors="replace").splitlines() if sheet.exists() else []
        text = next((line.partition("=")[2] for line in lines if line.startswith("fr.utf8=")), "")
        if len(text.split()) >= words and not re.search(r"[\d(]", text):
            found.append((str(path.relative_to(_STAMPS)), text, path))
    random.Random(1).shuffle(found)
    chosen: list[Prompt] = []
    for name, text, path in found:
        if len(chosen) == count:
            break
        prompt = Prompt(name, text, _decoded(path), half_of(name))
        if shortest <= prompt.seconds <= longest:
            chosen.append(prompt)
    return chosen


def _decoded(path: Path) -> np.ndarray:
    from faster_whisper.audio import decode_audio

    return np.rint(np.clip(decode_audio(str(path), HEARING_RATE), -1, 1) * 32767).astype(np.int16)


def prompts(language: str, count: int, shortest: float = 1.0, longest: float = 8.0) -> list[Prompt]:
    """The same prompts each time, of three words or more; none when the recordings aren't installed."""
    texts = _TEXTS / f"asterisk-core-sounds-{language}" / f"core-sounds-{language}.txt.gz"
    if not texts.exists():
        return []
    found = []
    with gzip.open(texts, "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = re.match(r"([\w/-]+): ([^(\[].+)", line.strip())
            path = _SOUNDS / language / f"{match[1]}.wav" if match else None
            if path and len(match[2].split()) >= 3 and path.exists():
                found.append((match[1], match[2], path))
    random.Random(1).shuffle(found)
    chosen: list[Prompt] = []
    for place, (name, text, path) in enumerate(found):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            half = "tuned" if place < _SEEN else half_of(name)
            prompt = Prompt(name, text, read_wav(path, HEARING_RATE)[0], half)
        if shortest <= prompt.seconds <= longest:
            chosen.append(prompt)
        if len(chosen) == count:
            break
    return chosen


def spoken_words(text: str, language: str) -> list[str]:
    """A text as words are counted: lower case, numbers spelled out, no punctuation."""
    spelled = re.sub(r"\d+", lambda digits: f" {num2words(int(digits[0]), lang=language)} ", text.casefold())
    return re.findall(r"[^\W_]+", spelled.replace("’", "'"))


def word_errors(reference: list[str], hypothesis: list[str]) -> int:
    """Levenshtein distance in words: substitutions, deletions and insertions."""
    row = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, 1):
        above, row = row, [i]
        for j, got in enumerate(hypothesis, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (expected != got)))
    return row[-1]


def telephone(pcm: np.ndarray, rate: int = 16_000) -> np.ndarray:
    """(n,) int16 through A-law at 8 kHz and back to 16 kHz."""
    down, up = Resampler(rate, 8_000), Resampler(8_000, 16_000)
    narrow = np.concatenate((down.push(pcm), down.flush()))
    heard = alaw_decode(alaw_encode(narrow))
    return np.concatenate((up.push(heard), up.flush()))
