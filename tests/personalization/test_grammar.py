"""Forms of names, prices and dates, as people say them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from personalization.grammar import Name, cardinal, every, listed, money, plain, times, when
from tests.personalization.shops import shop

TODAY = date(2026, 6, 15)  # a Monday


@pytest.mark.parametrize(
    ("text", "form", "said"),
    [
        ("cafetière", "f", "la X, une X, de X, de la X, à la X, cette X"),
        ("grille-pain", "m", "le X, un X, de X, du X, au X, ce X"),
        ("aspirateur", "m", "l'X, un X, d'X, de l'X, à l'X, cet X"),
        ("imprimante", "f", "l'X, une X, d'X, de l'X, à l'X, cette X"),
        ("écouteurs", "mp", "les X, des X, d'X, des X, aux X, ces X"),
        ("piles", "fp", "les X, des X, de X, des X, aux X, ces X"),
        ("hamac", "m", "le X, un X, de X, du X, au X, ce X"),
        ("housse", "f", "la X, une X, de X, de la X, à la X, cette X"),
        ("huile", "fu", "l'X, de l'X, d'X, de l'X, à l'X, cette X"),
        ("café", "mu", "le X, du X, de X, du X, au X, ce X"),
        ("lessive", "fu", "la X, de la X, de X, de la X, à la X, cette X"),
        ("yaourt", "m", "le X, un X, de X, du X, au X, ce X"),
        ("œillet", "m", "l'X, un X, d'X, de l'X, à l'X, cet X"),
    ],
)
def test_french_elides_and_contracts(text, form, said):
    name = Name(text, "fr", form[0], form.endswith("p"), form.endswith("u"))
    forms = (name.the, name.a, name.of, name.of_the, name.to_the, name.this)
    assert ", ".join(forms).replace(text, "X") == said


@pytest.mark.parametrize(
    ("text", "plural", "a"),
    [
        ("kettle", False, "a kettle"),
        ("iron", False, "an iron"),
        ("HDMI cable", False, "an HDMI cable"),
        ("USB cable", False, "a USB cable"),
        ("universal charger", False, "a universal charger"),
        ("hourglass", False, "an hourglass"),
        ("batteries", True, "some batteries"),
    ],
)
def test_english_a_or_an(text, plural, a):
    assert Name(text, "en", plural=plural).a == a


def test_a_name_stands_in_a_phrase():
    name = Name("aspirateur", "fr")
    phrase = "Voici {0.the}, {0}, {0.The}, {0.It} {0.be} prêt{0.e}"
    assert phrase.format(name) == ("Voici l'aspirateur, aspirateur, L'aspirateur, Il est prêt")
    towels = Name("serviettes", "fr", "f", True)
    assert (towels.it, towels.be, towels.cost, towels.e, towels.your) == (
        "elles",
        "sont",
        "coûtent",
        "es",
        "vos serviettes",
    )


def test_no_article_of_the_catalogue_is_wrong():
    for product in shop().catalogue:
        name = product.names["fr"]
        assert not any(name.the.startswith(f"{article} {vowel}") for article in ("le", "la") for vowel in "aeiouéèêâ")
        assert "de le " not in name.of_the and "à le " not in name.to_the


@pytest.mark.parametrize(
    ("amount", "fr", "en"),
    [
        ("12.90", "12 euros 90", "12 euros 90"),
        ("49.00", "49 euros", "49 euros"),
        ("1.00", "1 euro", "1 euro"),
        ("1.05", "1 euro 05", "1 euro 05"),
        ("0.90", "90 centimes", "90 cents"),
        ("0", "0 euro", "0 euros"),
    ],
)
def test_prices(amount, fr, en):
    assert (money(Decimal(amount), "fr"), money(Decimal(amount), "en")) == (fr, en)


@pytest.mark.parametrize(
    ("ago", "fr", "en"),
    [
        (0, "aujourd'hui", "today"),
        (1, "hier", "yesterday"),
        (2, "avant-hier", "two days ago"),
        (10, "il y a dix jours", "ten days ago"),
        (21, "il y a trois semaines", "three weeks ago"),
        (100, "en mars", "in March"),
        (250, "en octobre", "in October"),
        (400, "en mai 2025", "in May 2025"),
        (-1, "demain", "tomorrow"),
        (-3, "jeudi", "on Thursday"),
        (-16, "le 1er juillet", "on July 1"),
    ],
)
def test_days_are_said_from_today(ago, fr, en):
    day = TODAY - timedelta(days=ago)
    assert (when(day, TODAY, "fr"), when(day, TODAY, "en")) == (fr, en)


def test_the_same_month_of_last_year_is_said_with_its_year():
    assert when(date(2025, 6, 20), TODAY, "fr") == "en juin 2025"


def test_periods_lists_and_numbers():
    assert (every(45, "fr"), every(62, "fr"), every(10, "en")) == (
        "toutes les six semaines",
        "tous les deux mois",
        "every ten days",
    )
    assert (listed(["a", "b", "c"], "fr"), listed(["a", "b"], "en"), listed([], "fr")) == ("a, b et c", "a and b", "")
    assert (cardinal(1, "fr", "f"), cardinal(20, "en"), cardinal(21, "fr")) == ("une", "twenty", "21")
    assert [times(count, "en") for count in (1, 2, 3)] == ["once", "twice", "three times"]
    assert times(3, "fr") == "trois fois"
    assert plain("Cunégonde") == "cunegonde" and plain("Œuf") == "oeuf"
