"""SVOX Pico: a plain voice that takes a hundredth of real time, for when many callers speak at once.

Unit selection of the 2000s, released with Android (Apache-2.0); through py-nanotts. It holds the interpreter while it
works, 4 ms for each second of sound, so it is given a sentence at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from voice.engines.models import ModelMissing, Models
from voice.engines.synthesizer import SynthesisFailed
from voice.engines.trim import trimmed
from voice.speaking.text import read_aloud, sentences

__all__ = ["PicoVoice"]

_LOCALES = {"fr": "fr-FR"}
_PAUSE = 0.2
"""Seconds between two sentences of one text."""
_MARKUP = re.compile(r"[<>\\&]")
"""What Pico would take for a command."""


class PicoVoice:
    """The plain voice of a language.

    Raises:
        ModelMissing, ModelDamaged: the message says what to run.
    """

    rate = 16_000

    def __init__(self, name: str, models: Models) -> None:
        try:
            from py_nanotts._nanotts import speak  # the public class can't be told where the voice's files are
        except ImportError as error:
            raise ModelMissing(f"{name} needs py-nanotts: pip install 'candide-voice[line]'") from error
        self._speak = speak
        self._folder = str(models.ready(name))
        self.name = name
        self.language = models.spec(name).languages[0]

    def synthesize(self, text: str, speed: float = 1.0) -> Iterator[np.ndarray]:
        """See `voice.engines.synthesizer.Synthesizer`."""
        for number, sentence in enumerate(sentences(read_aloud(text, self.language))):
            try:
                sound = self._speak(
                    text=_MARKUP.sub(" ", sentence), voice=_LOCALES[self.language], speed=speed, pitch=None,
                    volume=None, lingware_path=self._folder,
                )  # fmt: skip
            except Exception as error:
                raise SynthesisFailed(f"{self.name} could not say {sentence!r}: {error}") from error
            spoken = trimmed(np.frombuffer(sound, "<i2"), self.rate)
            if len(spoken):
                yield np.concatenate([np.zeros(int(_PAUSE * self.rate), np.int16), spoken]) if number else spoken
