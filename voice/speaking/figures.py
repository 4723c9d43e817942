"""Figures as people say them: numbers, prices, times, dates, ordinals; the words of signs are in assets/speaking."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import yaml

from personalization.assets import asset
from personalization.phrases import LANGUAGES

__all__ = [
    "DIGITS",
    "Reading",
    "clock",
    "day",
    "decimal",
    "digits",
    "number",
    "ordinal",
    "price",
    "reading",
    "whole",
    "year",
]

DIGITS = r"\d{1,3}(?:[\u00a0\u202f ]\d{3})+(?!\d)|\d{1,3}(?:,\d{3})+(?!\d)|\d+"
"""A whole number, with its thousands apart or not (a comma parts them in English only)."""


@dataclass(frozen=True)
class Reading:
    """What assets/speaking/reading.yaml says of a language."""

    units: dict[str, tuple[str, str]]
    currencies: dict[str, tuple[str, str, str, str]]
    feminine: frozenset[str]
    words: dict[str, str]
    minus: str
    months: list[str]
    by: str
    point: str
    zero: str
    address: dict[str, str]


@cache
def reading(language: str) -> Reading:
    """The table of a language.

    Raises:
        KeyError: there is none.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    row = yaml.safe_load(asset("speaking", "reading.yaml").read_text(encoding="utf-8"))[language]
    pairs = {name: tuple(words) for name, words in row.pop("units").items()}
    money = {name: tuple(words) for name, words in row.pop("currencies").items()}
    return Reading(pairs, money, frozenset(row.pop("feminine").split()), **row)


def whole(written: str) -> int:
    """The value of what `DIGITS` found."""
    return int(re.sub(r"\D", "", written))


def number(value: int, language: str, feminine: bool = False) -> str:
    """75011 -> "soixante-quinze mille onze"; `feminine` makes French "vingt et une"."""
    from num2words import num2words

    said = num2words(value, lang=language).replace(",", "")
    return re.sub(r"\bun$", "une", said) if feminine and language == "fr" else said


def digits(written: str, language: str) -> str:
    """Each digit on its own: "042" -> "zéro quatre deux"."""
    zero = reading(language).zero
    return " ".join(zero if digit == "0" else number(int(digit), language) for digit in written)


def decimal(written: str, fraction: str, language: str) -> str:
    """2 and "75": "deux virgule soixante-quinze", "two point seven five"."""
    small = language == "fr" and fraction[0] != "0" and len(fraction) <= 2
    said = number(int(fraction), language) if small else " ".join(number(int(each), language) for each in fraction)
    return f"{number(whole(written), language)} {reading(language).point} {said}"


def ordinal(value: int, language: str, feminine: bool = False) -> str:
    """21 -> "vingt et unième", "twenty-first"; 1 -> "premier", "première"."""
    from num2words import num2words

    if language == "fr" and value == 1:
        return "première" if feminine else "premier"
    return num2words(value, lang=language, to="ordinal")


def year(value: int, language: str) -> str:
    """2026 -> "deux mille vingt-six", "twenty twenty-six"."""
    from num2words import num2words

    return num2words(value, lang=language, to="year") if language == "en" else number(value, language)


def price(units: int, hundredths: int, currency: str, language: str) -> str:
    """3, 90, "€" -> "trois euros quatre-vingt-dix"; 0, 99 -> "quatre-vingt-dix-neuf centimes"."""
    one, many, cent, cents = reading(language).currencies[currency]
    feminine = one in reading(language).feminine
    if hundredths and not units:
        return f"{number(hundredths, language)} {cent if hundredths == 1 else cents}"
    single = units < 2 if language == "fr" else units == 1
    said = f"{number(units, language, feminine)} {one if single else many}"
    # "un million d'euros": a round million calls for "de".
    if language == "fr" and units and units % 1_000_000 == 0:
        said = f"{number(units, language)} {'d’' if one[0] in 'aeiou' else 'de '}{many}".replace("’", "'")
    return f"{said} {number(hundredths, language)}" if hundredths else said


def clock(hour: int, minute: int, language: str, half: str = "") -> str:
    """9, 30 -> "neuf heures trente"; "nine thirty AM".

    Args:
        half: "am" or "pm" as written beside an English hour of twelve; none where the hour is of twenty-four.
    """
    if language == "fr":
        said = f"{number(hour, 'fr', feminine=True)} heure{'s' if hour > 1 else ''}"
        return f"{said} {number(minute, 'fr')}" if minute else said
    letters = half or ("am" if hour < 12 else "pm")
    said = number(hour if half else hour % 12 or 12, "en")
    minutes = f" {'oh ' if minute < 10 else ''}{number(minute, 'en')}" if minute else ""
    return f"{said}{minutes} {letters.upper()}"  # "p.m." would end a sentence


def day(number_: int, month: int, year_: int | None, language: str) -> str:
    """12, 11, 2026 -> "douze novembre deux mille vingt-six", "twelfth of November, twenty twenty-six"."""
    named = reading(language).months[month - 1]
    if language == "fr":
        said = f"{'premier' if number_ == 1 else number(number_, 'fr')} {named}"
        return said if year_ is None else f"{said} {year(year_, 'fr')}"
    said = f"{ordinal(number_, 'en')} of {named}"
    return said if year_ is None else f"{said}, {year(year_, 'en')}"
