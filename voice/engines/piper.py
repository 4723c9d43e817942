"""Piper voices: the sound of a sentence in pieces, the first of them long before the sentence is made."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voice.engines.kept_graphs import graphs_of, kept_session, session
from voice.engines.models import Models
from voice.engines.piper_graph import AROUND, LONGEST, halves, pieces
from voice.engines.synthesizer import SynthesisFailed
from voice.engines.trim import Trimmer
from voice.speaking.text import read_aloud, sentences

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession

__all__ = ["PiperVoice"]

_PAUSE = 0.18
"""Seconds between two sentences of one text."""
_PEAK, _KNEE, _MOST = 0.85, 0.75, 0.9
"""Of full scale: how loud a usual sentence gets, from where on what is louder is pressed together, and the loudest left
then: a telephone's narrower band overshoots by a tenth."""
_USUAL = {"fr": "Bonjour, que puis-je faire pour vous ?", "en": "Hello, what can I do for you?"}


class PiperVoice:
    """A Piper voice on onnxruntime.

    Raises:
        ModelMissing, ModelDamaged: the message says what to run.
    """

    def __init__(self, name: str, models: Models, threads: int = 2) -> None:
        from piper.config import PiperConfig
        from piper.voice import PiperVoice as Voice

        logging.getLogger("piper").setLevel(logging.INFO)  # its debug lines hold every word spoken (law 6)
        folder = models.ready(name)
        config = PiperConfig.from_dict(json.loads((folder / f"{name}.onnx.json").read_text(encoding="utf-8")))
        sentences_of, self._sound = _sessions(folder / f"{name}.onnx", threads)
        self._voice = Voice(session=sentences_of, config=config)
        self._length = config.length_scale or 1.0
        self._lock = threading.Lock()
        self.name = name
        self.language = models.spec(name).languages[0]
        self.rate = config.sample_rate
        self.longest_piece = LONGEST * config.hop_length / self.rate if self._sound else None
        self._gain = _PEAK / max(1e-3, max(np.abs(each).max() for each in self._made(_USUAL[self.language], 1.0)))

    def synthesize(self, text: str, speed: float = 1.0) -> Iterator[np.ndarray]:
        """See `voice.engines.synthesizer.Synthesizer`."""
        begun = False
        for sentence in sentences(read_aloud(text, self.language)):
            trimmer, pause = Trimmer(self.rate), begun
            for piece in self._pieces(sentence, speed):
                spoken = trimmer.push(piece)
                if len(spoken):
                    yield self._after_pause(spoken) if pause else spoken
                    begun, pause = True, False
            spoken = trimmer.flush()
            if len(spoken):
                yield self._after_pause(spoken) if pause else spoken
                begun = True

    def _after_pause(self, sound: np.ndarray) -> np.ndarray:
        return np.concatenate([np.zeros(int(_PAUSE * self.rate), np.int16), sound])

    def _pieces(self, sentence: str, speed: float) -> Iterator[np.ndarray]:
        """(n,) int16, untrimmed."""
        try:
            for made in self._made(sentence, speed):
                yield np.rint(32767 * _pressed(made * self._gain)).astype(np.int16)
        except Exception as error:
            raise SynthesisFailed(f"{self.name} could not say {sentence!r}: {error}") from error

    def _made(self, sentence: str, speed: float) -> Iterator[np.ndarray]:
        """(n,) float32 as the model gives it."""
        from piper.config import SynthesisConfig

        settings = SynthesisConfig(length_scale=self._length / speed)
        with self._lock:
            spoken = [self._voice.phonemes_to_ids(phonemes) for phonemes in self._voice.phonemize(sentence) if phonemes]
        for ids in spoken:
            with self._lock:
                whole = self._voice.phoneme_ids_to_audio(ids, settings)
            if self._sound is None:
                yield whole
                continue
            for begin, end in pieces(whole.shape[1]):
                with self._lock:
                    sound = self._sound_of(whole, begin, end)
                yield sound

    def _sound_of(self, frames: np.ndarray, begin: int, end: int) -> np.ndarray:
        """Of (channels, frames) from `begin` to `end`."""
        first, last = max(0, begin - AROUND), end + AROUND
        given = frames[None, :, first:last]
        sound = self._sound.run(None, {self._sound.get_inputs()[0].name: given})[0].reshape(-1)
        hop = len(sound) // given.shape[2]
        return sound[(begin - first) * hop : (end - first) * hop]


def _sessions(model: Path, threads: int) -> tuple[InferenceSession, InferenceSession | None]:
    """The voice's two halves; the whole and None where it can't be had in two."""
    sentence, sound = graphs_of(model, "sentence", "sound")

    @cache
    def both() -> tuple[ModelProto, ModelProto] | None:
        import onnx

        return halves(onnx.load(str(model)))

    if not (sentence.is_file() and sound.is_file()) and both() is None:
        return session(model, threads), None
    return kept_session(sentence, lambda: both()[0], threads), kept_session(sound, lambda: both()[1], threads)


def _pressed(sound: np.ndarray) -> np.ndarray:
    """Louder than the knee is pressed together, so that nothing gets louder than `_MOST`."""
    over = np.maximum(np.abs(sound) - _KNEE, 0.0)
    return np.sign(sound) * (np.minimum(np.abs(sound), _KNEE) + (_MOST - _KNEE) * np.tanh(over / (_MOST - _KNEE)))
