"""How many callers at once one model hears on this machine: real listeners, sound paced in real time."""

from __future__ import annotations

import random
import statistics
import threading
import time
from typing import Any

import numpy as np

from voice.audit.recordings import HOW_TO_INSTALL, Prompt, prompts
from voice.engines.local import SharedTranscriber
from voice.engines.whisper import LocalWhisper
from voice.heard import Heard
from voice.listening import Listener
from voice.workers import ThreadWorkers

__all__ = ["Load", "callers_within", "load", "run"]

WITHIN = 0.7
"""Seconds from the last voiced sample to the final text, 95th percentile."""
SPEAKING = 0.4
"""Share of the time that a caller speaks."""
_RATE = 8_000
_FRAME = 160


class Load:
    """What a number of callers brought."""

    def __init__(self, callers: int) -> None:
        self.callers = callers
        self.seconds: list[float] = []
        """From the last voiced sample to the final text, each turn."""
        self.late = 0.0
        """The furthest a frame was pushed after its time, seconds: over 0.1 the feeding itself was too slow."""
        self.lost = 0
        """Turns whose final text never came."""

    def figures(self) -> dict[str, Any]:
        return {
            "callers": self.callers,
            "turns": len(self.seconds),
            "p50": round(statistics.median(self.seconds), 3) if self.seconds else None,
            "p95": round(self.p95, 3),
            "lost": self.lost,
            "frames_late_s": round(self.late, 3),
        }

    @property
    def p95(self) -> float:
        return float(np.percentile(self.seconds, 95)) if self.seconds else float("inf")


def run(quick: bool = False) -> dict[str, Any]:
    if not prompts("en", 1) or not prompts("fr", 1):
        return {"skipped": f"the telephone prompts aren't installed: {HOW_TO_INSTALL}"}
    from voice.engines.models import Models

    return callers_within(LocalWhisper(Models().ready("whisper-base")), quick)


def callers_within(whisper: LocalWhisper, quick: bool) -> dict[str, Any]:
    """More and more callers until the 95th percentile passes 0.7 s; the last number that held."""
    found: list[dict[str, Any]] = []
    most = 0
    for callers in (10, 14) if quick else range(10, 61, 2):
        reached = load(whisper, callers, 24.0 if quick else 60.0)
        found.append(reached.figures())
        if reached.p95 >= WITHIN or reached.lost or not reached.seconds:
            break
        most = callers
    return {"callers_p95_0_7": most, "how": "real run, real listeners, sound paced in real time", "steps": found}


def load(whisper: LocalWhisper, callers: int, seconds: float) -> Load:
    """That many callers for that long, each with a listener of its own, one model between them."""
    shared = SharedTranscriber(whisper)
    lines = [_Line(shared, number) for number in range(callers)]
    outcome = Load(callers)
    began = time.perf_counter()
    for frame in range(int(seconds * _RATE / _FRAME)):
        due = began + (frame + 1) * _FRAME / _RATE
        wait = due - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        outcome.late = max(outcome.late, -wait)
        for line in lines:
            line.push(frame, began, outcome)
    until = time.perf_counter() + 5.0
    frame += 1
    while any(line.listener.pending for line in lines) and time.perf_counter() < until:
        time.sleep(0.02)
        for line in lines:
            line.push(frame, began, outcome, silent=True)
        frame += 1
    outcome.lost += sum(line.listener.pending for line in lines)
    for line in lines:
        line.workers.close()
    shared.close()
    return outcome


class _Line:
    """One caller: a track of recordings and pauses, and the listener that hears it."""

    def __init__(self, shared: SharedTranscriber, number: int) -> None:
        self.language = ("fr", "en")[number % 2]
        self.workers = ThreadWorkers()
        self.ready: list[float] = []
        self.listener = Listener(_RATE, shared, self._understand, self.workers, self.language)
        self._track = _track(self.language, number)
        self._lock = threading.Lock()

    def _understand(self, text: str, language: str):
        with self._lock:  # the text is there now, whoever reads it later
            self.ready.append(time.perf_counter())

    def push(self, frame: int, began: float, outcome: Load, silent: bool = False) -> None:
        sound = np.zeros(_FRAME, np.int16) if silent else self._track[frame % len(self._track)]
        for event in self.listener.push(sound, (frame + 1) * _FRAME / _RATE):
            if isinstance(event, Heard):
                if event.prepared is None:
                    outcome.lost += 1
                elif event.prepared.hypothesis.text:
                    with self._lock:
                        outcome.seconds.append(self.ready[-1] - began - event.ended)


def _track(language: str, number: int) -> np.ndarray:
    """About a minute of turns and pauses: (frames, 160) int16 at 8 kHz, speech 40 % of the time."""
    chosen: list[Prompt] = prompts(language, 60)
    draw = random.Random(number)
    pieces: list[np.ndarray] = [_silence(draw.uniform(0, 4))]
    while sum(map(len, pieces)) < 60 * _RATE:
        spoken = draw.choice(chosen).pcm[::2]  # the recordings are 8 kHz sound brought to 16
        pause = len(spoken) / _RATE * (1 - SPEAKING) / SPEAKING
        pieces += [spoken, _silence(max(0.8, draw.gauss(pause, 0.3 * pause)))]
    sound = np.concatenate(pieces)
    return sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)


def _silence(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 6, int(seconds * _RATE)).astype(np.int16)
