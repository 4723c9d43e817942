"""Law 2: a line that uses personal data carries its disclosure, and can't be spoken without it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from personalization.disclosure import DisclosureGate, ReleasedLine
from personalization.explain import explain, reason_line
from personalization.grammar import plain
from personalization.phrases import Phrases
from personalization.purposes import DataKind
from personalization.recommend import Request
from tests.personalization.shops import TODAY, advice, bought, purchases, recommender, requests, shop


def lines_about(history, request, language="fr"):
    phrases, lines = Phrases(language, "Belmont"), []
    for suggestion in recommender().offer(advice(*history), request).suggestions:
        lines.append(reason_line(suggestion, phrases, shop().catalogue, TODAY))
        for depth in (1, 2, 3):
            lines += explain(suggestion, depth, phrases, shop().catalogue, TODAY)
    return lines


@given(purchases(), requests())
@settings(max_examples=40, deadline=None)
def test_purchases_are_never_used_before_they_are_announced(history, request):
    gate, announced = DisclosureGate(), set()
    for line in gate.release(lines_about(history, request), Phrases("fr", "Belmont")):
        if line.discloses:
            announced.add(line.discloses)
        assert line.uses <= announced


@given(purchases(sensitive=False), requests())
@settings(max_examples=40, deadline=None)
def test_a_line_that_lists_no_data_names_no_purchase(history, request):
    """The suggested products and those the shop offers anyway are no data; anything else that was bought is."""
    offers = recommender().offer(advice(*history), request)
    free = {each.product.id for each in offers.suggestions} | {id for each in offers.suggestions for id in each.also}
    for line in lines_about(history, request):
        if DataKind.PURCHASES not in line.uses:
            for each in history:
                if each.product not in free:
                    assert plain(str(shop().catalogue.products[each.product].names["fr"])) not in plain(
                        line.phrase.text
                    )


def test_a_line_cannot_be_released_by_anyone_else():
    phrase = Phrases("fr").say("reason.otherwise")
    with pytest.raises(TypeError, match="DisclosureGate"):
        ReleasedLine(phrase, frozenset({DataKind.PURCHASES}), None, None)


def test_each_kind_is_announced_once_and_again_if_it_was_not_heard():
    lines = lines_about([bought("ventora-silence", 34)], Request())
    gate, phrases = DisclosureGate(), Phrases("fr", "Belmont")
    first = [line.phrase.id for line in gate.release(lines, phrases)]
    assert first[0] == "disclosure.purchases" and first.count("disclosure.purchases") == 1
    assert "disclosure.purchases" not in [line.phrase.id for line in gate.release(lines, phrases)]
    gate.unsaid(DataKind.PURCHASES)
    assert gate.release(lines, phrases)[0].phrase.id == "disclosure.purchases"


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", [each for each in DataKind if each is not DataKind.IDENTITY])
def test_every_kind_has_its_script_in_both_languages(kind, language):
    phrase = Phrases(language, "Belmont").say(f"disclosure.{kind.value}")
    assert phrase.script and phrase.fixed
