"""A conversation for tests: real dialogue, understanding and voice, any transcriber, made-up or recorded sound."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlu.dialogue import Dialogue
from personalization.shop import Shop
from voice.channels.wav import RecordedCall
from voice.conversation import Conversation
from voice.engines.loading import Engines
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.hearing.transcriber import Hypothesis
from voice.journal import Journal
from voice.speaking.voices import Voices
from voice.wavfile import read_wav
from voice.workers import SimulatedWorkers, Workers

TUESDAY = datetime(2026, 11, 24, 10, 30)


class Dictated:
    """A fake recogniser that hears the given texts, turn after turn, then nothing; it makes no partials.

    What it was asked for in a pause, and nobody wanted when the caller went on, it hears again.
    """

    def __init__(self, texts: Iterable[str], language: str = "en") -> None:
        self._texts, self._language = iter(texts), language
        self._last, self._wanted = "", None

    def transcribe(self, pcm, language, prefix="", hotwords=(), final=True, misheard=None, wanted=None) -> Hypothesis:
        if not final:
            return Hypothesis("", language=self._language, refused="too late")
        if self._wanted is None or self._wanted():
            self._last = next(self._texts, "")
        text, self._wanted = self._last, wanted
        return Hypothesis(text, language=self._language, refused="" if text else "no speech")


def turns(*texts: str, rate: int = 8_000, pause: float = 1.0) -> np.ndarray:
    """A sound in which as many turns are spoken as there are texts, cut from the English sample call; (n,) int16."""
    from voice.demo import sample_call

    sound, found = read_wav(sample_call("en").path)
    assert found == rate
    voiced = sound[int(0.5 * rate) : int(2.3 * rate)]
    quiet = np.zeros(int(pause * rate), np.int16)
    return np.concatenate([quiet, *(piece for _ in texts for piece in (voiced, quiet))])


def converse(
    sound: np.ndarray,
    transcriber: Any,
    path: Path,
    *,
    voices: Voices | None = None,
    workers: Workers | None = None,
    customer: str | None = None,
    language: str = "en",
    **channel: Any,
) -> list[dict[str, Any]]:
    """Runs it and returns the journal's rows."""
    from nlu.understanding import Understanding

    try:
        voices = voices or Voices(Models())
        voices.voice(language)
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    shop = Shop.load(today=TUESDAY.date())
    file = shop.open_file(customer) if customer else None
    engines = Engines(transcriber, Understanding(shop.catalogue, {each.id: each.name for each in shop.stores}), voices)
    dialogue = Dialogue(shop, file, language, "phone", TUESDAY, authenticated=file is not None)
    journal = Journal(path / "journal.jsonl")
    workers = workers or SimulatedWorkers(durations=False)
    call = Conversation(
        RecordedCall(sound, 8_000, paced=False, **channel), dialogue, engines, workers, journal, detect_language=False
    )
    try:
        asyncio.run(call.run())
    finally:
        journal.close()
    return [entry.as_dict() for entry in journal.entries]


def of(rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["event"] == kind]
