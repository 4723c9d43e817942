"""Written text as a person reads it aloud: prices, numbers, times, percentages, e-mail, abbreviations.

Numbers are spelled by num2words; what a phrase says in words is left as it is.
"""

from __future__ import annotations

import re

__all__ = ["read_aloud", "sentences"]

_UNITS = {
    "fr": {"kg": "kilos", "g": "grammes", "cm": "centimètres", "mm": "millimètres", "m": "mètres", "km": "kilomètres",
           "l": "litres", "cl": "centilitres", "ml": "millilitres", "W": "watts", "V": "volts", "h": "heures",
           "min": "minutes", "Go": "gigaoctets"},
    "en": {"kg": "kilos", "g": "grams", "cm": "centimetres", "mm": "millimetres", "m": "metres", "km": "kilometres",
           "l": "litres", "cl": "centilitres", "ml": "millilitres", "W": "watts", "V": "volts", "h": "hours",
           "min": "minutes", "GB": "gigabytes"},
}  # fmt: skip
_WORDS = {
    "fr": {"%": " pour cent", "&": " et ", "@": " arobase ", "M.": "Monsieur", "Mme": "Madame", "n°": "numéro ",
           "1er": "premier", "1re": "première", "etc.": "et cetera"},
    "en": {"%": " percent", "&": " and ", "@": " at ", "Mr.": "Mister", "Mrs.": "Missis", "No.": "number", "etc.": "et cetera"},
}  # fmt: skip
_NUMBER = r"\d+(?:[  ]\d{3})+|\d+"


def read_aloud(text: str, language: str) -> str:
    """The text with everything that isn't a word written as it is said.

    Args:
        language: "fr" or "en".
    """
    text = re.sub(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b", lambda found: _address(found.group(), language), text)
    text = _prices(text, language)
    text = _times(text, language)
    for sign, words in _WORDS[language].items():
        text = re.sub(rf"(?<!\w){re.escape(sign)}(?!\w)" if sign[0].isalnum() else re.escape(sign), words, text)
    unit = "|".join(map(re.escape, _UNITS[language]))
    text = re.sub(rf"(?<=\d)\s?({unit})\b", lambda found: f" {_UNITS[language][found.group(1)]}", text)
    text = re.sub(r"\b([A-Z]{2,4})(\d{2,})\b", _code, text)
    text = re.sub(r"(?<!\d)0\d(?:[ .]\d\d){4}(?!\d)", lambda found: _pairs(found.group(), language), text)
    text = re.sub(rf"(?<![\w,.])({_NUMBER})(?:[,.](\d+))?(?!\w)", lambda found: _number(found, language), text)
    return re.sub(r"\s+", " ", text).strip()


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, none empty."""
    return [part.strip() for part in re.split(r"(?<=[.!?…])\s+(?=\S)", text) if re.search(r"\w", part)]


def _say(number: int, language: str) -> str:
    from num2words import num2words

    return num2words(number, lang=language)


def _prices(text: str, language: str) -> str:
    def spoken(found: re.Match) -> str:
        euros, cents = int(re.sub(r"\D", "", found["euros"])), int((found["cents"] or "0").ljust(2, "0"))
        plural = euros >= 2 if language == "fr" else euros != 1
        words = f"{_say(euros, language)} euro{'s' if plural else ''}"
        if not cents:
            return words
        return f"{words} {_say(cents, language)}"

    amount = rf"(?P<euros>{_NUMBER})(?:[.,](?P<cents>\d{{1,2}}))?"
    text = re.sub(rf"{amount}\s?(?:€|EUR\b)", spoken, text)
    text = re.sub(rf"(?:€)\s?{amount}", spoken, text)
    return re.sub(rf"(?P<euros>{_NUMBER}) euros? (?P<cents>\d\d)\b", spoken, text)


def _times(text: str, language: str) -> str:
    def french(found: re.Match) -> str:
        hour, minute = int(found[1]), int(found[2] or 0)
        words = "une heure" if hour == 1 else f"{_say(hour, 'fr')} heure{'s' if hour > 1 else ''}"
        return f"{words} {_say(minute, 'fr')}" if minute else words

    def english(found: re.Match) -> str:
        hour, minute = int(found[1]), int(found[2])
        half, shown = ("a.m." if hour < 12 else "p.m."), hour % 12 or 12
        words = _say(shown, "en")
        return f"{words} {half}" if not minute else f"{words} {'oh ' if minute < 10 else ''}{_say(minute, 'en')} {half}"

    if language == "fr":
        return re.sub(r"\b([01]?\d|2[0-3])\s?(?:h|:)\s?([0-5]\d)?(?!\w)(?<![:])", french, text)
    return re.sub(r"\b([01]?\d|2[0-3]):([0-5]\d)\b", english, text)


def _address(address: str, language: str) -> str:
    dot, at = ("point", "arobase") if language == "fr" else ("dot", "at")
    return address.replace("@", f" {at} ").replace(".", f" {dot} ")


def _code(found: re.Match) -> str:
    return f"{' '.join(found[1])} {' '.join(found[2])}"


def _pairs(number: str, language: str) -> str:
    said = []
    for pair in re.findall(r"\d\d", number):
        zero = "zéro" if language == "fr" else "oh"
        said.append(f"{zero} {_say(int(pair[1]), language)}" if pair[0] == "0" else _say(int(pair), language))
    return ", ".join(said)


def _number(found: re.Match, language: str) -> str:
    whole = _say(int(re.sub(r"\D", "", found[1])), language)
    if not found[2]:
        return whole
    point = "virgule" if language == "fr" else "point"
    decimals = _say(int(found[2]), language) if language == "fr" and found[2][0] != "0" else None
    return f"{whole} {point} {decimals or ' '.join(_say(int(digit), language) for digit in found[2])}"
