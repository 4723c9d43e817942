"""Written figures, signs and abbreviations as people read them, in both languages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.phrases import LANGUAGES, phrase_table
from voice.speaking.text import read_aloud, sentences

FRENCH = {
    "3,90 €": "trois euros quatre-vingt-dix",
    "à 3 euros 90. Et": "à trois euros quatre-vingt-dix. Et",
    "1 250 €": "mille deux cent cinquante euros",
    "1 000 000 €": "un million d'euros",
    "0,99 €": "quatre-vingt-dix-neuf centimes",
    "1 €": "un euro",
    "21 €": "vingt et un euros",
    "-20 % sur tout": "moins vingt pour cent sur tout",
    "-5 °C": "moins cinq degrés",
    "le 12/11/2026": "le douze novembre deux mille vingt-six",
    "le 2026-03-01": "le premier mars deux mille vingt-six",
    "le 1er mars": "le premier mars",
    "la 2e fois": "la deuxième fois",
    "le XXIe siècle": "le vingt et unième siècle",
    "à 9 h 30": "à neuf heures trente",
    "de 9 h à 21h": "de neuf heures à vingt et une heures",
    "1 h": "une heure",
    "1,5 h": "un virgule cinq heure",
    "2,5 kg": "deux virgule cinq kilos",
    "100 m²": "cent mètres carrés",
    "30 x 40 cm": "trente par quarante centimètres",
    "réf. AB-123": "référence A B cent vingt-trois",
    "commande BC4712": "commande B C quatre sept un deux",
    "contact@belmont.fr": "contact arobase belmont point fr",
    "www.belmont.fr.": "trois w point belmont point fr.",
    "04 78 12 34 56": "zéro quatre, soixante-dix-huit, douze, trente-quatre, cinquante-six",
    "75011 Paris": "soixante-quinze mille onze Paris",
    "M. Martin et Mme Durand": "Monsieur Martin et Madame Durand",
    "n° 12": "numéro douze",
    "A+++": "A plus plus plus",
    "21 bouteilles": "vingt et une bouteilles",
    "12345678": "un deux trois quatre cinq six sept huit",
    "USB-C 65 W": "USB-C soixante-cinq watts",
}
ENGLISH = {
    "€3.90": "three euros ninety",
    "3.90 euros": "three euros ninety",
    "$5 or £12.50": "five dollars or twelve pounds fifty",
    "€0.99": "ninety-nine cents",
    "€1": "one euro",
    "1,250 euros": "one thousand two hundred and fifty euros",
    "-20%": "minus twenty percent",
    "12/11/2026": "twelfth of November, twenty twenty-six",
    "in 2026.": "in twenty twenty-six.",
    "the 21st": "the twenty-first",
    "9:30 am": "nine thirty AM",
    "9am to 7 p.m. today": "nine AM to seven PM today",
    "at 14:05": "at two oh five PM",
    "2.5 kg": "two point five kilos",
    "1 kg": "one kilo",
    "AB-123": "A B one two three",
    "contact@belmont.fr": "contact at belmont dot fr",
    "04 78 12 34 56": "oh four, seven eight, one two, three four, five six",
    "No. 12": "number twelve",
    "No, thanks": "No, thanks",
    "A & B": "A and B",
    "30 x 40 cm": "thirty by forty centimetres",
}


@pytest.mark.parametrize(("written", "said"), FRENCH.items())
def test_french_is_read_as_people_read_it(written, said):
    assert read_aloud(written, "fr") == said


@pytest.mark.parametrize(("written", "said"), ENGLISH.items())
def test_english_is_read_as_people_read_it(written, said):
    assert read_aloud(written, "en") == said


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.text(max_size=60))
def test_no_digit_of_any_text_is_left_unread(language, text):
    said = read_aloud(text, language)
    assert not re.search(r"(?<!\w)[0-9]+(?!\w)", said) or re.search(r"\w[0-9]|[0-9]\w", text)


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.integers(0, 99_999), st.integers(0, 99))
def test_every_price_names_its_currency_once(language, euros, cents):
    said = read_aloud(f"{euros},{cents:02d} €" if language == "fr" else f"€{euros}.{cents:02d}", language)
    assert len(re.findall(r"\beuros?\b|\bcents?\b(?! (?:un|deux))|\bcentimes?\b", said)) >= 1
    assert not re.search(r"\d|€", said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_phrases_say_in_words_is_left_as_it_is(language):
    for entry in phrase_table(language).values():
        for wording in entry.say:
            if not re.search(r"[\d{%&+@]", wording):
                assert read_aloud(wording, language) == re.sub(r"\s+", " ", wording).strip()


def test_sentences_keep_every_word_in_order():
    text = "Bonjour. Il est sept heures, non ? Oui… Très bien ! Fin"
    assert sentences(text) == ["Bonjour.", "Il est sept heures, non ?", "Oui…", "Très bien !", "Fin"]
    assert sentences("... ! ?") == [] and sentences("") == []
