"""Does this frame hold a voice? A cheap gate on every frame, a neural second opinion when the gate says maybe.

The gate is WebRTC's detector (Gaussian mixtures over six bands) or sound well over the noise floor; it lets through
anything that may be a voice. The second opinion is Silero's recurrent network, whose file ships inside faster-whisper.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from voice.audio import HEARING_RATE, AudioError, dbfs

__all__ = ["FRAME", "Activity", "VoiceActivity", "VoicedSpan", "voiced_span"]

FRAME = 320
"""Samples of a frame: 20 ms at 16 kHz."""

_WINDOW = 512  # samples the network takes at a time
_CONTEXT = 64  # and those before them that it sees again
_WARM_UP = 4  # windows replayed when the gate opens: the network judges badly from a cold start
_LEAD = 8  # windows of silence put before a whole sound: the network misses a word that begins at once
_HANGOVER = 0.4  # seconds the network keeps listening after the gate closed
_STARTS, _STAYS = 0.5, 0.35  # probability that makes speech, and that keeps it
_AUDIBLE_DBFS = -60.0  # below, nobody speaks: a quiet telephone line is at -65
_OVER_NOISE_DB = 9.0


@dataclass(frozen=True)
class Activity:
    speech: bool
    probability: float
    """That a human voice is in this frame, 0 to 1."""


class VoiceActivity:
    """Streaming, one per caller; the network is shared by all of a process.

    Judges in windows of 32 ms, so a decision is at most that late. Telephone sound (8 kHz upsampled) is what it is for.

    Raises:
        AudioError: another rate than 16 kHz.
    """

    def __init__(self, rate: int = HEARING_RATE) -> None:
        if rate != HEARING_RATE:
            raise AudioError(f"Voice activity is detected at {HEARING_RATE} Hz, not at {rate}: resample first.")
        import webrtcvad

        self._gate = webrtcvad.Vad(2)
        self._network = _silero()
        self._noise = _NoiseFloor()
        self._state = _rest()
        self._waiting = np.zeros(0, dtype=np.float32)
        self._heard: deque[np.ndarray] = deque(maxlen=_WARM_UP + 1)  # the last windows, judged or not
        self._open_for = 0.0
        self._probability = 0.0
        self._speech = False

    def push(self, frame: np.ndarray) -> Activity:
        """The next 20 ms.

        Args:
            frame: (320,) int16.
        """
        maybe = self._maybe(frame)
        was_open = self._open_for > 0
        self._open_for = _HANGOVER if maybe else max(0.0, self._open_for - FRAME / HEARING_RATE)
        self._waiting = np.concatenate((self._waiting, frame.astype(np.float32) / 32768))
        if self._open_for > 0 and not was_open:
            self._warm_up()
        while len(self._waiting) >= _WINDOW:
            window, self._waiting = self._waiting[:_WINDOW], self._waiting[_WINDOW:]
            self._heard.append(window)
            if self._open_for > 0:
                self._probability = self._judge(window)
        if self._open_for <= 0:
            self._probability = 0.0
        self._speech = self._probability >= (_STAYS if self._speech else _STARTS)
        return Activity(self._speech, self._probability)

    def _maybe(self, frame: np.ndarray) -> bool:
        level = dbfs(frame)
        over_noise = level - self._noise.update(level)
        if level < _AUDIBLE_DBFS:
            return False
        return over_noise >= _OVER_NOISE_DB or self._gate.is_speech(frame.tobytes(), HEARING_RATE)

    def _warm_up(self) -> None:
        self._state = _rest()
        for window in list(self._heard):
            self._judge(window)

    def _judge(self, window: np.ndarray) -> float:
        h, c, context = self._state
        sound = np.concatenate((context, window))[None, :]
        probability, h, c = self._network.run(None, {"input": sound, "h": h, "c": c})
        self._state = (h, c, window[-_CONTEXT:])
        return float(np.ravel(probability)[0])


@dataclass(frozen=True)
class VoicedSpan:
    """Where a voice was heard in a sound, in samples."""

    first: int
    last: int
    """Past the last voiced window."""
    pieces: tuple[tuple[int, int], ...]
    """Voiced stretches, in order (last excluded)."""

    @property
    def seconds(self) -> float:
        """How long a voice was heard in all."""
        return sum(last - first for first, last in self.pieces) / HEARING_RATE


def voiced_span(pcm: np.ndarray) -> VoicedSpan | None:
    """Where the voice is in a whole sound, by the network alone (a few milliseconds for a turn).

    Args:
        pcm: (n,) int16 at 16 kHz.

    Returns:
        None when a voice was heard in less than two windows (64 ms).
    """
    windows = -(-len(pcm) // _WINDOW)
    if not windows:
        return None
    lead = _LEAD * _WINDOW
    sound = np.zeros(lead + windows * _WINDOW, dtype=np.float32)
    sound[lead : lead + len(pcm)] = pcm.astype(np.float32) / 32768
    before = np.concatenate((np.zeros(_CONTEXT, dtype=np.float32), sound))
    batch = np.lib.stride_tricks.sliding_window_view(before, _WINDOW + _CONTEXT)[::_WINDOW]
    h, c, _ = _rest()
    probability = np.ravel(_silero().run(None, {"input": np.ascontiguousarray(batch), "h": h, "c": c})[0])[_LEAD:]
    # No higher peak is asked for: a short word ("un") may not reach it, and the recogniser has a guard of its own.
    voiced = (probability >= _STAYS).astype(np.int8)
    if voiced.sum() < 2:
        return None
    changes = np.flatnonzero(np.diff(voiced, prepend=0, append=0)).reshape(-1, 2) * _WINDOW
    pieces = tuple((int(first), min(len(pcm), int(last))) for first, last in changes)
    return VoicedSpan(pieces[0][0], pieces[-1][1], pieces)


class _NoiseFloor:
    """The level under the speech: falls at once, rises by 3 dB a second (after Martin's minimum statistics, 2001)."""

    def __init__(self) -> None:
        self._dbfs: float | None = None

    def update(self, level: float) -> float:
        rise = 3.0 * FRAME / HEARING_RATE
        self._dbfs = level if self._dbfs is None else min(level, self._dbfs + rise)
        self._dbfs = max(self._dbfs, -80.0)
        return self._dbfs


def _rest() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The network's state before any sound: h and c (1, 1, 128), context (64,)."""
    return (
        np.zeros((1, 1, 128), dtype=np.float32),
        np.zeros((1, 1, 128), dtype=np.float32),
        np.zeros(_CONTEXT, dtype=np.float32),
    )


@cache
def _silero():
    """One session with one thread for the whole process (a pool per call would eat the machine)."""
    import onnxruntime

    # Found without importing faster_whisper: that would load a second of libraries for one file.
    package = find_spec("faster_whisper")
    assets = Path(package.origin).parent / "assets" if package and package.origin else Path()
    files = sorted(assets.glob("silero_vad*.onnx"))
    if not files:
        raise AudioError("The voice activity model is missing: pip install --force-reinstall faster-whisper")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(files[-1]), options, providers=["CPUExecutionProvider"])
