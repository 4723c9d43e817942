"""The phrases of the dialogue: the same in both languages, short, and true to the catalogue's grammar."""

from __future__ import annotations

import re

import pytest
import yaml

from nlu.dialogue.spoken import sentence
from personalization.assets import asset
from personalization.phrases import Phrases, phrase_table
from personalization.shop import Shop
from tests.nlu.scripted import TODAY

FILES = ("dialogue", "advice", "products", "orders", "rights")
LONGEST = 20
"""Words of one line."""


def ids(language: str) -> set[str]:
    files = [asset("phrases", language, f"{file}.yaml") for file in FILES]
    return {id for file in files for id in yaml.safe_load(file.read_text(encoding="utf-8"))}


def placeholders(wording: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", wording))


def test_both_languages_have_the_same_phrases():
    assert ids("fr") == ids("en")


@pytest.mark.parametrize("id", sorted(ids("fr")))
def test_a_phrase_takes_the_same_values_in_every_wording_and_language(id):
    wordings = [wording for language in ("fr", "en") for wording in phrase_table(language)[id].say]
    assert len({frozenset(placeholders(wording)) for wording in wordings}) == 1


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_line_is_short_enough_to_be_followed(language):
    long = [
        (id, wording)
        for id in ids(language)
        for wording in phrase_table(language)[id].say
        if len(re.sub(r"\{[^}]*\}", "x y z", wording).split()) > LONGEST
    ]
    assert not long


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_phrase_names_a_feeling(language):
    feelings = re.compile(r"énerv|fâch|frustr|stress|upset|annoy|anxious|émotion|emotion", re.IGNORECASE)
    assert not [id for id in ids(language) for wording in phrase_table(language)[id].say if feelings.search(wording)]


@pytest.mark.parametrize("id", ["advice.offer", "advice.offer_accessory", "product.price", "product.out_of_stock"])
def test_french_agrees_elides_and_contracts_with_every_product(id):
    """No "de le", "à les", "le a...", and a plural takes a plural verb."""
    phrases = Phrases("fr")
    for product in Shop.load(today=TODAY).catalogue:
        for _ in phrase_table("fr")[id].say:
            text = phrases.say(id, product=product.names["fr"], price="12 euros", days=30).text
            assert not re.search(r"\b(de|à) (le|les) |\b(le|la) [aeiouéè](?!.*yaourt)", text.casefold()), text
            if product.names["fr"].plural:
                assert not re.search(r"\b(est|coûte|pourrait|convient|va) ", text), text


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("Une cafetière à filtre.", "une cafetière à filtre"),
        ("A filter coffee maker.", "a filter coffee maker"),
        ("USB-C et HDMI.", "USB-C et HDMI"),
    ],
)
def test_a_catalogue_text_fits_inside_a_sentence(text, inside):
    assert sentence(text) == inside
