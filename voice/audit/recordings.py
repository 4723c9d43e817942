"""Recordings with transcripts: those a list names, those that may be on this machine; and how errors are counted.

On this machine: Debian's Asterisk prompts (one professional voice a language, at 8 kHz and, by G.722, at 16 kHz) and
Tux Paint's stamps (44.1 kHz, French, several amateur voices, children among them). What was tuned was tuned on one half
of them; `Prompt.half` says which.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import random
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from num2words import num2words

from voice.audio import HEARING_RATE, Resampler, alaw_decode, alaw_encode
from voice.hearing.transcriber import LANGUAGES
from voice.wavfile import read_wav

__all__ = [
    "HOW_TO_INSTALL",
    "STAMPS_HOW_TO_INSTALL",
    "WIDE_HOW_TO_INSTALL",
    "Prompt",
    "RecordingsError",
    "errors_of",
    "half_of",
    "listed",
    "prompts",
    "spoken_words",
    "stamps",
    "telephone",
    "word_errors",
]

_PACKAGES = [f"asterisk-core-sounds-{each}" for each in ("fr", "fr-wav", "en", "en-wav")]
HOW_TO_INSTALL = f"apt-get install {' '.join(_PACKAGES)}"
WIDE_HOW_TO_INSTALL = "apt-get install asterisk-core-sounds-fr-g722 asterisk-core-sounds-en-g722"
STAMPS_HOW_TO_INSTALL = "apt-get install tuxpaint-stamps-default"
_STAMPS = Path("/usr/share/tuxpaint/stamps")
_SOUNDS = Path("/usr/share/asterisk/sounds")
_TEXTS = Path("/usr/share/doc")
_SEEN = 80
"""The first of the shuffled prompts of a language, looked at before there was a split: never "held out"."""


class RecordingsError(ValueError):
    """The list can't be used; the message says what to do."""


@dataclass(frozen=True)
class Prompt:
    name: str
    text: str
    pcm: np.ndarray
    """(n,) int16 at 16 kHz."""
    half: str = "tuned"
    """"tuned" or "held out": whether anything may have been chosen by looking at it."""
    language: str = "fr"
    groups: dict[str, str] = field(default_factory=dict)
    """What is told of who speaks: "gender", "age", "accent", "voice"."""

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
        prompt = Prompt(name, text, _decoded(path), half_of(name), "fr", {"voice": "amateur"})
        if shortest <= prompt.seconds <= longest:
            chosen.append(prompt)
    return chosen


def listed(path: Path, most: int | None = None) -> Iterator[Prompt]:
    """Recordings of a list, decoded one after the other: CSV, or TSV as Common Voice gives it.

    The sound lies beside the list, or in `clips` beside it.

    Columns: `path` and `sentence` (or `text`), `language` (or `locale`); any of `gender`, `age`, `accent` (or
    `accents`) and `device` are groups, empty where nothing was told.

    Args:
        most: so many at most, drawn once.

    Raises:
        RecordingsError: the list or a sound can't be read, or a column is missing; the message says what to do.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            rows = list(csv.DictReader(file, delimiter="\t" if "\t" in first else ","))
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise RecordingsError(f"{path}: it can't be read ({type(wrong).__name__}): name a CSV or TSV list") from wrong
    if not rows:
        raise RecordingsError(f"{path}: it lists nothing: name another")
    names = {name: next((each for each in kinds if each in rows[0]), None) for name, kinds in _COLUMNS.items()}
    for name in ("path", "sentence", "language"):
        if names[name] is None:
            raise RecordingsError(f"{path}: no column {' or '.join(_COLUMNS[name])}: add it to the first line")
    if most is not None and len(rows) > most:
        rows = random.Random(1).sample(rows, most)
    return (_listed(path, row, names) for row in rows)


_COLUMNS = {
    "path": ("path", "file"), "sentence": ("sentence", "text"), "language": ("language", "locale"),
    "gender": ("gender",), "age": ("age",), "accent": ("accent", "accents"), "device": ("device",),
}  # fmt: skip


def _listed(path: Path, row: dict[str, str], names: dict[str, str | None]) -> Prompt:
    told = {name: (row[column] or "").strip() for name, column in names.items() if column}
    language = told["language"][:2].casefold()
    if language not in LANGUAGES:
        raise RecordingsError(f"{path}: language {told['language']!r}: list fr and en only")
    places = (path.parent / told["path"], path.parent / "clips" / told["path"])
    place = next((each for each in places if each.is_file()), None)
    if place is None:
        raise RecordingsError(f"{path}: {told['path']} isn't beside the list, nor in clips beside it")
    try:
        sound = _decoded(place)
    except Exception as wrong:  # whatever a decoder says of a broken file
        raise RecordingsError(f"{place}: no sound that can be read ({type(wrong).__name__}): leave it out") from wrong
    groups = {name: told[name] or "not given" for name in names if name in told and name not in _OF_EACH}
    return Prompt(told["path"], told["sentence"], sound, "held out", language, groups)


_OF_EACH = ("path", "sentence", "language")


def _decoded(path: Path) -> np.ndarray:
    """(n,) int16 at 16 kHz."""
    from faster_whisper.audio import decode_audio

    return np.rint(np.clip(decode_audio(str(path), HEARING_RATE), -1, 1) * 32767).astype(np.int16)


def prompts(
    language: str, count: int, shortest: float = 1.0, longest: float = 8.0, wide: bool = False
) -> list[Prompt]:
    """The same prompts each time, of three words or more; none when the recordings aren't installed.

    Args:
        wide: the same voice's recordings at 16 kHz (G.722, ITU-T 2012: up to 7 kHz) instead of 8 kHz.
    """
    texts = _TEXTS / f"asterisk-core-sounds-{language}" / f"core-sounds-{language}.txt.gz"
    if not texts.exists():
        return []
    found = []
    with gzip.open(texts, "rt", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = re.match(r"([\w/-]+): ([^(\[].+)", line.strip())
            path = _SOUNDS / language / f"{match[1]}.{'g722' if wide else 'wav'}" if match else None
            if path and len(match[2].split()) >= 3 and path.exists():
                found.append((match[1], match[2], path))
    random.Random(1).shuffle(found)
    chosen: list[Prompt] = []
    for place, (name, text, path) in enumerate(found):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            half = "tuned" if place < _SEEN else half_of(name)
            sound = _decoded(path) if wide else read_wav(path, HEARING_RATE)[0]
            prompt = Prompt(name, text, sound, half, language, {"voice": "professional"})
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
    return errors_of(reference, hypothesis)[0]


def errors_of(reference: list[str], hypothesis: list[str]) -> tuple[int, int]:
    """(errors, how many of them are words that nobody said), by the alignment with fewest of both."""
    row = [(count, count) for count in range(len(hypothesis) + 1)]
    for i, expected in enumerate(reference, 1):
        above, row = row, [(i, 0)]
        for j, got in enumerate(hypothesis, 1):
            (left, more), (up, fewer), (across, same) = row[-1], above[j], above[j - 1]
            row.append(min((left + 1, more + 1), (up + 1, fewer), (across + (expected != got), same)))
    return row[-1]


def telephone(pcm: np.ndarray, rate: int = 16_000) -> np.ndarray:
    """(n,) int16 through A-law at 8 kHz and back to 16 kHz."""
    down, up = Resampler(rate, 8_000), Resampler(8_000, 16_000)
    narrow = np.concatenate((down.push(pcm), down.flush()))
    heard = alaw_decode(alaw_encode(narrow))
    return np.concatenate((up.push(heard), up.flush()))
