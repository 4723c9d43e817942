"""The training code of the intents on public benchmarks, CLINC150 and Banking77: part of meaning."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from typing import Any

from nlu.classifier import IntentClassifier
from nlu.embedding import sentence_embedding
from nlu.examples import Example
from nlu.sentence import Sentence, read
from tests.evals._benchmarks import Benchmark, load
from tests.evals._measured import OUT, measured

__all__ = ["run"]


def run(quick: bool = False) -> dict[str, Any]:
    """With all training sentences, or with 20 an intent (quick).

    Returns:
        By benchmark: accuracy in scope, expected calibration error (10 bins), out-of-scope recall where 5 % of the rest
        is rejected, milliseconds a sentence, seconds to train; what papers report beside. peak_memory_mb: of the
        process. skipped_parts: what isn't there, and how to get it.
    """
    benchmarks, missing = load()
    figures: dict[str, Any] = {each.name: _public(each.few(20) if quick else each) for each in benchmarks}
    figures["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return figures | {"skipped_parts": [missing] if missing else []}


def _public(benchmark: Benchmark) -> dict[str, Any]:
    """The same training code on another's sentences; the concepts, which are the shop's own, stay out."""

    def seen(rows: Sequence[tuple[str, str]]) -> list[Sentence]:
        return [Sentence(one.words, one.spoken, "", "en") for one in (read(text, "en", []) for text, _ in rows)]

    examples = [Example(text, OUT if intent == "oos" else intent, "en", "") for text, intent in benchmark.train]
    embedding = sentence_embedding()
    classifier = IntentClassifier(embed=embedding.encode if embedding else None)
    began = time.perf_counter()
    classifier.fit(examples, seen(benchmark.train))
    trained = time.perf_counter() - began
    tested = benchmark.test + benchmark.out_of_scope
    began = time.perf_counter()
    sample = tested[:: max(1, len(tested) // 200)]
    for sentence in seen(sample):
        classifier.predict(sentence)
    each = (time.perf_counter() - began) / len(sample)
    figures = measured(classifier, seen(tested), [OUT if intent == "oos" else intent for _, intent in tested])
    return {
        "trained_on": len(examples), "tested_on": len(tested), **figures, "ms_a_sentence": round(1000 * each, 2),
        "train_seconds": round(trained, 1), "published": benchmark.published,
    }  # fmt: skip
