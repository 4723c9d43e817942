"""Written text as a person reads it aloud: prices, dates, times, units, codes, addresses, abbreviations.

Rules are applied in turn, the most particular first; each leaves words that no later rule touches. What a phrase says
in words is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from voice.speaking.figures import (
    DIGITS,
    clock,
    day,
    decimal,
    digits,
    number,
    ordinal,
    price,
    reading,
    whole,
    year,
)

__all__ = ["read_aloud", "sentences"]

_SPOKEN_AT_MOST = 9_999_999
"""A longer run of digits is a reference: it is read digit by digit."""


def read_aloud(text: str, language: str) -> str:
    """The text with everything that isn't a word written as it is said.

    Args:
        language: "fr" or "en".
    """
    text = re.sub(r"[\x00-\x1f\x7f]+", " ", text)
    for rule in _RULES:
        text = rule(text, language)
    return re.sub(r"\s+([,.])(?=\s|$)", r"\1", _tidy(text))


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, none empty."""
    return [part.strip() for part in re.split(r"(?<=[.!?…])\s+(?=\S)", text) if re.search(r"\w", part)]


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


# Addresses and codes


def _addresses(text: str, language: str) -> str:
    names = reading(language).address

    def said(found: re.Match) -> str:
        words = re.sub(r"\bwww\b", f" {names['www']} ", found[0].rstrip("."))
        for sign in ".@-_":
            words = words.replace(sign, f" {names[sign]} ")
        return _tidy(words) + "." * found[0].endswith(".")

    text = re.sub(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+", said, text)
    return re.sub(r"\b(?:https?://)?(?:www\.)?[\w-]+\.(?:fr|com|org|net|eu|be|ch|io|uk)\b(?!\w)", said, text)


def _phones(text: str, language: str) -> str:
    def said(found: re.Match) -> str:
        groups = re.findall(r"\d\d", re.sub(r"\D", "", found[0]))
        if language == "en":
            return ", ".join(digits(group, "en") for group in groups)
        return ", ".join(digits(each, "fr") if each[0] == "0" else number(int(each), "fr") for each in groups)

    return re.sub(r"(?<!\d)0\d(?:[ .]?\d\d){4}(?!\d)", said, text)


def _codes(text: str, language: str) -> str:
    """AB-123 and BC4712, letter by letter; a short number in a French code is read as a number."""

    def said(found: re.Match) -> str:
        letters, figures = " ".join(found[1]), found[2]
        short = language == "fr" and len(figures) <= 3 and figures[0] != "0"
        return f"{letters} {number(int(figures), 'fr') if short else digits(figures, language)}"

    return re.sub(r"\b([A-Z]{1,4})-?(\d{2,})\b", said, text)


# Moments


def _dates(text: str, language: str) -> str:
    def european(found: re.Match) -> str:
        return _day(found, int(found[1]), int(found[2]), int(found[3]) if found[3] else None)

    def iso(found: re.Match) -> str:
        return _day(found, int(found[3]), int(found[2]), int(found[1]))

    def _day(found: re.Match, number_: int, month: int, year_: int | None) -> str:
        if not (1 <= number_ <= 31 and 1 <= month <= 12):
            return found[0]
        return day(number_, month, year_ + 2000 if year_ is not None and year_ < 100 else year_, language)

    text = re.sub(r"(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?![\d-])", iso, text)
    return re.sub(r"(?<![\d/])(\d{1,2})/(\d{2})(?:/(\d{4}|\d{2}))?(?![\d/])", european, text)


def _times(text: str, language: str) -> str:
    if language == "fr":
        pattern = r"(?<![\d,.:])([01]?\d|2[0-3])(?:\s?h(?:\s?([0-5]\d)(?!\d))?(?!\w)|:([0-5]\d)(?!\d))"
        return re.sub(pattern, lambda found: clock(int(found[1]), int(found[2] or found[3] or 0), "fr"), text)

    def twelve(found: re.Match) -> str:
        return clock(int(found[1]), int(found[2] or 0), "en", found[3].lower() + "m")

    text = re.sub(r"\b(1[0-2]|0?[1-9])(?::([0-5]\d))?\s?([ap])\.?m\b\.?", twelve, text, flags=re.IGNORECASE)
    return re.sub(r"\b([01]?\d|2[0-3]):([0-5]\d)\b", lambda found: clock(int(found[1]), int(found[2]), "en"), text)


def _ordinals(text: str, language: str) -> str:
    if language == "en":
        return re.sub(r"\b(\d+)(?:st|nd|rd|th)\b", lambda found: ordinal(int(found[1]), "en"), text)
    text = re.sub(r"\b([XVI]+)e(?= siècle)", lambda found: ordinal(_roman(found[1]), "fr"), text)
    text = re.sub(r"\b1re\b", ordinal(1, "fr", feminine=True), text)
    return re.sub(r"\b(\d+)(?:er|e|ème|eme|ᵉ)\b", lambda found: ordinal(int(found[1]), "fr"), text)


def _roman(written: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in written]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


# Amounts


def _signs(text: str, language: str) -> str:
    return re.sub(r"(?<![\w)€$£.,/-])[-−–]\s?(?=[€$£]?\d)", f"{reading(language).minus} ", text)


def _prices(text: str, language: str) -> str:
    money = reading(language).currencies
    sign = "|".join(map(re.escape, money))
    named = {word: sign for sign, (one, many, *_) in money.items() if sign != "EUR" for word in (one, many)}
    amount = rf"(?P<units>{DIGITS})(?:[.,](?P<cents>\d{{1,2}}))?(?!\d)"

    def said(found: re.Match) -> str:
        written = found["sign"]
        cents = int((found.groupdict().get("cents") or "0").ljust(2, "0"))
        return price(whole(found["units"]), cents, named.get(written, written), language)

    text = re.sub(rf"(?P<sign>{sign})\s?{amount}", said, text)
    text = re.sub(rf"{amount}\s?(?P<sign>{sign})(?!\w)", said, text)
    words = "|".join(sorted(named, key=len, reverse=True))
    text = re.sub(rf"(?P<units>{DIGITS}) (?P<sign>{words}) (?P<cents>\d\d)\b", said, text)
    return re.sub(rf"(?P<units>{DIGITS})[.,](?P<cents>\d\d) (?P<sign>{words})\b", said, text)


def _dimensions(text: str, language: str) -> str:
    return re.sub(r"(?<=\d)\s?[x×]\s?(?=\d)", f" {reading(language).by} ", text)


def _units(text: str, language: str) -> str:
    table = reading(language).units

    def said(found: re.Match) -> str:
        one, many = table[found[3]]
        large = whole(found[1]) >= 2 or (language == "en" and (whole(found[1]) != 1 or bool(found[2])))
        feminine = one in reading(language).feminine
        amount = decimal(found[1], found[2], language) if found[2] else number(whole(found[1]), language, feminine)
        return f"{amount} {many if large else one}"

    names = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
    return re.sub(rf"(?<![\w,.])({DIGITS})(?:[.,](\d+))?\s?({names})(?!\w)", said, text)


def _words(text: str, language: str) -> str:
    for sign, words in reading(language).words.items():
        before = r"(?<!\w)" if sign[0].isalnum() else ""
        after = r"(?!\w)" if sign[-1].isalnum() else ""
        text = re.sub(f"{before}{re.escape(sign)}{after}", words, text)
    return text


def _years(text: str, language: str) -> str:
    """In English a year isn't read as a number; without a unit behind it, 1900 to 2099 is a year."""
    if language != "en":
        return text
    return re.sub(r"(?<![\w,.])((?:19|20)\d\d)(?![\w,.]\d|\w)", lambda found: year(int(found[1]), "en"), text)


def _numbers(text: str, language: str) -> str:
    def said(found: re.Match) -> str:
        written, fraction, follows = found[1], found[2], found[3] or ""
        if fraction:
            return decimal(written, fraction, language)
        value = whole(written)
        if (written[0] == "0" and len(written) > 1) or value > _SPOKEN_AT_MOST:
            return digits(written, language)
        return number(value, language, follows.strip() in reading(language).feminine)

    return re.sub(rf"(?<!\w)({DIGITS})(?:[,.](\d+))?(?!\d)(?=(\s\w+)?)", said, text)


_RULES: tuple[Callable[[str, str], str], ...] = (
    _addresses, _phones, _codes, _words, _dates, _times, _signs,
    _prices, _dimensions, _ordinals, _units, _years, _numbers,
)  # fmt: skip
