"""Whether a turn sounds finished, from its sound alone: Smart Turn v3.2 (Pipecat, BSD-2-Clause), where it is installed.

It hears the last 8 s of the turn as Whisper's encoder does and gives one probability. It is a second opinion: the words
decide where they are clear (`voice.hearing.endpoint`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from voice.audio import HEARING_RATE
from voice.engines.logmel import HOP, normalised_log_mel

__all__ = ["SmartTurn"]

_SECONDS = 8


class SmartTurn:
    """The model in one onnxruntime session; may be shared by threads.

    Args:
        folder: holds smart-turn-v3.2-cpu.onnx.
        threads: cores one decision may use; about 0.06 s of one core.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        self._session = onnxruntime.InferenceSession(
            str(next(folder.glob("*.onnx"))), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def finished(self, pcm: np.ndarray) -> float:
        """Probability that the turn is over.

        Args:
            pcm: (n,) int16 at 16 kHz, the turn up to now, the silence after it included; its last 8 s count.
        """
        sound = pcm[-_SECONDS * HEARING_RATE :].astype(np.float32) / 32768
        sound = np.pad(sound, (_SECONDS * HEARING_RATE - len(sound), 0))
        sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
        features = normalised_log_mel(sound, _SECONDS * HEARING_RATE // HOP)
        return float(self._session.run(None, {"input_features": features[None]})[0].ravel()[0])
