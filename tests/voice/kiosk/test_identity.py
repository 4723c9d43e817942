"""Codes: right, wrong, used up, too late, too many; typed and said."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.spoken_code import spoken_code
from personalization.catalogue import CatalogueError
from personalization.shop import Shop
from voice.kiosk import identity
from voice.kiosk.identity import CodeError, Codes, load_loyalty_codes, plain_code
from voice.kiosk.proof import Outcome


class Clock:
    """A fake clock."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_one_time_code_holds_once(clock):
    codes = Codes(clock)
    codes.add("candide", "482 913")
    assert (codes.check("482913").customer, codes.check("482-913").outcome) == ("candide", Outcome.WRONG)


def test_a_loyalty_code_holds_again_and_again(clock):
    codes = Codes(clock)
    codes.add("candide", "ab12cd34", once=False)
    assert [codes.check("AB12 CD34").customer for _ in range(3)] == ["candide"] * 3


def test_a_code_that_is_too_old_is_a_wrong_one(clock):
    codes = Codes(clock)
    code = codes.issue("candide", seconds=60)
    clock.now += 61
    assert codes.check(code).outcome is Outcome.WRONG


def test_three_wrong_tries_lock_and_then_even_the_right_code_waits(clock):
    codes = Codes(clock)
    codes.add("candide", "482913")
    assert [codes.check("000000").left for _ in range(2)] == [2, 1]
    assert codes.check("000000").outcome is Outcome.LOCKED
    assert codes.check("482913").outcome is Outcome.LOCKED
    clock.now += 60.5
    assert codes.check("482913").customer == "candide", "and it wasn't used up meanwhile"


def test_each_further_lock_is_twice_as_long_up_to_an_hour(clock):
    codes = Codes(clock)
    locks = []
    for _ in range(9):
        while (verdict := codes.check("000000")).outcome is not Outcome.LOCKED:
            pass
        locks.append(verdict.seconds)
        clock.now += verdict.seconds + 1
    assert locks == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_every_code_is_compared_in_constant_time_whether_one_was_found_or_not(clock, monkeypatch):
    codes, compared = Codes(clock), []
    for number in range(5):
        codes.add(f"customer{number}", f"10000{number}", once=False)
    monkeypatch.setattr(identity.hmac, "compare_digest", lambda a, b: compared.append((a, b)) or hmac_equal(a, b))
    counts = []
    for code in ("100000", "100004", "999999"):
        compared.clear()
        codes.check(code)
        counts.append(len(compared))
    assert counts == [5, 5, 5]


hmac_equal = hmac.compare_digest


def test_no_code_is_kept_as_it_is(clock):
    codes = Codes(clock)
    codes.add("candide", "482913")
    assert "482913" not in repr(vars(codes)) and b"482913" not in repr(vars(codes)).encode()


@pytest.mark.parametrize("code", ["12345", "", "-----1", "7" * 33])
def test_a_code_that_can_be_guessed_is_refused_without_being_told(code, clock):
    with pytest.raises(CodeError) as refused:
        Codes(clock).add("candide", code)
    assert not code or code not in str(refused.value)


def test_two_customers_dont_share_a_code(clock):
    codes = Codes(clock)
    codes.add("candide", "482913")
    with pytest.raises(CodeError, match="in use"):
        codes.add("martin", "4829 13")


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_verdict(text):
    codes = Codes(Clock())
    codes.add("candide", "482913")
    verdict = codes.check(text)
    assert (verdict.customer == "candide") == (plain_code(text) == "482913")


@pytest.mark.parametrize(
    ("said", "language", "code"),
    [
        ("quatre huit deux neuf un trois", "fr", "482913"),
        ("Mon code est le 482 913.", "fr", "482913"),
        ("quarante-huit, vingt-neuf, treize", "fr", "482913"),
        ("482.913", "fr", "482913"),
        ("48-29-13", "fr", "482913"),
        ("My code is four eight two, nine one three.", "en", "482913"),
        ("482,913", "en", "482913"),
        ("double four, two nine, one three", "en", "442913"),
    ],
)
def test_a_code_is_understood_however_it_is_said(said, language, code):
    assert spoken_code(said, language) == (code, True)


@pytest.mark.parametrize(("said", "language"), [("quatre huit deux", "fr"), ("my code is four eight two", "en")])
def test_a_code_half_said_is_known_as_such(said, language):
    assert spoken_code(said, language) == ("482", False)


@pytest.mark.parametrize(("said", "language"), [("oui", "fr"), ("un conseiller", "fr"), ("at 8 p.m. please", "en")])
def test_what_is_no_code_is_none(said, language):
    assert spoken_code(said, language) is None


def test_loyalty_codes_come_from_a_file(tmp_path, clock):
    path = tmp_path / "codes.csv"
    path.write_text("customer,code\nCandide,AB12CD34\nCunégonde,99887766\n", encoding="utf-8")
    codes = Codes(clock)
    assert load_loyalty_codes(codes, path, Shop.load()) == 2
    assert codes.check("ab12cd34").customer == "candide" and codes.check("ab12cd34").once is False


@pytest.mark.parametrize(
    ("rows", "line"), [("customer,code\nNobody,12345678\n", 2), ("customer,code\nCandide,12\n", 2), ("a,b\n", 1)]
)
def test_a_row_that_cannot_be_used_is_named_by_its_line(rows, line, tmp_path, clock):
    path = tmp_path / "codes.csv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(CatalogueError) as wrong:
        load_loyalty_codes(Codes(clock), path, Shop.load())
    assert wrong.value.line == line
