"""Sentences the understanding never learnt (tests/evals/fresh), and what it makes of them as whole turns."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from nlu.understanding import Understanding
from tests.evals._heard import heard

__all__ = ["HALVES", "fresh", "measure", "measure_heard"]

HALVES = ("steer", "report")
"""The first was looked at while the examples were improved; of the second only the figures were."""


def fresh(language: str, half: str) -> list[tuple[str, str]]:
    """(sentence, intent) of one half."""
    path = Path(__file__).with_name("fresh") / f"{language}.yaml"
    halves = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [(said, intent) for intent, lines in halves[half].items() for said in lines.splitlines()]


def measure(understanding: Understanding, language: str, half: str) -> dict[str, Any]:
    """How many are understood, first or as the second intent of the turn; how honest the confidence is (expected
    calibration error, 10 bins); of what is out of scope, how much is said to be, and how much else is taken for it;
    the intents most often taken for another."""
    rows = fresh(language, half)
    return _figures(understanding, language, rows, [said for said, _ in rows])


def measure_heard(understanding: Understanding, language: str, half: str, most: int | None = None) -> dict[str, Any]:
    """The same once the recogniser has heard them over the telephone (`tests.evals._heard`), with what is understood of
    those very sentences as typed.

    Args:
        most: so many of them, drawn once; None for all.

    Raises:
        Exception: a voice or the recogniser isn't there (the engines' own errors say what to do).
    """
    rows = fresh(language, half)
    rows = rows if most is None else random.Random(3).sample(rows, most)
    typed = _figures(understanding, language, rows, [said for said, _ in rows])
    texts = heard([said for said, _ in rows], language, understanding)
    figures = _figures(understanding, language, rows, texts)
    return {"sentences": figures.pop("sentences"), "typed": typed["accuracy"]} | figures


def _figures(
    understanding: Understanding, language: str, rows: Sequence[tuple[str, str]], texts: Sequence[str]
) -> dict[str, Any]:
    found = [understanding.understand(text, language, explain=False) for text in texts]
    truth = np.array([intent for _, intent in rows])
    said = np.array([meaning.intent for meaning in found])
    right, sure = said == truth, np.array([meaning.confidence for meaning in found])
    either = [
        intent in (meaning.intent, meaning.also.intent if meaning.also else None)
        for meaning, intent in zip(found, truth, strict=True)
    ]
    bins = np.minimum((sure * 10).astype(int), 9)
    error = sum(abs(right[bins == at].mean() - sure[bins == at].mean()) * np.mean(bins == at) for at in set(bins))
    outside, wrong = truth == "out_of_scope", Counter(zip(truth[~right], said[~right], strict=True))
    return {
        "sentences": len(rows),
        "accuracy": round(float(right.mean()), 4),
        "accuracy_either_intent": round(float(np.mean(either)), 4),
        "calibration_error": round(float(error), 4),
        "out_of_scope_recall": round(float(np.mean(said[outside] == "out_of_scope")), 4),
        "taken_for_out_of_scope": round(float(np.mean(said[~outside] == "out_of_scope")), 4),
        "most_confused": [f"{one} as {other}: {count}" for (one, other), count in wrong.most_common(3)],
    }
