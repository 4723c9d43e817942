"""The assistant's voices, one a language, and the lines whose sound is kept.

A fixed line (no placeholder filled) is made once and kept on the disk, marked as synthetic speech; another that was
said is kept in memory for as long as the process lives, and never written: it may hold what a customer bought (law 6).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from personalization.phrases import Phrase, Phrases, phrase_table
from voice.audio import AudioError, resample
from voice.engines.models import Models
from voice.engines.synthesizer import Synthesizer, load_synthesizer, synthesizer_for
from voice.engines.user_cache import cache_dir
from voice.wavfile import AudioWarning, read_wav, synthetic_speech, write_wav

__all__ = ["Voices", "fixed_phrases"]

_FORM = "5"
"""Changes when the way sound is made or kept changes: what was kept before is made anew."""
_IN_MEMORY = 200
_FORGOTTEN = 0.7
"""What sound made before counts in the pace beside the two seconds made since."""
_LONGEST_PIECE = 4.5
"""Seconds of sound that a voice makes at once at most, where it doesn't say."""


class Voices:
    """Loads a language's voice at its first use; shared by all conversations, callable from worker threads.

    Args:
        models: where voices are found.
        threads: cores one synthesis may use.
        folder: where fixed lines are kept; the user's cache by default.
        said: by language, names that are read otherwise than they are written, and how.
        names: by language, the voice to take instead of the one that is usual.
    """

    def __init__(
        self,
        models: Models,
        threads: int = 2,
        folder: Path | None = None,
        said: Mapping[str, Mapping[str, str]] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._models = models
        self._threads = threads
        self._folder = folder or cache_dir() / "lines"
        self._names = dict(names or {})
        self._said = {language: _Readings(names) for language, names in (said or {}).items() if names}
        self._voices: dict[str, Synthesizer] = {}
        self._memory: OrderedDict[str, np.ndarray] = OrderedDict()
        self._paces: dict[str, tuple[float, float]] = {}
        """By language, seconds of work lately and of the sound it made."""
        self._rate: int | None = None
        self._most = _IN_MEMORY
        self._lock = threading.Lock()

    def keep_at(self, rate: int, lines: int = _IN_MEMORY) -> None:
        """What is kept in memory is kept at this rate (Hz), ready to be played: for many calls of one line."""
        with self._lock:
            self._rate, self._most = rate, lines
            self._memory.clear()

    def voice(self, language: str) -> Synthesizer:
        """The language's synthesizer, loaded now if it wasn't.

        Raises:
            ModelMissing, ModelDamaged: the message says what to run.
        """
        with self._lock:
            if language not in self._voices:
                self._voices[language] = self._load(language)
            return self._voices[language]

    def _load(self, language: str) -> Synthesizer:
        if language in self._names:
            return load_synthesizer(self._names[language], self._models, self._threads)
        return synthesizer_for(language, self._models, self._threads)

    def name(self, language: str) -> str:
        return self.voice(language).name

    def slow(self, language: str) -> bool:
        """Its first sound takes longer than a caller should wait."""
        return getattr(self.voice(language), "slow", False)

    def pace(self, language: str) -> float:
        """Seconds that a second of sound takes to make lately, beside whatever else goes on; 0: not known yet."""
        work, made = self._paces.get(language, (0.0, 0.0))
        return work / made if made else 0.0

    def longest_piece(self, language: str) -> float:
        """Seconds of sound that come at once at most."""
        return getattr(self._voices.get(language), "longest_piece", None) or _LONGEST_PIECE

    def kept(self, phrase: Phrase, speed: float) -> tuple[np.ndarray, int] | None:
        """((n,) int16, rate in Hz) of a line whose sound is kept, else None. Loads no model."""
        voice = self._voices.get(phrase.language)
        if voice is None:
            return None
        key = self._key(voice, self._spoken(phrase), speed)
        sound = self._memory.get(key)
        if sound is None and phrase.fixed:
            sound = self._read(key)
            if sound is not None:
                sound = self._remember(key, sound, voice.rate)
        return None if sound is None else (sound, self._rate or voice.rate)

    def make(self, phrase: Phrase, speed: float) -> Iterator[np.ndarray]:
        """The sound of a line as it is made, (n,) int16 pieces at the voice's rate; kept once it is whole."""
        voice = self.voice(phrase.language)
        pieces, text = [], self._spoken(phrase)
        began = time.perf_counter()
        for piece in voice.synthesize(text, speed):
            self._timed(phrase.language, time.perf_counter() - began, len(piece) / voice.rate)
            pieces.append(piece)
            yield piece
            began = time.perf_counter()
        sound = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
        key = self._key(voice, text, speed)
        self._remember(key, sound, voice.rate)
        if phrase.fixed:
            self._write(key, sound, voice)

    def _timed(self, language: str, took: float, sound: float) -> None:
        if sound:
            # A piece counts as long as it is: a sentence's first may be short and hold work for all that follow.
            older = _FORGOTTEN ** (sound / 2)
            work, made = self._paces.get(language, (0.0, 0.0))
            self._paces[language] = work * older + took, made * older + sound

    def prepare(self, phrases: Iterable[Phrase], done: Callable[[], None] = lambda: None) -> None:
        """Makes the lines whose sound isn't kept yet; `done` is called after each."""
        for phrase in phrases:
            self.voice(phrase.language)
            if self.kept(phrase, 1.0) is None:
                for _ in self.make(phrase, 1.0):
                    pass
            done()

    def mark(self, languages: Iterable[str]) -> dict[str, str]:
        """What a file with this speech says of itself (AI Act art. 50(2)), as RIFF INFO fields."""
        names = ", ".join(self.name(language) for language in languages) or "none"
        return synthetic_speech(f"{names} (right channel)") | {"title": "Candide conversation"}

    def _spoken(self, phrase: Phrase) -> str:
        readings = self._said.get(phrase.language)
        return readings.of(phrase.text) if readings else phrase.text

    def _key(self, voice: Synthesizer, text: str, speed: float) -> str:
        return hashlib.sha256("\0".join((_FORM, voice.name, f"{speed:.3f}", text)).encode()).hexdigest()

    def _remember(self, key: str, sound: np.ndarray, rate: int | None = None) -> np.ndarray:
        if None not in (rate, self._rate) and rate != self._rate:
            sound = resample(sound, rate, self._rate)
        with self._lock:
            self._memory[key] = sound
            self._memory.move_to_end(key)
            while len(self._memory) > self._most:
                self._memory.popitem(last=False)
        return sound

    def _read(self, key: str) -> np.ndarray | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", AudioWarning)  # cut short: it is made again
                return read_wav(self._folder / f"{key}.wav")[0]
        except (AudioError, AudioWarning):
            return None

    def _write(self, key: str, sound: np.ndarray, voice: Synthesizer) -> None:
        """Whole or not at all; a folder that can't be written only costs the time to make the line again."""
        part = self._folder / f".{key}.{os.getpid()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_wav(part, sound, voice.rate, synthetic_speech(voice.name))
            os.replace(part, self._folder / f"{key}.wav")
        except (AudioError, OSError):
            with contextlib.suppress(OSError):
                part.unlink()


class _Readings:
    """Names that are spelt anew before they are read aloud, wherever they stand in a text."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {name.casefold(): said for name, said in names.items()}
        longest_first = sorted(names, key=len, reverse=True)
        self._any = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)

    def of(self, text: str) -> str:
        return self._any.sub(lambda found: self._names.get(found[0].casefold(), found[0]), text)


def fixed_phrases(language: str, brand: str, scripts_only: bool = False) -> list[Phrase]:
    """Every wording of the language in which nothing is filled but the brand; scripts and openers first."""
    source = Phrases(language, brand)
    said = [source.say(id) for id, entry in phrase_table(language).items() for _ in entry.say if _fixed(entry)]
    found = [phrase for phrase in said if phrase.fixed]
    first = [phrase for phrase in found if phrase.script or phrase.id.startswith(("opener.", "trouble."))]
    return first if scripts_only else first + [phrase for phrase in found if phrase not in first]


def _fixed(entry) -> bool:
    """Every wording can be said as it is (a phrase with a placeholder in one of them is made when it is filled)."""
    return all("{" not in wording.replace("{brand}", "") for wording in entry.say)
