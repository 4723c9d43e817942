"""E-mail addresses, postcodes, telephone and order numbers, said and written; and sentences that have none."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from nlu.entities import extract
from nlu.examples import load_examples
from nlu.parts import ANSWERED_BY
from nlu.spelling import spelt

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

TODAY = date(2026, 11, 24)
SLOTS = ("email", "phone", "postcode")
BOTH = pytest.mark.parametrize("language", ["fr", "en"])


def value(said: str, language: str, slot: str, asked: bool = False):
    found = extract(said, language, None, slot if asked else None, TODAY)
    return next((entity.value for entity, _, _ in found if entity.slot == slot), None)


@pytest.mark.parametrize(
    ("language", "said", "address"),
    [
        ("fr", "mon adresse c'est jean.dupont@free.fr", "jean.dupont@free.fr"),
        ("fr", "jean point dupont arobase free point fr", "jean.dupont@free.fr"),
        ("fr", "jean point dupont à robase free.fr", "jean.dupont@free.fr"),
        ("fr", "Jean Point Dupont, Arobaz, free.fr", "jean.dupont@free.fr"),
        ("fr", "jean point dupont a robas la poste point net", "jean.dupont@laposte.net"),
        ("fr", "Jean.dupontarobasefree.fr", "jean.dupont@free.fr"),
        ("fr", "Écrivez-moi à Paul, 75 à robace gmail.com", "paul75@gmail.com"),
        ("fr", "claire point petit à robas ouanadoux point faire", "claire.petit@wanadoo.fr"),
        ("fr", "J, E, A, N, arobase gmail.com", "jean@gmail.com"),
        ("fr", "J-E-A-N arobase gmail.com", "jean@gmail.com"),
        ("fr", "j e a n arobase gmail point com", "jean@gmail.com"),
        ("fr", "b comme Bernard, d comme Denis, arobase sfr.fr", "bd@sfr.fr"),
        ("fr", "vous pouvez m'écrire à hélène tiret du bas petit arobase orange point fr", "helene_petit@orange.fr"),
        ("fr", "paul soixante-quinze arobase gmail point com", "paul75@gmail.com"),
        ("fr", "envoyez-la à anne-marie@wanadoo.fr s'il vous plaît", "anne-marie@wanadoo.fr"),
        ("fr", "annette avec deux n, c'est anne deux t e arobase free point fr", "annette@free.fr"),
        ("en", "it's john_smith@gmail.com", "john_smith@gmail.com"),
        ("en", "john underscore smith at gmail dot com", "john_smith@gmail.com"),
        ("en", "John under score Smith at G mail dot com", "john_smith@gmail.com"),
        ("en", "mary.jones at yahoo.co.uk", "mary.jones@yahoo.co.uk"),
        ("en", "It's Mary.jonesatoutlook.com.", "mary.jones@outlook.com"),
        ("en", "j-o-h-n as iCloud.com", "john@icloud.com"),
        ("en", "T as in Thomas dot walker at live dot com", "t.walker@live.com"),
        ("en", "my email is double u three at hotmail dot com", "w3@hotmail.com"),
    ],
)
def test_email_addresses(language, said, address):
    assert value(said, language, "email") == address


@pytest.mark.parametrize(
    ("language", "said", "asked", "code"),
    [
        ("fr", "mon code postal, soixante-quinze mille onze", False, "75011"),
        ("fr", "mon code postal est 75 011", False, "75011"),
        ("fr", "mon code postal est 75.011", False, "75011"),
        ("fr", "j'habite à Lyon, 69 003", False, "69003"),
        ("fr", "livrez-moi au 12 rue des Lilas, 75011 Paris", False, "75011"),
        ("fr", "zéro six mille", True, "06000"),
        ("fr", "sept cinq zéro un un", True, "75011"),
        ("fr", "treize double zéro six", True, "13006"),
        ("fr", "soixante-neuf, zéro zéro trois", True, "69003"),
        ("fr", "mon code postal belge, mille cinquante", False, "1050"),
        ("fr", "mille", True, "1000"),
        ("en", "my postcode is SW1A 1AA", False, "SW1A 1AA"),
        ("en", "postcode S.W. 1A 1A.A.", False, "SW1A 1AA"),
        ("en", "my zip code is nine oh two one oh", False, "90210"),
        ("en", "seven five oh double one", True, "75011"),
        ("en", "my postal code is H2X 1Y4", False, "H2X 1Y4"),
    ],
)
def test_postcodes(language, said, asked, code):
    assert value(said, language, "postcode", asked) == code


@pytest.mark.parametrize(
    ("language", "said", "asked", "number"),
    [
        ("fr", "zéro six douze trente-quatre cinquante-six soixante-dix-huit", False, "+33612345678"),
        ("fr", "06 12 34 56 78", False, "+33612345678"),
        ("fr", "06.12.34.56.78", False, "+33612345678"),
        ("fr", "06-12-34-56-78", False, "+33612345678"),
        ("fr", "c'est le 0612345678", False, "+33612345678"),
        ("fr", "06, 12, 34, 56, 78.", False, "+33612345678"),
        ("fr", "plus trente-trois, six, douze, trente-quatre, cinquante-six, soixante-dix-huit", False, "+33612345678"),
        ("fr", "+33 6 12 34 56 78", False, "+33612345678"),
        ("fr", "+33 (0)6 12 34 56 78", False, "+33612345678"),
        ("fr", "0033 612 345 678", False, "+33612345678"),
        ("fr", "mon portable 06, W0111796.", False, "+33600111796"),
        ("fr", "c'est plus 33 à 6, 20, 30, 40, 50.", False, "+33620304050"),
        ("fr", "vingt, soixante, quinze", True, None),
        ("en", "oh seven seven double oh, nine hundred, one two three", False, "+447700900123"),
        ("en", "oh seven seven double oh nine hundred one two three", True, "+447700900123"),
        ("en", "nought one six one four nine six nought double seven five", True, "+441614960775"),
        ("en", "O7700 900123", False, "+447700900123"),
        ("en", "call me on 020 7946 0958", False, "+442079460958"),
        ("en", "my number is (212) 555-0147", False, "+12125550147"),
        ("en", "two one two, five five five, oh one four seven", True, "+12125550147"),
        ("en", "zero six, twelve, thirty-four, fifty-six, seventy-eight", False, "+33612345678"),
    ],
)
def test_telephone_numbers(language, said, asked, number):
    assert value(said, language, "phone", asked) == number


@pytest.mark.parametrize(
    ("language", "said", "asked", "order"),
    [
        ("fr", "ma commande c comme Charles, m comme Marie, quarante-huit vingt et un", False, "CM4821"),
        ("fr", "ma commande CM-48-21", False, "CM4821"),
        ("fr", "la commande C.M. 4821", False, "CM4821"),
        ("fr", "quatre, huit, deux, un", True, "4821"),
        ("fr", "Commande ci comme Charles, M. comme Marie, 52.07.", False, "CM5207"),
        ("en", "order C for Charlie, M for mother, four eight double two", False, "CM4822"),
        ("en", "My tracking number is 9.0014.", False, "90014"),
        ("en", "CM 48 21", True, "CM4821"),
    ],
)
def test_order_numbers(language, said, asked, order):
    assert value(said, language, "order", asked) == order
    assert not [slot for slot in SLOTS if value(said, language, slot)]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "un point c'est tout"),
        ("fr", "à quel point est-ce que la base est solide"),
        ("fr", "rappelez-moi au numéro que vous avez"),
        ("fr", "ça coûte 12 500 euros"),
        ("fr", "le 24/11/2026 à 14 h 30"),
        ("fr", "ma commande numéro 75011"),
        ("fr", "il y a deux mille onze ans"),
        ("fr", "je voudrais six, douze ou trente-quatre piles"),
        ("fr", "j'ai un mail à vous envoyer"),
        ("en", "I'm at home"),
        ("en", "meet me at the dot"),
        ("en", "look at that, it comes at fifty dollars"),
        ("en", "my order number is 90210"),
        ("en", "the year two thousand and eleven"),
        ("en", "send me an email at noon please. Come at ten"),
        ("en", "it costs 12,500 euros"),
        ("en", "I paid 19.99, dot com prices"),
    ],
)
def test_an_ordinary_sentence_has_none(language, said):
    assert not [slot for slot in SLOTS if value(said, language, slot)]


def test_an_address_asked_for_may_come_alone():
    assert set(SLOTS) <= ANSWERED_BY.keys()


@BOTH
def test_no_example_sentence_has_an_address(language):
    found = [each.text for each in load_examples(language) for slot in SLOTS if value(each.text, language, slot)]
    assert found == []


@given(department=st.integers(1, 95), rest=st.integers(0, 999))
def test_a_french_postcode_said_as_a_number_or_digit_by_digit(department, rest):
    code = f"{department:02d}{rest:03d}"
    words = ("zéro " if department < 10 else "") + num2words(int(code), lang="fr")
    digits = " ".join(num2words(int(digit), lang="fr") for digit in code)
    for said in (words, digits, code, f"{code[:2]} {code[2:]}"):
        assert value(said, "fr", "postcode", asked=True) == code
        assert value(f"mon code postal est {said}", "fr", "postcode") == code


@given(st.integers(1, 9), st.lists(st.integers(0, 99), min_size=4, max_size=4))
def test_a_french_number_said_in_pairs(second, pairs):
    number = f"+33{second}" + "".join(f"{pair:02d}" for pair in pairs)

    def pair_in_words(pair: int) -> str:
        return ("zéro " if pair < 10 else "") + num2words(pair, lang="fr")

    said = ", ".join([f"zéro {num2words(second, lang='fr')}", *map(pair_in_words, pairs)])
    written = f"0{second} " + " ".join(f"{pair:02d}" for pair in pairs)
    for each in (said, written, written.replace(" ", "."), written.replace(" ", "")):
        assert value(f"mon numéro est le {each}", "fr", "phone") == number


@given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.booleans())
def test_a_british_mobile_said_in_digits(digits, doubled):
    number = "07" + "".join(map(str, digits))
    words, at = [], 0
    while at < len(number):
        twice = doubled and number[at : at + 2] == number[at] * 2
        words += ["double"] * twice + ["oh" if number[at] == "0" else num2words(int(number[at]), lang="en")]
        at += 1 + twice
    assert value("my number is " + " ".join(words), "en", "phone") == f"+44{number[1:]}"


NAMES = st.sampled_from("martin lefevre dubois walker sophie thomas olivier bennett kowalski nguyen".split())


@given(
    names=st.lists(NAMES, min_size=1, max_size=3),
    sign=st.sampled_from(".-_"),
    digits=st.integers(0, 99).map(str) | st.just(""),
    domain=st.sampled_from(["free.fr", "gmail.com", "yahoo.co.uk", "la-scala.it", "kowalski.eu"]),
    language=st.sampled_from(["fr", "en"]),
)
def test_an_address_said_sign_by_sign(names, sign, digits, domain, language):
    spoken = {"fr": {".": "point", "-": "tiret", "_": "tiret du bas", "@": "arobase"},
              "en": {".": "dot", "-": "dash", "_": "underscore", "@": "at"}}[language]  # fmt: skip
    number = num2words(int(digits), lang=language) if digits else ""
    said = f" {spoken[sign]} ".join(names) + f" {number} {spoken['@']} "
    said += domain.replace(".", f" {spoken['.']} ").replace("-", f" {spoken['-']} ")
    frame = {"fr": "mon adresse c'est {}", "en": "my email is {}"}[language]
    address = f"{sign.join(names)}{digits}@{domain}"
    assert value(frame.format(said), language, "email") == address
    assert value(frame.format(address), language, "email") == address


@given(text=st.text(max_size=120), language=st.sampled_from(["fr", "en"]))
def test_pieces_are_in_order_and_in_the_text(text, language):
    pieces = spelt(text, language)
    assert all(0 <= piece.start < piece.end <= len(text) for piece in pieces)
    assert all(one.end <= other.start for one, other in pairwise(pieces))


@given(text=st.text(alphabet="a1 .@-,àâ'0èdotpin", max_size=60), language=st.sampled_from(["fr", "en"]))
def test_odd_spelling_never_raises(text, language):
    for slot in (None, *SLOTS, "order"):
        for entity, first, last in extract(text, language, None, slot):
            assert first < last and entity.said in text
