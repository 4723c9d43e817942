"""From the caller's last speech sample to the first sample of the answer, by stage, both languages."""

from __future__ import annotations

import statistics
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np

from voice.demo import Demo, sample_call

LANGUAGES = ("fr", "en")


def run(quick: bool = False) -> dict[str, Any]:
    """Plays the sample calls; paced in real time, or (quick) with the engines' measured durations on the audio clock.

    `total` comes from the journal; `total_from_sound` from the written sound alone: the last loud sample of the
    caller's channel to the first one of the assistant's.
    """
    figures: dict[str, Any] = {"clock": "simulated" if quick else "real time"}
    pooled: dict[str, list[float]] = {}
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as folder:
            outcome = Demo(language=language, language_given=True, paced=not quick, out=Path(folder)).play(quiet=True)
            rows = [turn["latency"] for turn in outcome.summary["turns"] if "latency" in turn]
            heard = _from_sound(outcome.files["wav"], len(sample_call(language).turns))
        figures[language] = _figures(rows) | {"total_from_sound": _two(heard)}
        for row in rows:
            for stage, value in row.items():
                pooled.setdefault(stage, []).append(value)
        pooled.setdefault("total_from_sound", []).extend(heard)
    figures["turns"] = len(pooled["total"])
    figures["both"] = {stage: _two(values) for stage, values in pooled.items()}
    figures["goals"] = {"p50": 0.9, "p95": 1.5}
    return figures


def _figures(rows: list[dict[str, float]]) -> dict[str, Any]:
    return {"turns": len(rows)} | {stage: _two([row[stage] for row in rows]) for stage in rows[0]}


def _two(values: list[float]) -> dict[str, float]:
    return {"p50": round(statistics.median(values), 3), "p95": round(float(np.percentile(values, 95)), 3)}


def _from_sound(path: Path, turns: int) -> list[float]:
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2).astype(np.int32)
    size = rate // 100
    loud = np.abs(sound[: len(sound) // size * size]).reshape(-1, size, 2).max(axis=1) > 700
    caller, assistant = (np.flatnonzero(loud[:, side]) for side in (0, 1))
    gaps = []
    for last, following in zip(caller, np.append(caller[1:], len(loud)), strict=True):
        answer = assistant[assistant > last]
        if len(answer) and answer[0] < following and following - last > 60:
            gaps.append(float(answer[0] - last) / 100)
    return gaps
