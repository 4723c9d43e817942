"""What a voice is, whichever model makes it, and how one is had by name.

A voice is loaded once per process and shared by all its conversations; `synthesize` may be called from several
threads (calls to one voice follow each other).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from voice.engines.models import Models

__all__ = ["SynthesisFailed", "Synthesizer", "load_synthesizer", "synthesizer_for"]


class SynthesisFailed(Exception):
    """The voice could not make sound of a text; the message says why."""


class Synthesizer(Protocol):
    name: str
    """The model's name in assets/models.yaml, for example "fr_FR-siwis-medium"."""
    language: str
    """"fr" or "en"."""
    rate: int
    """Sample rate, Hz."""

    def synthesize(self, text: str, speed: float = 1.0) -> Iterator[np.ndarray]:
        """The sound of a text, in pieces as soon as each is made.

        Args:
            text: plain text as it stands in a phrase; numbers, prices and dates are read aloud by the synthesizer
                (`voice.speaking.text.read_aloud`), so the caller passes them as written.
            speed: 1.0 is the voice's own pace, 0.9 slower, 1.1 faster.

        Yields:
            (n,) int16 at `rate`. Pieces follow each other without a gap or a click: pauses between clauses are inside
            them, silence before the first and after the last word is cut to a few hundredths of a second.

        Raises:
            SynthesisFailed: the model failed. A text without a speakable character yields nothing.
        """
        ...


_loaded: dict[tuple[str, int], Any] = {}
_lock = threading.Lock()


def load_synthesizer(name: str, models: Models | None = None, threads: int = 2) -> Synthesizer:
    """The voice of that name, loaded once per process.

    Args:
        threads: cores one synthesis may use.

    Raises:
        ModelMissing, ModelDamaged: the message says what to run.
    """
    models = models or Models()
    with _lock:
        key = (name, threads)
        if key not in _loaded:
            engine = models.spec(name).engine
            if engine == "piper":
                from voice.engines.piper import PiperVoice

                _loaded[key] = PiperVoice(name, models, threads)
            elif engine == "kokoro":
                from voice.engines.kokoro import KokoroVoice

                _loaded[key] = KokoroVoice(name, models, threads)
            elif engine == "pico":
                from voice.engines.pico import PicoVoice

                _loaded[key] = PicoVoice(name, models)
            else:
                raise ValueError(f"{name} is no voice: choose one of {', '.join(models.voices())}")
        return _loaded[key]


def synthesizer_for(language: str, models: Models | None = None, threads: int = 2) -> Synthesizer:
    """The voice for a language: the user's choice, else the first that is here, else the first that can be fetched.

    Raises:
        ModelMissing: there is none and none could be fetched; the message says what to run.
    """
    models = models or Models()
    return load_synthesizer(models.voice_for(language), models, threads)
