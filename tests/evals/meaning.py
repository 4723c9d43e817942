"""Intents: ways of asking never seen, typed and heard over the telephone; what meaning-public measures; memory."""

from __future__ import annotations

import random
import re
import resource
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from nlu.classifier import IntentClassifier
from nlu.embedding import sentence_embedding
from nlu.entities import extract
from nlu.entities.catalogue_match import CatalogueMatcher
from nlu.examples import Example, expand, load_examples
from nlu.sentence import Sentence, read
from nlu.trained import LANGUAGES
from nlu.understanding import Understanding
from personalization.shop import Shop
from tests.evals import meaning_heard, meaning_public
from tests.evals._fresh import HALVES, measure
from tests.evals._heard import heard
from tests.evals._measured import accuracy, measured

__all__ = ["families", "run"]

SAID = {
    "fr": {"number": ["deux", "quatre"], "budget": ["cinquante euros", "trente euros"], "date": ["mardi", "demain"],
           "time": ["dix heures", "quinze heures"], "order": ["CM 4821"], "recipient": ["ma mère", "mon frère"]},
    "en": {"number": ["two", "four"], "budget": ["fifty euros", "thirty pounds"], "date": ["tuesday", "tomorrow"],
           "time": ["ten o'clock", "three pm"], "order": ["CM 4821"], "recipient": ["my mother", "my brother"]},
}  # fmt: skip
"""What fills the slots of a sentence that is tried; products, categories and stores are the demo shop's."""


def run(quick: bool = False) -> dict[str, Any]:
    """The figures of understanding.

    Returns:
        held_out: by language, of the half of the families that was not trained on: accuracy, the same after a
            telephone, expected calibration error (10 bins), out-of-scope recall where 5 % of the rest is rejected.
        fresh: by language and half, of sentences written without having read the examples, as whole turns; fresh_heard:
            what meaning-heard measures; public: what meaning-public does.
        skipped_parts: what couldn't run, and what to do.
    """
    embedding = sentence_embedding()
    figures: dict[str, Any] = {"embeddings": embedding is not None, "skipped_parts": []}
    shop = Shop.load()
    understanding = Understanding(shop.catalogue, {store.id: store.name for store in shop.stores})
    figures["held_out"] = _own(quick, figures["skipped_parts"], understanding)
    figures["whole_turn"] = _whole_turn(understanding)
    figures["fresh"] = {
        language: {half: measure(understanding, language, half) for half in HALVES} for language in LANGUAGES
    }
    for name, part in (("fresh_heard", meaning_heard), ("public", meaning_public)):
        figures[name] = part.run(quick)
        figures["skipped_parts"] += figures[name].pop("skipped_parts")
    figures["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    figures["goals"] = {"accuracy": 0.95, "accuracy_heard": 0.90, "ms_a_sentence": 5}
    return figures


def families(examples: Sequence[Example], near: float = 0.85) -> list[int]:
    """The family of phrasing of each example: near-duplicates by words (`Example.group`) or, in any language, meaning
    (cosine of the embeddings over `near`), linked through one another. A split by families separates no such pair."""
    parent = list(range(len(examples)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first: dict[str, int] = {}
    for at, example in enumerate(examples):
        parent[root(at)] = root(first.setdefault(example.group, at))
    if embedding := sentence_embedding():
        points = embedding.encode([read(next(expand([each])).text, each.language).spoken for each in examples])
        intents = np.array([each.intent for each in examples])
        for intent in sorted(set(intents)):
            rows = np.flatnonzero(intents == intent)
            for one, other in zip(*np.nonzero(np.triu(points[rows] @ points[rows].T, 1) > near), strict=True):
                parent[root(rows[one])] = root(rows[other])
    return [root(at) for at in range(len(examples))]


def _own(quick: bool, skipped: list[str], understanding: Understanding) -> dict[str, Any]:
    examples = [each for language in LANGUAGES for each in load_examples(language)]
    family = families(examples)
    draw = random.Random(7)
    trained_on = {each: draw.random() < 0.5 for each in sorted(set(family))}
    train = list(expand(each for each, of in zip(examples, family, strict=True) if trained_on[of]))
    held = [each for each, of in zip(examples, family, strict=True) if not trained_on[of]]
    classifier, seconds = _fit(train)
    figures: dict[str, Any] = {"families": len(trained_on), "train_seconds": seconds}
    for language in LANGUAGES:
        listen = _Listener(language)
        own = [each for each in held if each.language == language]
        texts = [listen.filled(each.text) for each in own]
        truth = [each.intent for each in own]
        figures[language] = {"sentences": len(own)} | measured(
            classifier, [listen.seen(text) for text in texts], truth
        )
        # Sentences of two words or more: a lone "ok" by a synthetic voice tells nothing of a telephone.
        chosen = [at for at, text in enumerate(texts) if len(text.split()) > 1]
        chosen = sorted(random.Random(3).sample(chosen, min(15 if quick else 100, len(chosen))))
        try:
            sounded = heard([texts[at] for at in chosen], language, understanding)
        except Exception as problem:
            skipped.append(f"heard, {language}: {problem}")
            continue
        wanted = [truth[at] for at in chosen]
        figures[language]["heard"] = {
            "sentences": len(chosen),
            "typed": accuracy(classifier, [listen.seen(texts[at]) for at in chosen], wanted),
            "heard": accuracy(classifier, [listen.seen(text) for text in sounded], wanted),
        }
    return figures


class _Listener:
    """Fills and reads sentences with the demo shop's names."""

    def __init__(self, language: str) -> None:
        shop = Shop.load()
        stores = {store.id: store.name for store in shop.stores}
        self.language = language
        self._matcher = CatalogueMatcher(shop.catalogue, language, stores)
        self._draw = random.Random(5)
        self._words = SAID[language] | {
            "product": [str(each.names[language]) for each in shop.catalogue.products.values()],
            "category": [
                str(each.names[language]) for each in shop.catalogue.categories.values() if not each.sensitive
            ],
            "store": [name.split()[0] for name in stores.values()],
        }

    def filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda slot: self._draw.choice(self._words[slot[1]]), text)

    def seen(self, text: str) -> Sentence:
        return read(text, self.language, extract(text, self.language, self._matcher))


def _fit(examples: Sequence[Example]) -> tuple[IntentClassifier, float]:
    embedding = sentence_embedding()
    began = time.perf_counter()
    classifier = IntentClassifier(embed=embedding.encode if embedding else None)
    classifier.fit(examples, [read(each.text, each.language) for each in examples])
    return classifier, round(time.perf_counter() - began, 1)


def _whole_turn(understanding: Understanding) -> dict[str, float]:
    """Milliseconds a turn takes from text to meaning, slots and second intents included; seconds to load."""
    began = time.perf_counter()
    understanding.warm()
    figures = {"load_seconds": round(time.perf_counter() - began, 2)}
    for explain in (False, True):
        took = []
        for language in LANGUAGES:
            for example in load_examples(language)[::10]:
                began = time.perf_counter()
                understanding.understand(example.text, language, explain=explain)
                took.append(time.perf_counter() - began)
        figures["ms_explained" if explain else "ms"] = round(1000 * float(np.median(took)), 2)
    return figures
