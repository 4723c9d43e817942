"""Numbers as people say them, in French (of France, Belgium and Switzerland) and English, to integers.

parse_number("soixante-quinze mille onze", "fr")  -> 75011
parse_number("twenty-five hundred", "en")         -> 2500
dictated("zero six double four", "en")            -> "0644"
number_spans of "deux virgule cinq", "two and a half" -> 2.5
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.normalise import Token, tokenise

__all__ = ["NumberSpan", "dictated", "dictated_step", "digit_runs", "number_at", "number_spans", "parse_number"]

_UNITS = {
    "fr": {
        word: value
        for value, words in enumerate(
            "zero|un une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize".split(
                "|"
            )
        )
        for word in words.split()
    },
    "en": {
        word: value
        for value, words in enumerate(
            "zero nought naught|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
            "fifteen|sixteen|seventeen|eighteen|nineteen".split("|")
        )
        for word in words.split()
    },
}
_TENS = {
    "fr": {"vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70,
           "huitante": 80, "octante": 80, "nonante": 90},
    "en": {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
           "eighty": 80, "ninety": 90},
}  # fmt: skip
_HUNDRED = {"fr": {"cent", "cents"}, "en": {"hundred"}}
_SCALES = {
    "fr": {"mille": 10**3, "mil": 10**3, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9},
    "en": {"thousand": 10**3, "grand": 10**3, "million": 10**6, "billion": 10**9},
}
_GROUPS = {
    "fr": {"dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
           "cinquantaine": 50, "soixantaine": 60, "centaine": 100},
    "en": {"dozen": 12, "couple": 2, "pair": 2},
}  # fmt: skip
_REPEAT = {"fr": {"double": 2, "triple": 3}, "en": {"double": 2, "triple": 3, "treble": 3}}
_ARTICLES = {"fr": {"un", "une"}, "en": {"a", "an", "one"}}


@dataclass(frozen=True, slots=True)
class NumberSpan:
    """A number among tokens: positions (last excluded), its value, and whether it may only be an article ("un")."""

    first: int
    last: int
    value: int | float
    article: bool = False


_LONGEST = 15
"""Digits of a written number, at most; more of them are a card's or a serial number's."""
Read = tuple[int, int] | None
"""Value, and the position after it."""


def _digits(word: str) -> int | None:
    plain = word.replace(",", "") if word.count(",") and len(word.rsplit(",", 1)[1]) == 3 else word
    return int(plain) if plain.isdecimal() and len(plain) <= _LONGEST else None


def _below_hundred(words: Sequence[str], at: int, language: str) -> Read:
    if at >= len(words):
        return None
    units, word = _UNITS[language], words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if language == "en":
        if word in _TENS["en"]:
            tens = _TENS["en"][word]
            return (tens + units[following], at + 2) if 1 <= units.get(following, 0) <= 9 else (tens, at + 1)
        return (units[word], at + 1) if word in units else None
    if word == "quatre" and following in ("vingt", "vingts"):
        return _with_rest(words, at + 2, 80, 19)
    if word in _TENS["fr"]:
        return _with_rest(words, at + 1, _TENS["fr"][word], 19 if word == "soixante" else 9)
    if word == "dix" and following in ("sept", "huit", "neuf"):
        return 10 + units[following], at + 2
    return (units[word], at + 1) if word in units else None


def _with_rest(words: Sequence[str], at: int, tens: int, most: int) -> Read:
    """French tens with what may follow: 1 to 9, or 1 to 19 after 60 and 80; "et" only before un and onze."""
    linked = at < len(words) and words[at] == "et"
    start = at + linked
    if (start < len(words) and words[start] not in ("zero", "quatre")) or words[start + 1 : start + 2] != ["vingt"]:
        rest = _below_hundred(words, start, "fr") if start < len(words) and words[start] not in _TENS["fr"] else None
        if rest and 1 <= rest[0] <= most and (not linked or rest[0] in (1, 11)):
            return tens + rest[0], rest[1]
    return tens, at


def _small_digits(words: Sequence[str], at: int) -> Read:
    value = _digits(words[at]) if at < len(words) else None
    return (value, at + 1) if value is not None and value < 100 else None


def _below_thousand(words: Sequence[str], at: int, language: str) -> Read:
    if at >= len(words):
        return None
    hundred = _HUNDRED[language]
    if words[at] in hundred or (language == "en" and words[at] == "a" and words[at + 1 : at + 2] == ["hundred"]):
        head, at = 1, at + (words[at] not in hundred)
    else:
        digits = _digits(words[at])
        start = (digits, at + 1) if digits is not None else _below_hundred(words, at, language)
        if language == "en" and digits and digits % 100 == 0 and digits < 10_000 and words[at + 1 : at + 2] == ["and"]:
            rest = _below_hundred(words, at + 2, "en") or _small_digits(words, at + 2)  # "100 and 50" is 150
            return (digits + rest[0], rest[1]) if rest and rest[0] else start
        if start is None or start[1] >= len(words) or words[start[1]] not in hundred or not 1 <= start[0] < 100:
            return start
        head, at = start
    at += 1
    link = at + (language == "en" and at < len(words) and words[at] == "and")
    rest = _below_hundred(words, link, language)
    if rest and rest[0] and not (rest[1] < len(words) and words[rest[1]] in hundred):
        return head * 100 + rest[0], rest[1]
    return head * 100, at


def number_at(words: Sequence[str], at: int, language: str) -> Read:
    """The longest number that begins at a word, below 10**12, and the position after it; None where none begins."""
    scales, total, ceiling, end = _SCALES[language], 0, 10**12, None
    while at < len(words):
        start = at
        if end is not None and language == "en" and words[at] == "and":
            start += 1
        if words[start : start + 1] and words[start] in ("mille", "mil", "thousand") and end is None:
            part: Read = (1, start)
        elif (
            language == "en"
            and words[start : start + 1] == ["a"]
            and words[start + 1 : start + 2]
            and words[start + 1] in scales
        ):
            part = (1, start + 1)
        elif end is not None and ceiling > 1000 and words[start : start + 1] and words[start] in ("mille", "mil"):
            part = (1, start)
        else:
            part = _below_thousand(words, start, language)
        if part is None or (end is not None and part[0] == 0):
            break
        value, after = part
        if value == 0:
            return 0, after  # "zero, six mille deux cents": nothing is counted by zero
        scale = scales.get(words[after], 1) if after < len(words) else 1
        if end is not None and (scale >= ceiling or value * scale >= ceiling):
            break
        if scale == 1 and end is not None and start > at and value > 99:
            break
        total, end, ceiling = total + value * scale, after + (scale > 1), scale
        at = end
        if scale == 1:
            break
        if at < len(words) and words[at] == "de":
            break
    return None if end is None else (total, end)


def number_spans(tokens: Sequence[Token], language: str, text: str = "") -> list[NumberSpan]:
    """Every number among the tokens, left to right, never overlapping.

    Args:
        text: the original text; with it, digits grouped by spaces ("12 500") are joined.
    """
    words = [token.text for token in tokens]
    spans: list[NumberSpan] = []
    at = 0
    while at < len(words):
        span = _group(words, at, language) or _decimal(words, at) or _spaced(tokens, at, text)
        if span is None and (read := number_at(words, at, language)):
            span = NumberSpan(at, read[1], read[0], read[1] == at + 1 and words[at] in _ARTICLES[language])
        span = _with_fraction(words, span, language) if span else None
        if span:
            spans.append(span)
        at = span.last if span else at + 1
    return spans


_POINT = {"fr": "virgule", "en": "point"}
_HALF = {"fr": (("et", "demi"), ("et", "demie")), "en": (("and", "a", "half"),)}


def _with_fraction(words: Sequence[str], span: NumberSpan, language: str) -> NumberSpan:
    """ "deux virgule zero cinq" is 2.05, "two point five" 2.5, "two and a half" 2.5."""
    if words[span.last : span.last + 1] == [_POINT[language]]:
        at, digits = span.last + 1, ""
        while at < len(words) and len(digits) < 6 and (step := dictated_step(words, at, language, True)):
            digits, at = digits + step[0], step[1]
        if digits and len(digits) <= 6:
            return NumberSpan(span.first, at, float(f"{span.value}.{digits}"))
    for half in _HALF[language]:
        if isinstance(span.value, int) and tuple(words[span.last : span.last + len(half)]) == half:
            return NumberSpan(span.first, span.last + len(half), span.value + 0.5)
    return span


def _group(words: Sequence[str], at: int, language: str) -> NumberSpan | None:
    """ "une douzaine", "half a dozen", "deux dizaines", "a couple"."""
    groups, start, times = _GROUPS[language], at, 1.0
    if words[at : at + 2] == ["half", "a"]:
        start, times = at + 2, 0.5
    elif words[at] in ("demi", "half"):
        start, times = at + 1, 0.5
    elif words[at] == "a":
        start = at + 1
    elif words[at] in _UNITS[language]:
        start, times = at + 1, _UNITS[language][words[at]]
    word = words[start] if start < len(words) else ""
    size = groups.get(word) or groups.get(word.removesuffix("s"))
    return NumberSpan(at, start + 1, int(size * times)) if size and times else None


def _decimal(words: Sequence[str], at: int) -> NumberSpan | None:
    word = words[at].replace(",", "" if "." in words[at] else ".")
    if _digits(words[at]) is None and len(word) <= _LONGEST and word.replace(".", "", 1).isdecimal():
        return NumberSpan(at, at + 1, float(word))
    return None


def _spaced(tokens: Sequence[Token], at: int, text: str) -> NumberSpan | None:
    if not text or not tokens[at].text.isdecimal() or len(tokens[at].text) > 3 or tokens[at].text.startswith("0"):
        return None
    end, digits = at + 1, tokens[at].text
    while (
        end < len(tokens)
        and len(tokens[end].text) == 3
        and tokens[end].text.isdecimal()
        and text[tokens[end - 1].end : tokens[end].start] in (" ", "\u00a0", "\u202f", ".")
    ):
        digits += tokens[end].text
        end += 1
    return NumberSpan(at, end, int(digits)) if end > at + 1 else None


def parse_number(text: str, language: str) -> int | None:
    """The whole text as one number, or None when it isn't one."""
    tokens = tokenise(text, language)
    spans = number_spans(tokens, language, text)
    whole = len(spans) == 1 and spans[0].first == 0 and spans[0].last == len(tokens)
    return int(spans[0].value) if whole and spans[0].value == int(spans[0].value) else None


def digit_runs(tokens: Sequence[Token], language: str) -> list[tuple[int, int, str]]:
    """Runs of numbers said one after the other, read as digits: (first, last excluded, digits).

    "zero six, douze, trente-quatre" -> "061234"; "double four two" -> "442"; "4 2 7 1" -> "4271".
    """
    words = [token.text for token in tokens]
    runs: list[tuple[int, int, str]] = []
    at, first, digits = 0, 0, ""
    while at <= len(words):
        step = dictated_step(words, at, language, bool(digits)) if at < len(words) else None
        if step:
            first = first if digits else at
            digits, at = digits + step[0], step[1]
            continue
        if digits:
            runs.append((first, at, digits))
        digits, at = "", at + 1
    return runs


def dictated_step(words: Sequence[str], at: int, language: str, inside: bool) -> tuple[str, int] | None:
    """The digits of the next number dictated at a position, and the position after it; None where there is none.

    Args:
        inside: digits were said just before: "oh" is then a zero.
    """
    times = _REPEAT[language].get(words[at], 1)
    if times > 1 and at + 1 < len(words):
        zero = language == "en" and words[at + 1] in ("o", "oh")
        digit = int(words[at + 1]) if len(words[at + 1]) == 1 and words[at + 1].isdecimal() else -1
        unit = 0 if zero else _UNITS[language].get(words[at + 1], digit)
        return (str(unit) * times, at + 2) if 0 <= unit <= 9 else None
    if inside and language == "en" and words[at] in ("o", "oh"):
        return "0", at + 1
    if words[at].isdecimal():
        return words[at], at + 1
    read = number_at(words, at, language)
    if read and _a_hundred_then_digits(words, at, read[1], language):
        return f"{_UNITS[language][words[at]]}00", at + 2
    return (str(read[0]), read[1]) if read else None


def _a_hundred_then_digits(words: Sequence[str], at: int, end: int, language: str) -> bool:
    """ "nine hundred one two three" is 900 123, where "nine hundred one" alone is 901."""
    if language != "en" or end != at + 3 or words[at + 1] not in _HUNDRED[language] or end >= len(words):
        return False
    return all(_UNITS[language].get(word, 10) < 10 for word in (words[at], words[at + 2], words[end]))


def dictated(text: str, language: str) -> str | None:
    """The whole text as dictated digits, or None when something else is in it."""
    tokens = tokenise(text, language)
    runs = digit_runs(tokens, language)
    return runs[0][2] if len(runs) == 1 and (runs[0][0], runs[0][1]) == (0, len(tokens)) else None
