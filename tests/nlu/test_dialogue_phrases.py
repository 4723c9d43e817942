"""The phrases of the dialogue: the same in both languages, short, and true to the catalogue's grammar."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.dialogue.spoken import sentence
from personalization.assets import asset
from personalization.grammar import when
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


def named(language: str) -> list[tuple[str, str]]:
    """Every wording that names a product or a category: (id, wording)."""
    return [
        (id, wording)
        for id in sorted(phrase_table(language))
        for wording in phrase_table(language)[id].say
        if re.search(r"\{(product|other|category)\b", wording)
    ]


@cache
def demo_catalogue():
    return Shop.load(today=TODAY).catalogue


class _Any(dict):
    """Values for the other placeholders of a wording."""

    def __missing__(self, key: str) -> str:
        return {"minutes": "20", "days": "30", "count": "trois", "years": "deux"}.get(key, "12 euros")


WRONG_FRENCH = re.compile(
    r"\b(de|à) (le|les) |\b(le|la|de|ce) (?=[aeiouéèêâîô])|\bl'(?=[bcdfgjklmnpqrstvwxz])|\bd'(?=[bcdfgjklmnpqrstvwxz])"
    r"|\bdes (?=les )|  |\bun (une|un) |\bces (ce|le) ",
    re.IGNORECASE,
)
NO_ELISION = re.compile(r"\b(le|la|de|ce) (yaourt|yoga|yeti|onze|oui|un )", re.IGNORECASE)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(named("fr")), st.data())
def test_no_french_wording_elides_contracts_or_agrees_wrongly(row, data):
    id, wording = row
    catalogue = demo_catalogue()
    products = sorted(catalogue.products)
    first, second = (catalogue.products[data.draw(st.sampled_from(products))].names["fr"] for _ in "ab")
    category = catalogue.categories[data.draw(st.sampled_from(sorted(catalogue.categories)))].names["fr"]
    text = wording.format_map(_Any(product=first, other=second, category=category))
    assert not WRONG_FRENCH.search(NO_ELISION.sub("", text)), (id, text)
    assert text[:1] == text[:1].upper() or id.startswith(("reason.item", "ask.", "product.at")), (id, text)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_verb_after_a_name_agrees_by_its_form_and_not_by_luck(language):
    """`{product.The} {product.be}`, never `{product.The} est`: the catalogue holds plurals."""
    verb = r"\{(?:product|other)\.[tT]he\} (est|sont|coûte|coûtent|a|ont|va|vont|is|are|costs|cost|has|have|goes)\b"
    found = [wording for _, wording in named(language) if re.search(verb, wording)]
    assert not [each for each in found if "{other.the} sont" not in each and "{other.the} cost " not in each]


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.integers(7, 400))
def test_the_first_of_a_month_is_said_1er_and_only_the_first(today, ahead):
    day = today + timedelta(days=ahead)
    said = when(day, today, "fr")
    assert said.startswith("le 1er " if day.day == 1 else f"le {day.day} ")


def test_what_is_said_often_has_several_wordings():
    often = "advice.offer product.price product.in_stock product.out_of_stock store.hours return.rule".split()
    for language in ("fr", "en"):
        assert not [id for id in often if len(phrase_table(language)[id].say) < 2]
