"""Recordings with transcripts that may be on this machine (Debian's Asterisk prompts), and how errors are counted."""

from __future__ import annotations

import gzip
import random
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from num2words import num2words

from voice.audio import HEARING_RATE
from voice.wavfile import read_wav

__all__ = ["HOW_TO_INSTALL", "Prompt", "prompts", "spoken_words", "word_errors"]

HOW_TO_INSTALL = "apt-get install asterisk-core-sounds-fr-wav asterisk-core-sounds-en-wav"
_SOUNDS = Path("/usr/share/asterisk/sounds")
_TEXTS = Path("/usr/share/doc")


@dataclass(frozen=True)
class Prompt:
    name: str
    text: str
    pcm: np.ndarray
    """(n,) int16 at 16 kHz, from 8 kHz telephone sound."""

    @property
    def seconds(self) -> float:
        return len(self.pcm) / HEARING_RATE


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
    for name, text, path in found:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            prompt = Prompt(name, text, read_wav(path, HEARING_RATE)[0])
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
