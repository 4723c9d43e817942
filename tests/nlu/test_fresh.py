"""The sentences that the understanding is measured on are not among those it learns from."""

import pytest
from rapidfuzz import fuzz, process

from nlu.examples import load_examples
from nlu.meaning import INTENTS
from nlu.normalise import squeeze
from tests.evals._fresh import HALVES, fresh

NEAR = 90
"""Indel ratio of the sorted words, 0 to 100, from which two sentences are nearly the same."""


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_fresh_sentence_is_nearly_an_example(language):
    examples = [squeeze(each.text.replace("{", "").replace("}", ""), language) for each in load_examples(language)]
    said = [text for half in HALVES for text, _ in fresh(language, half)]
    alike = process.cdist([squeeze(text, language) for text in said], examples, scorer=fuzz.token_sort_ratio)
    near = [(text, examples[row.argmax()]) for text, row in zip(said, alike, strict=True) if row.max() >= NEAR]
    assert not near, f"delete these from assets/intents/{language}.yaml, or they measure nothing: {near}"


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("half", HALVES)
def test_every_intent_is_measured(language, half):
    assert {intent for _, intent in fresh(language, half)} == set(INTENTS)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_sentence_is_in_both_halves(language):
    halves = [{squeeze(text, language) for text, _ in fresh(language, half)} for half in HALVES]
    assert not halves[0] & halves[1]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_there_are_examples_enough_of_every_intent(language):
    for intent in INTENTS:
        own = [each for each in load_examples(language) if each.intent == intent]
        assert len({each.group for each in own}) >= 40, intent
