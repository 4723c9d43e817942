"""Times of the day as people say them, in French and English, to ISO 8601: "14:30", or an interval "14:00/16:00".

An hour from one to seven without "du matin" or "am" is in the afternoon: shops are shut in the small hours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from nlu.normalise import Token
from nlu.numbers import NumberSpan

__all__ = ["Moment", "clock", "exact", "part_of_day"]

_PARTS = {
    "fr": [(("dans la matinee", "du matin", "le matin", "ce matin", "matin", "matinee"), "08:00/12:00"),
           (("dans l' apres midi", "cet apres midi", "l' apres midi", "apres midi"), "12:00/18:00"),
           (("en fin de journee", "fin de journee", "dans la soiree", "ce soir", "le soir", "soir", "soiree"),
            "18:00/22:00")],
    "en": [(("in the morning", "this morning", "morning"), "08:00/12:00"),
           (("in the afternoon", "this afternoon", "afternoon"), "12:00/18:00"),
           (("in the evening", "this evening", "tonight", "evening"), "18:00/22:00")],
}  # fmt: skip
_NOON = {"midi": 12, "noon": 12, "midday": 12, "minuit": 0, "midnight": 0}
_BETWEEN = {"fr": {"entre": "et", "de": "a"}, "en": {"between": "and", "from": "to"}}
_POINTED = re.compile(r"(\d{1,2})\.([0-5]\d)")
_BEFORE_HOUR = {"fr": ("a", "vers"), "en": ("at", "around", "about", "by", "until", "till", "after", "before")}
_AFTER_HOUR = {
    "fr": frozenset(
        "demain si s'il s' merci ce lundi mardi mercredi jeudi vendredi samedi dimanche precises pile".split()
    ),
    "en": frozenset("o'clock am pm oclock a p in this tomorrow today please on sharp".split()),
}
Numbers = Mapping[int, NumberSpan]


@dataclass(frozen=True, slots=True)
class Moment:
    """A day or a time among tokens: positions (last excluded), "date" or "time", and its ISO form."""

    first: int
    last: int
    slot: str
    value: str


def clock(words: Sequence[str], at: int, numbers: Numbers, language: str, text: str, tokens: Sequence[Token]):
    """The time, or the interval between two, that begins at a word; None where none does.

    Args:
        numbers: number spans by their first word.
        text: the original text; with it, "14:30" is read as a time.
    """
    return _between(words, at, numbers, language, text, tokens) or _time(words, at, numbers, language, text, tokens)


def part_of_day(words: Sequence[str], at: int, language: str) -> Moment | None:
    """ "demain matin", "in the evening": an interval."""
    for phrase, interval in _parts(language).get(words[at], ()) if at < len(words) else ():
        if list(words[at : at + len(phrase)]) == phrase:
            return Moment(at, at + len(phrase), "time", interval)
    return None


@cache
def _parts(language: str) -> dict[str, list[tuple[list[str], str]]]:
    """The parts of the day by their first word: words and interval."""
    table: dict[str, list[tuple[list[str], str]]] = {}
    for phrases, interval in _PARTS[language]:
        for phrase in phrases:
            table.setdefault(phrase.split()[0], []).append((phrase.split(), interval))
    return table


def exact(found: list[Moment]) -> list[Moment]:
    """An hour said tells more than the part of the day it is in: "demain soir à huit heures" is 20:00."""
    times = [each for each in found if each.slot == "time"]
    parts = [each for each in times if any(each.value == interval for rows in _PARTS.values() for _, interval in rows)]
    hours = [each for each in times if each not in parts]
    if not parts or not hours:
        return found
    kept = []
    for each in found:
        if each in hours and "/" not in each.value and not each.value.startswith("PT"):
            late = f"{int(each.value[:2]) + 12:02d}{each.value[2:]}"
            start, end = parts[0].value.split("/")
            if not start <= each.value <= end and start <= late <= end:
                each = Moment(each.first, each.last, "time", late)
        if each not in parts:
            kept.append(each)
    return kept


def _between(words, at: int, numbers: Numbers, language: str, text: str, tokens) -> Moment | None:
    """ "entre 14 et 16 heures", "from two to four pm": a first hour alone takes its half of the day from the second."""
    link = _BETWEEN[language].get(words[at])
    if link is None or at + 1 >= len(words):
        return None
    first = _time(words, at + 1, numbers, language, text, tokens)
    if first and words[first.last : first.last + 1] != [link]:
        first = None  # "from ten to two" isn't ten minutes to two
    bare = numbers.get(at + 1)
    after = first.last if first else bare.last if bare else at + 1
    if words[after : after + 1] != [link] or after + 1 >= len(words):
        return None
    second = _time(words, after + 1, numbers, language, text, tokens)
    if second is None:
        return None
    if first:
        return Moment(at, second.last, "time", f"{first.value}/{second.value}")
    if bare is None or not isinstance(bare.value, int) or bare.value > 23:
        return None
    hours = [hour for hour in (bare.value, bare.value + 12) if f"{hour:02d}:00" < second.value and hour < 24]
    return Moment(at, second.last, "time", f"{max(hours):02d}:00/{second.value}") if hours else None


def _time(words, at: int, numbers: Numbers, language: str, text: str, tokens) -> Moment | None:
    if words[at] in _NOON:
        if words[at] == "midi" and words[max(0, at - 1) : at] == ["apres"]:
            return None
        minutes, last = _minutes_fr(words, at + 1, numbers) if language == "fr" else (0, at + 1)
        return _moment(at, last, _NOON[words[at]], minutes)
    pointed = _POINTED.fullmatch(words[at])
    if pointed and int(pointed[1]) < 24 and _is_clock(words, at, at + 1, language):
        return _half_day(at, at + 1, int(pointed[1]), int(pointed[2]), words, language)
    read = _french if language == "fr" else _english
    return read(words, at, numbers, text, tokens)


def _is_clock(words, at: int, last: int, language: str) -> bool:
    """Whether a number with two figures behind a point is a time: "at 9.30", "9.30 am"."""
    before, after = words[max(0, at - 1) : at], words[last : last + 1]
    ends = not after or after[0] in _AFTER_HOUR[language]
    marked = (bool(after) and after[0] in ("am", "pm")) or words[last : last + 3] in (["in", "the", "morning"],)
    return bool(marked or (before and before[0] in _BEFORE_HOUR[language] and ends))


def _french(words, at: int, numbers: Numbers, text: str, tokens) -> Moment | None:
    span = numbers.get(at)
    if span is None or not isinstance(span.value, int) or span.value > 24 or span.last >= len(words):
        return None
    minute = numbers.get(span.last)
    if minute and text and text[tokens[span.last - 1].end : tokens[span.last].start] == ":":
        return _moment(at, span.last + 1, span.value, int(minute.value))
    if words[span.last] not in ("heure", "heures", "h"):
        return _hour_and_minutes(words, at, span, minute)
    if words[max(0, at - 1) : at] in (["dans"], ["depuis"]) or words[span.last + 1 : span.last + 3] == [
        "d'",
        "attente",
    ]:
        return None
    minutes, last = _minutes_fr(words, span.last + 1, numbers)
    return _half_day(at, last, span.value, minutes, words, "fr")


def _hour_and_minutes(words, at: int, span: NumberSpan, minute: NumberSpan | None) -> Moment | None:
    """ "à quatorze trente", where nothing else is counted."""
    led = words[max(0, at - 1) : at] in (["a"], ["vers"])
    if led and minute and isinstance(minute.value, int) and 5 <= minute.value < 60 and 7 <= span.value <= 22:
        after = words[minute.last : minute.last + 1]
        if not after or after[0] in _AFTER_HOUR["fr"]:
            return _moment(at, minute.last, span.value, minute.value)
    return None


def _minutes_fr(words, at: int, numbers: Numbers) -> tuple[int, int]:
    three, two = words[at : at + 3], words[at : at + 2]
    if two in (["et", "demie"], ["et", "demi"]) or two[:1] in (["demie"], ["demi"]):
        return 30, at + 1 + (two[0] == "et")
    if two in (["et", "quart"], ["un", "quart"]):
        return 15, at + 2
    if three == ["moins", "le", "quart"]:
        return -15, at + 3
    if two == ["moins", "le"] and len(three) == 3:
        return -15, at + 3  # nothing else is said after it, whatever was heard
    if two in (["moins", "quart"], ["le", "quart"]):
        return -15, at + 2
    if two[:1] == ["moins"] and at + 1 in numbers:
        return -int(numbers[at + 1].value), numbers[at + 1].last
    if at in numbers and isinstance(numbers[at].value, int) and numbers[at].value < 60:
        return numbers[at].value, numbers[at].last
    return 0, at


def _english(words, at: int, numbers: Numbers, text: str, tokens) -> Moment | None:
    return _past_or_to(words, at, numbers) or _spoken_english(words, at, numbers, text, tokens)


def _past_or_to(words, at: int, numbers: Numbers) -> Moment | None:
    """ "half past two", "a quarter to nine", "ten past four"; "at half two" is half past."""
    lead, start = {"half": 30, "quarter": 15}.get(words[at]), at
    if lead is None and at in numbers and numbers[at].value in (5, 10, 20, 25):
        lead, start = int(numbers[at].value), numbers[at].last - 1
    start += lead is not None and words[start + 1 : start + 2] == ["minutes"]
    link = words[start + 1] if start + 1 < len(words) else ""
    hour = numbers.get(start + 2)
    if lead and link in ("past", "after", "to", "till") and hour and 1 <= hour.value <= 12:
        minutes = lead if link in ("past", "after") else -lead
        return _half_day(at, hour.last, int(hour.value), minutes, words, "en")
    next_ = numbers.get(at + 1)
    if lead == 30 and next_ and 1 <= next_.value <= 12 and words[max(0, at - 1) : at] in (["at"], ["around"]):
        return _half_day(at, next_.last, int(next_.value), 30, words, "en")
    return None


def _spoken_english(words, at: int, numbers: Numbers, text: str, tokens) -> Moment | None:
    span = numbers.get(at)
    if span is None or not isinstance(span.value, int) or span.value > 1259:
        return None
    before, following = words[max(0, at - 1) : at], words[span.last : span.last + 1]
    if span.value > 24:
        hour, minutes = divmod(span.value, 100)  # "515 pm"
        halved = following in (["am"], ["pm"], ["tm"]) or words[span.last : span.last + 2] in (["a", "m"], ["p", "m"])
        return _half_day(at, span.last, hour, minutes, words, "en") if halved and hour and minutes < 60 else None
    minutes, last = 0, span.last
    minute = numbers.get(span.last)
    if minute and isinstance(minute.value, int) and minute.value < 60:
        colon = bool(text) and text[tokens[span.last - 1].end : tokens[span.last].start] == ":"
        ends = words[minute.last : minute.last + 1]
        if colon or before in (["at"], ["around"], ["about"]) or ends in (["am"], ["pm"]):
            minutes, last = int(minute.value), minute.last
    elif following and following[0] not in _AFTER_HOUR["en"]:
        return None
    marks = (["o'clock"], ["oclock"], ["am"], ["pm"])
    marked = words[last : last + 1] in marks or words[last : last + 2] in (["a", "m"], ["p", "m"])
    timed = before in (["at"], ["until"], ["till"], ["by"], ["after"], ["before"]) and following[:1] != ["a"]
    if not (marked or minutes or timed):
        return None
    return _half_day(at, last, span.value, minutes, words, "en")


_TAILS = {
    "fr": {("du", "soir"): 12, ("de", "l'", "apres", "midi"): 12, ("du", "matin"): 0},
    "en": {("pm",): 12, ("p", "m"): 12, ("in", "the", "evening"): 12, ("in", "the", "afternoon"): 12, ("am",): 0,
           ("a", "m"): 0, ("tm",): 12, ("in", "the", "morning"): 0},
}  # fmt: skip


def _half_day(first: int, last: int, hour: int, minutes: int, words, language: str) -> Moment:
    """The hour in the half of the day that is said, or that shops are open in."""
    last += words[last : last + 1] in (["o'clock"], ["oclock"])
    for tail, shift in _TAILS[language].items():
        if tuple(words[last : last + len(tail)]) == tail:
            return _moment(first, last + len(tail), hour % 12 + shift if hour <= 12 else hour, minutes)
    return _moment(first, last, hour + 12 * (1 <= hour <= (7 if language == "en" else 6)), minutes)


def _moment(first: int, last: int, hour: int, minutes: int) -> Moment:
    total = (hour * 60 + minutes) % 1440
    return Moment(first, last, "time", f"{total // 60:02d}:{total % 60:02d}")
