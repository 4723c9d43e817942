"""Numbers in words are the numbers they were made from; the digits a recogniser writes read the same."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from nlu.normalise import tokenise
from nlu.numbers import dictated, number_spans, parse_number
from nlu.ordinals import parse_ordinal

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


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
        ("en", "double oh seven", "007"),
        ("en", "nine hundred one", "901"),
        ("en", "nine hundred one two", "90012"),
        ("fr", "zéro six douze trente-quatre", "061234"),
        ("fr", "06 12 34", "061234"),
        ("fr", "quarante-huit vingt et un", "4821"),
        ("fr", "double zéro sept", "007"),
    ],
)
def test_dictated_digits(language, said, digits):
    assert dictated(said, language) == digits


@given(number=st.integers(1, 9_999), language=st.sampled_from(["fr", "en"]))
def test_ordinals_in_words_and_digits(number, language):
    assert parse_ordinal(num2words(number, lang=language, to="ordinal"), language) == number
    assert parse_ordinal(num2words(number, lang=language, to="ordinal_num"), language) == number


@pytest.mark.parametrize(
    ("language", "said", "value"),
    [
        ("fr", "première", 1),
        ("fr", "la seconde", None),
        ("fr", "seconde", 2),
        ("fr", "21ème", 21),
        ("fr", "vingt et unième", 21),
        ("fr", "quatre-vingt-dix-neuvième", 99),
        ("en", "twenty-first", 21),
        ("en", "3rd", 3),
        ("en", "hundredth", 100),
        ("en", "month", None),
        ("en", "with", None),
        ("fr", "deux", None),
    ],
)
def test_ways_of_saying_an_ordinal(language, said, value):
    assert parse_ordinal(said, language) == value


@given(hundredths=st.integers(0, 99_999), language=st.sampled_from(["fr", "en"]))
def test_decimals_in_words_and_digits(hundredths, language):
    value = hundredths / 100
    spoken = num2words(value, lang=language)
    for said in (spoken, f"{value:.2f}", f"{value:.2f}".replace(".", ",")):
        spans = number_spans(tokenise(said, language), language, said)
        assert [span.value for span in spans] == [value]


@pytest.mark.parametrize(
    ("language", "said", "value"),
    [
        ("fr", "deux virgule cinq", 2.5),
        ("fr", "deux virgule vingt-cinq", 2.25),
        ("fr", "deux et demi", 2.5),
        ("en", "zero point seven five", 0.75),
        ("en", "two point oh five", 2.05),
        ("en", "two and a half", 2.5),
        ("en", "100 and 50", 150),
        ("en", "a hundred and fifty", 150),
        ("en", "point", None),
        ("fr", "virgule", None),
    ],
)
def test_ways_of_saying_a_decimal(language, said, value):
    spans = number_spans(tokenise(said, language), language, said)
    assert [span.value for span in spans] == ([] if value is None else [value])


@given(digits=st.text("0123456789", min_size=2, max_size=10), language=st.sampled_from(["fr", "en"]))
def test_digits_said_one_by_one(digits, language):
    assert dictated(", ".join(num2words(int(digit), lang=language) for digit in digits), language) == digits
    assert dictated(" ".join(digits), language) == digits


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "je voudrais un café"), ("en", "an iron"), ("fr", ""), ("en", "€")]
)
def test_what_is_no_number(language, said):
    assert parse_number(said, language) is None
    assert dictated(said, language) is None


@given(text=st.text(max_size=80), language=st.sampled_from(["fr", "en"]))
def test_spans_are_ordered_apart_and_inside_the_text(text, language):
    tokens = tokenise(text, language)
    spans = number_spans(tokens, language, text)
    assert all(0 <= each.first < each.last <= len(tokens) for each in spans)
    assert all(one.last <= next_.first for one, next_ in pairwise(spans))
