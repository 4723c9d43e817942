"""How often a classifier of intents is right, how honest its confidence is, and what it finds out of scope."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlu.classifier import IntentClassifier
from nlu.sentence import Sentence

__all__ = ["OUT", "accuracy", "measured"]

OUT = "out_of_scope"


def accuracy(classifier: IntentClassifier, sentences: Sequence[Sentence], truth: Sequence[str]) -> float:
    best = _chances(classifier, sentences).argmax(axis=1)
    return round(float(np.mean([classifier.labels[at] == wanted for at, wanted in zip(best, truth, strict=True)])), 4)


def measured(classifier: IntentClassifier, sentences: Sequence[Sentence], truth: Sequence[str]) -> dict[str, float]:
    chances = _chances(classifier, sentences)
    labels, truth = np.array(classifier.labels), np.array(truth)
    right, sure = labels[chances.argmax(axis=1)] == truth, chances.max(axis=1)
    bins = np.minimum((sure * 10).astype(int), 9)
    error = sum(abs(right[bins == at].mean() - sure[bins == at].mean()) * np.mean(bins == at) for at in set(bins))
    inside = truth != OUT
    figures = {"accuracy": round(float(right[inside].mean()), 4), "calibration_error": round(float(error), 4)}
    if not inside.all():
        # How much a sentence seems to be in scope: the chance of its likeliest intent.
        scope = chances[:, labels != OUT].max(axis=1)
        figures["out_of_scope_recall"] = round(float(np.mean(scope[~inside] < np.quantile(scope[inside], 0.05))), 4)
    return figures


def _chances(classifier: IntentClassifier, sentences: Sequence[Sentence]) -> np.ndarray:
    from scipy.special import softmax

    parts = [classifier.scores(sentences[at : at + 256]) for at in range(0, len(sentences), 256)]
    return softmax(np.concatenate(parts), axis=1)
