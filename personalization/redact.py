"""Card numbers never pass: dropped from text by their check digit (ISO/IEC 7812-1, Luhn; PCI DSS requirement 3).

Figures are read through spaces, dots, dashes and commas, and so are digits said one by one ("four nine seven zero").
"""

from __future__ import annotations

import re

from personalization.grammar import plain

__all__ = ["figures", "has_card_number", "luhn", "redact"]

_SAID = {
    "zero": "0", "un": "1", "une": "1", "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "six": "6", "sept": "7",
    "huit": "8", "neuf": "9", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "seven": "7",
    "eight": "8", "nine": "9",
}  # fmt: skip
_TEENS = {
    "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70,
    "huitante": 80, "nonante": 90, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip

_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_JOINS = frozenset({"et", "and", *".,-–/"})
_LENGTHS = range(13, 20)
"""Digits of a payment card number (ISO/IEC 7812-1: up to 19)."""


def luhn(digits: str) -> bool:
    """The check digit is right (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def redact(text: str, mark: str = "[…]") -> str:
    """The text with each card number replaced by `mark`.

    The whole run of figures goes, not just the digits of the card: what stands beside it may be its code or its date.
    """
    pieces, done = [], 0
    for start, end, digits in _runs(text):
        if _holds_card(digits):
            pieces += [text[done:start], mark]
            done = end
    return "".join([*pieces, text[done:]])


def has_card_number(text: str) -> bool:
    return redact(text) != text


def figures(text: str) -> str:
    """All figures said in the text, one after the other."""
    return "".join(digits for _, _, digits in _runs(text))


def _holds_card(digits: str) -> bool:
    return any(
        luhn(digits[start : start + length])
        for length in _LENGTHS
        for start in range(len(digits) - length + 1)
        if digits[start] != "0" and len(set(digits[start : start + length])) > 1
    )


def _runs(text: str) -> list[tuple[int, int, str]]:
    """Runs of figures and number words: (start, end, digits)."""
    runs: list[tuple[int, int, str]] = []
    words: list[str] = []
    start = end = None
    for token in (*_TOKEN.finditer(text), None):
        said = plain(token.group()) if token else ""
        if token and (said.isdecimal() or said in _SAID or said in _TEENS or said in _TENS):
            start = token.start() if start is None else start
            end = token.end()
            words.append(said)
        elif start is not None and not (token and said in _JOINS):
            runs.append((start, end, _digits(words)))
            words, start = [], None
    return runs


def _digits(words: list[str]) -> str:
    """What the words say, figure by figure: "quarante-neuf" and "forty nine" are 49, "soixante-dix-sept" is 77."""
    digits, place = "", 0
    while place < len(words):
        word, place = words[place], place + 1
        if word.isdecimal():
            digits += "".join(str(int(each)) for each in word)
        elif word in _SAID:
            if word == "quatre" and place < len(words) and words[place] in ("vingt", "vingts"):
                value, place = _after(80, words, place + 1)
                digits += str(value)
            else:
                digits += _SAID[word]
        elif word in _TEENS:
            value = _TEENS[word]
            if value == 10 and place < len(words) and words[place] in ("sept", "huit", "neuf"):
                value, place = value + int(_SAID[words[place]]), place + 1
            digits += str(value)
        else:
            value, place = _after(_TENS[word], words, place)
            digits += str(value)
    return digits


def _after(tens: int, words: list[str], place: int) -> tuple[int, int]:
    """The tens with what follows them: a unit, or after 60 and 80 a French teen."""
    if place < len(words):
        word = words[place]
        if tens in (60, 80) and word in _TEENS:
            value, place = tens + _TEENS[word], place + 1
            if word == "dix" and place < len(words) and words[place] in ("sept", "huit", "neuf"):
                value, place = value + int(_SAID[words[place]]), place + 1
            return value, place
        if word in _SAID and _SAID[word] != "0":
            return tens + int(_SAID[word]), place + 1
    return tens, place
