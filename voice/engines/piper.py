"""Piper voices: one sentence at a time, far faster than it is heard."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator

import numpy as np

from voice.engines.models import Models
from voice.engines.synthesizer import SynthesisFailed
from voice.engines.trim import trimmed
from voice.speaking.text import read_aloud, sentences

__all__ = ["PiperVoice"]

_PAUSE = 0.18
"""Seconds between two sentences of one text."""


class PiperVoice:
    """A Piper voice in one onnxruntime session.

    Raises:
        ModelMissing, ModelDamaged: the message says what to run.
    """

    def __init__(self, name: str, models: Models, threads: int = 2) -> None:
        import onnxruntime
        from piper.config import PiperConfig
        from piper.voice import PiperVoice as Voice

        logging.getLogger("piper").setLevel(logging.INFO)  # its debug lines hold every word spoken (law 6)
        folder = models.ready(name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # no two sentences have the same length
        session = onnxruntime.InferenceSession(
            str(folder / f"{name}.onnx"), sess_options=options, providers=["CPUExecutionProvider"]
        )
        config = PiperConfig.from_dict(json.loads((folder / f"{name}.onnx.json").read_text(encoding="utf-8")))
        self._voice = Voice(session=session, config=config)
        self._length = config.length_scale or 1.0
        self._lock = threading.Lock()
        self.name = name
        self.language = models.spec(name).languages[0]
        self.rate = config.sample_rate

    def synthesize(self, text: str, speed: float = 1.0) -> Iterator[np.ndarray]:
        """See `voice.engines.synthesizer.Synthesizer`."""
        from piper.config import SynthesisConfig

        settings = SynthesisConfig(length_scale=self._length / speed)
        for number, sentence in enumerate(sentences(read_aloud(text, self.language))):
            with self._lock:
                try:
                    sound = [chunk.audio_int16_array for chunk in self._voice.synthesize(sentence, settings)]
                except Exception as error:
                    raise SynthesisFailed(f"{self.name} could not say {sentence!r}: {error}") from error
            spoken = trimmed(np.concatenate(sound), self.rate) if sound else np.zeros(0, np.int16)
            if not len(spoken):
                continue
            yield np.concatenate([np.zeros(int(_PAUSE * self.rate), np.int16), spoken]) if number else spoken
