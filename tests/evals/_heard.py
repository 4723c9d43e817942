"""Sentences as the recogniser hears them: spoken by the assistant's voices, over a telephone's band, transcribed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nlu.understanding import Understanding
from personalization.user_cache import cache_dir

__all__ = ["heard"]


def heard(sentences: Sequence[str], language: str, understanding: Understanding | None = None) -> list[str]:
    """What Whisper base hears of each (G.711 mu-law, 8 kHz), with the names that the understanding knows as a
    conversation has them; what the same code heard once is kept in the user's cache.

    Raises:
        Exception: a voice or the recogniser isn't there (the engines' own errors say what to do).
    """
    from voice.engines.models import Models
    from voice.engines.synthesizer import synthesizer_for
    from voice.engines.whisper import LocalWhisper

    voice = synthesizer_for(language)
    names = understanding.misheard if understanding else None
    path = cache_dir() / "bench" / f"heard-{language}-{voice.name}-{_code()}{'-names' if names else ''}.json"
    known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    todo = [each for each in dict.fromkeys(sentences) if each not in known]
    ears = LocalWhisper(Models().ready("whisper-base")) if todo else None
    for at, sentence in enumerate(todo):
        sound = _telephone(voice, sentence)
        known[sentence] = ears.transcribe(sound, language, misheard=names).text
        if at % 20 == 19 or at == len(todo) - 1:
            _keep(known, path)
    return [known[each] for each in sentences]


def _code() -> str:
    """What changes when the hearing or the names may."""
    root = Path(__file__).resolve().parents[2]
    digest = hashlib.sha256()
    for pattern in ("voice/engines/whisper*.py", "voice/hearing/*.py", "nlu/entities/*.py", "assets/shop/*.csv"):
        for path in sorted(root.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _telephone(voice, sentence: str) -> np.ndarray:
    """(n,) int16 at 16 kHz, with a quarter of a second of silence around it."""
    from voice.audio import HEARING_RATE, resample, ulaw_decode, ulaw_encode

    pcm = np.concatenate(list(voice.synthesize(sentence)))
    narrow = ulaw_decode(ulaw_encode(resample(pcm, voice.rate, 8000)))
    edge = np.zeros(HEARING_RATE // 4, dtype=np.int16)
    return np.concatenate([edge, resample(narrow, 8000, HEARING_RATE), edge])


def _keep(known: dict[str, str], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, ensure_ascii=False, indent=0), encoding="utf-8")
