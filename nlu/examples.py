"""Example sentences the understanding is trained from: readable files that people edit (`assets/intents/{fr,en}.yaml`).

    recommend:            # an intent of nlu.meaning.INTENTS
      ask_advice: |       # a family: one way of asking; one sentence per line
        vous me conseillez quoi comme {category}
        je cherche une idée de cadeau pour {recipient}

`{slot}` stands for anything of that slot. The families let an evaluation hold out whole ways of asking.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import yaml

from nlu.meaning import INTENTS
from nlu.normalise import fold
from personalization.assets import asset

__all__ = ["MASKS", "Example", "ExamplesError", "expand", "load_examples", "word_list"]

MASKS = {
    "product": "xproductx", "category": "xcategoryx", "number": "xnumberx", "budget": "xmoneyx", "date": "xdatex",
    "time": "xtimex", "order": "xorderx", "recipient": "xrecipientx", "store": "xstorex",
}  # fmt: skip
"""The word that takes the place of a recognised slot, in examples and in what is said."""


class ExamplesError(ValueError):
    """An example file isn't well formed; the message names the file, the intent and what to do."""


@dataclass(frozen=True)
class Example:
    text: str
    intent: str
    language: str
    family: str
    """INTENT/NAME, as the file has it."""
    group: str = ""
    """Sentences of one intent that are nearly the same share it: no evaluation may split them."""
    weight: float = 1.0


@cache
def load_examples(language: str) -> tuple[Example, ...]:
    """The examples of a language as written, placeholders unfilled.

    Raises:
        ExamplesError: an unknown intent or placeholder, or a family without sentences.
    """
    path = asset("intents", f"{language}.yaml")
    found: list[Example] = []
    for intent, families in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
        if intent not in INTENTS:
            raise ExamplesError(f"{path.name}: {intent!r} is not an intent; they are {', '.join(INTENTS)}")
        for family, lines in families.items():
            texts = [line.strip() for line in str(lines or "").splitlines() if line.strip()]
            if not texts:
                raise ExamplesError(f"{path.name}: {intent}/{family} has no sentence: write one per line or delete it")
            found += [Example(text, intent, language, f"{intent}/{family}") for text in texts]
    found = list(_grouped(found))
    for example in found:
        if unknown := set(re.findall(r"\{(\w+)\}", example.text)) - MASKS.keys():
            raise ExamplesError(f"{path.name}: {example.text!r} has {{{unknown.pop()}}}; slots are {', '.join(MASKS)}")
    return tuple(found)


def _grouped(examples: list[Example], near: float = 80.0) -> Iterator[Example]:
    """The examples with their group: linked, directly or through others of the intent, by a likeness of `near` or more.

    The similarity is the Indel ratio of the sorted words, 0 to 100 (rapidfuzz `token_sort_ratio`).
    """
    from rapidfuzz import fuzz, process

    by_intent: dict[str, list[Example]] = {}
    for example in examples:
        by_intent.setdefault(example.intent, []).append(example)
    for intent, rows in by_intent.items():
        texts = [row.text for row in rows]
        alike = process.cdist(texts, texts, scorer=fuzz.token_sort_ratio, processor=fold, score_cutoff=near) > 0
        group = list(range(len(rows)))
        for at in range(len(rows)):
            for other in alike[at, :at].nonzero()[0]:
                old, new = group[at], group[other]
                group = [new if each == old else each for each in group]
        for row, number in zip(rows, group, strict=True):
            yield replace(row, group=f"{row.language}:{intent}#{number}")


@cache
def word_list(name: str, language: str) -> dict[str, list[str]]:
    """One of the word files beside the examples (`assets/intents/NAME.yaml`), for a language."""
    table = yaml.safe_load(asset("intents", f"{name}.yaml").read_text(encoding="utf-8"))
    return {key: [str(each) for each in values] for key, values in table[language].items()}


def expand(examples: Iterable[Example], variants: int = 1, seed: int = 1) -> Iterator[Example]:
    """Each example with its slots masked, and again with words in their place that no catalogue may know.

    The variants of one example share its weight, so a sentence with a placeholder counts as much as one without.
    """
    draw = random.Random(seed)
    for example in examples:
        slots = re.findall(r"\{(\w+)\}", example.text)
        masked = re.sub(r"\{(\w+)\}", lambda match: MASKS[match.group(1)], example.text)
        words = word_list("nouns", example.language)
        spoken = [
            re.sub(r"\{(\w+)\}", lambda match, words=words: draw.choice(words[match.group(1)]), example.text)
            for _ in range(variants if slots and all(slot in words for slot in slots) else 0)
        ]
        texts = [masked, *spoken]
        for text in texts:
            yield Example(
                text, example.intent, example.language, example.family, example.group, example.weight / len(texts)
            )
