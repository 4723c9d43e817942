"""For whom a present is chosen as for a child, and what the shop has for one."""

from __future__ import annotations

import pytest

from nlu.dialogue.children import for_child, suiting
from personalization.shop import Shop


@pytest.mark.parametrize(
    ("language", "text", "child"),
    [
        ("fr", "ma fille de dix ans", True), ("fr", "mon fils de 13 ans", True), ("fr", "mon fils de vingt ans", False),
        ("fr", "mes petits-enfants", True), ("fr", "ma mère", False), ("fr", "mon frère, vingt euros", False),
        ("en", "my ten year old nephew", True), ("en", "my nephew who's 30 years old", False),
        ("en", "my granddaughter", True), ("en", "my brother, ten euros", False), ("en", "a friend", False),
    ],
)  # fmt: skip
def test_a_child_is_called_one_or_is_under_fourteen(language, text, child):
    assert for_child(text, language) is child


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_suits_a_child_has_no_age_and_is_a_gift(language):
    catalogue = Shop.load().catalogue
    found = [catalogue.get(id) for id in suiting(catalogue, language)]
    assert len(found) > 5
    assert all(not each.minimum_age and catalogue.category(each).gift for each in found)
