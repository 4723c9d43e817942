"""Numbers in words are the numbers they were made from; the digits a recogniser writes read the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from nlu.normalise import tokenise
from nlu.numbers import dictated, number_spans, parse_number


@pytest.mark.parametrize("spelling", ["fr", "fr_BE", "fr_CH", "en"])
@given(number=st.integers(0, 999_999))
def test_words_and_digits_are_the_number(spelling, number):
    language = spelling[:2]
    words = num2words(number, lang=spelling)
    assert parse_number(words, language) == number
    assert parse_number(words.replace("-", " ").replace(",", ""), language) == number
    assert parse_number(str(number), language) == number


@given(number=st.integers(1_000, 999_999))
def test_digits_grouped_as_a_recogniser_writes_them(number):
    assert parse_number(f"{number:,}", "en") == number
    assert parse_number(f"{number:,}".replace(",", " "), "fr") == number
    assert parse_number(f"{number:,}".replace(",", "\u202f"), "fr") == number


@pytest.mark.parametrize(
    ("language", "said", "value"),
    [
        ("fr", "soixante-quinze mille onze", 75011),
        ("fr", "soixante quinze mille 11", 75011),
        ("fr", "quatre-vingt-dix-sept", 97),
        ("fr", "nonante-sept", 97),
        ("fr", "huitante", 80),
        ("fr", "septante et un", 71),
        ("fr", "une vingtaine", 20),
        ("fr", "deux douzaines", 24),
        ("en", "twenty-five hundred", 2500),
        ("en", "a hundred and one", 101),
        ("en", "half a dozen", 6),
        ("en", "a couple", 2),
    ],
)
def test_ways_of_saying_a_number(language, said, value):
    assert parse_number(said, language) == value


@pytest.mark.parametrize(
    ("language", "said", "digits"),
    [
        ("en", "zero six double four", "0644"),
        ("en", "four eight two one", "4821"),
        ("en", "4 8 2 1", "4821"),
        ("en", "one oh five", "105"),
        ("en", "triple seven", "777"),
        ("fr", "zéro six douze trente-quatre", "061234"),
        ("fr", "06 12 34", "061234"),
        ("fr", "quarante-huit vingt et un", "4821"),
        ("fr", "double zéro sept", "007"),
    ],
)
def test_dictated_digits(language, said, digits):
    assert dictated(said, language) == digits


@pytest.mark.parametrize(("language", "said"), [("fr", "je voudrais un café"), ("en", "an iron"), ("fr", ""), ("en", "€")])
def test_what_is_no_number(language, said):
    assert parse_number(said, language) is None
    assert dictated(said, language) is None


@given(text=st.text(max_size=80), language=st.sampled_from(["fr", "en"]))
def test_spans_are_ordered_apart_and_inside_the_text(text, language):
    tokens = tokenise(text, language)
    spans = number_spans(tokens, language, text)
    assert all(0 <= each.first < each.last <= len(tokens) for each in spans)
    assert all(one.last <= next_.first for one, next_ in zip(spans, spans[1:], strict=False))
