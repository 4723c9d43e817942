"""Days and times as people say them, in French and English, to ISO 8601.

    "mardi prochain", "dans deux semaines", "le 1er mars", "the day after tomorrow"  -> "2026-03-01"
    "à quatorze heures trente", "at half past two"                                   -> "14:30"
    "demain matin", "in the evening"                                                 -> "08:00/12:00" (an interval)

A day without a year is the next one; said with a past tense word ("dernier", "ago") it is the last one. An hour from
one to seven without "du matin" or "am" is in the afternoon: shops are shut in the small hours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from nlu.normalise import Token
from nlu.numbers import NumberSpan

__all__ = ["Moment", "find_moments"]

_DAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche".split(),
    "en": "monday tuesday wednesday thursday friday saturday sunday".split(),
}
_MONTHS = {
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split(),
    "en": "january february march april may june july august september october november december".split(),
}
_NEAR = {
    "fr": {"avant hier": -2, "apres demain": 2, "aujourd'hui": 0, "demain": 1, "hier": -1, "ce soir": 0,
           "cet apres midi": 0, "ce matin": 0, "cette nuit": 0},
    "en": {"day before yesterday": -2, "day after tomorrow": 2, "today": 0, "tomorrow": 1, "yesterday": -1,
           "tonight": 0, "this evening": 0, "this afternoon": 0, "this morning": 0},
}  # fmt: skip
_UNIT_DAYS = {"jour": 1, "jours": 1, "day": 1, "days": 1, "semaine": 7, "semaines": 7, "week": 7, "weeks": 7,
              "fortnight": 14, "quinzaine": 15}  # fmt: skip
_UNIT_MONTHS = {"mois": 1, "month": 1, "months": 1, "an": 12, "ans": 12, "annee": 12, "year": 12, "years": 12}
_PARTS = {
    "fr": [(("dans la matinee", "du matin", "le matin", "ce matin", "matin", "matinee"), "08:00/12:00"),
           (("dans l' apres midi", "cet apres midi", "l' apres midi", "apres midi"), "12:00/18:00"),
           (("en fin de journee", "fin de journee", "dans la soiree", "ce soir", "le soir", "soir", "soiree"), "18:00/22:00")],
    "en": [(("in the morning", "this morning", "morning"), "08:00/12:00"),
           (("in the afternoon", "this afternoon", "afternoon"), "12:00/18:00"),
           (("in the evening", "this evening", "tonight", "evening"), "18:00/22:00")],
}  # fmt: skip
_NEXT = {"prochain", "prochaine", "next", "coming", "suivant", "suivante"}
_LAST = {"dernier", "derniere", "last", "passe", "passee"}
_MORNING = ({"du", "matin"}, {"am"}, {"a", "m"})
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b|\b(\d{1,2})[/.](\d{1,2})(?:[/.](\d{2,4}))?\b")


@dataclass(frozen=True, slots=True)
class Moment:
    """A day or a time among tokens: positions (last excluded), "date" or "time", and its ISO form."""

    first: int
    last: int
    slot: str
    value: str


def find_moments(
    tokens: Sequence[Token], numbers: Sequence[NumberSpan], language: str, today: date, text: str = ""
) -> list[Moment]:
    """Every day and time among the tokens, in order.

    Args:
        numbers: `nlu.numbers.number_spans` of the same tokens.
        today: the day relative dates count from.
        text: the original text; with it, "12/03" is read as a day.
    """
    words = [token.text for token in tokens]
    at_number = {span.first: span for span in numbers}
    found: list[Moment] = []
    at = 0
    while at < len(words):
        moment = (
            _written(tokens, at, text, today)
            or _named_day(words, at, at_number, language, today)
            or _clock(words, at, at_number, language, text, tokens)
            or _part_of_day(words, at, language)
        )
        if moment and moment.slot == "date" and moment.value:
            found.append(moment)
            if part := _part_of_day(words, moment.last, language) or _hidden_part(words, moment, language):
                found.append(part)
                at = max(part.last, moment.last)
                continue
        elif moment:
            found.append(moment)
        at = moment.last if moment else at + 1
    return _exact(found)


def _exact(found: list[Moment]) -> list[Moment]:
    """An hour said tells more than the part of the day it is in: "demain soir à huit heures" is 20:00."""
    parts = [each for each in found if each.slot == "time" and "/" in each.value]
    hours = [each for each in found if each.slot == "time" and "/" not in each.value]
    if not parts or not hours:
        return found
    kept = []
    for each in found:
        if each in hours:
            late = f"{int(each.value[:2]) + 12:02d}{each.value[2:]}"
            start, end = parts[0].value.split("/")
            if not start <= each.value <= end and start <= late <= end:
                each = Moment(each.first, each.last, "time", late)
        if each not in parts:
            kept.append(each)
    return kept


def _hidden_part(words: Sequence[str], moment: Moment, language: str) -> Moment | None:
    """The part of the day within a day's own words ("ce soir", "tonight")."""
    return _part_of_day(words[: moment.last], moment.first, language)


def _written(tokens: Sequence[Token], at: int, text: str, today: date) -> Moment | None:
    match = _ISO.match(text, tokens[at].start) if text and tokens[at].text[0].isdecimal() else None
    if not match:
        return None
    year, month, day = (
        int(part) if part else 0 for part in (match.groups()[:3] if match[1] else match.groups()[5:2:-1])
    )
    if not match[1] and "." in match.group() and not match[6]:
        return None  # "2.50" is a price
    try:
        value = date(year + 2000 if 0 < year < 100 else year, month, day) if year else _coming(today, month, day)
    except ValueError:
        return None
    last = next((index for index in range(at, len(tokens)) if tokens[index].end >= match.end()), at) + 1
    return Moment(at, last, "date", value.isoformat())


def _named_day(words, at: int, numbers, language: str, today: date) -> Moment | None:
    for phrase, days in _NEAR[language].items():
        size = phrase.count(" ") + 1
        if " ".join(words[at : at + size]) == phrase:
            return _day(at, at + size, today + timedelta(days))
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if word in _LAST | _NEXT and language == "en" and following:
        return _english_relative(words, at, word in _NEXT, today)
    singular = word.removesuffix("s")
    if singular in _DAYS[language]:
        return _weekday(words, at, _DAYS[language].index(singular), language, today)
    return (
        _ago_or_in(words, at, numbers, language, today)
        or _of_month(words, at, numbers, language, today)
        or _period(words, at, language, today)
    )


def _weekday(words, at: int, weekday: int, language: str, today: date) -> Moment:
    ahead = (weekday - today.weekday()) % 7
    following = words[at + 1] if at + 1 < len(words) else ""
    if language == "fr" and following in _LAST:
        return _day(at, at + 2, today - timedelta((today.weekday() - weekday) % 7 or 7))
    if language == "fr" and following in _NEXT:
        return _day(at, at + 2, today + timedelta(ahead or 7))
    if words[at + 1 : at + 3] == ["en", "huit"]:
        return _day(at, at + 3, today + timedelta((ahead or 7) + 7))
    if language == "en" and (following == "week" or words[at - 3 : at] == ["a", "week", "on"]):
        return _day(at, at + 1 + (following == "week"), today + timedelta((ahead or 7) + 7))
    return _day(at, at + 1, today + timedelta(ahead))


def _english_relative(words, at: int, ahead: bool, today: date) -> Moment | None:
    noun = words[at + 1].removesuffix("s")
    if noun in _DAYS["en"]:
        weekday = _DAYS["en"].index(noun)
        distance = (weekday - today.weekday()) % 7 or 7 if ahead else -((today.weekday() - weekday) % 7 or 7)
        return _day(at, at + 2, today + timedelta(distance))
    if noun == "week":
        return _day(at, at + 2, today + timedelta((7 if ahead else -7) - today.weekday()))
    if noun == "month":
        return _day(at, at + 2, _months(today, 1 if ahead else -1).replace(day=1))
    return None


def _ago_or_in(words, at: int, numbers, language: str, today: date) -> Moment | None:
    starts = {"fr": (("dans",), ("d'", "ici"), ("il", "y", "a"), ("depuis",)), "en": (("in",), ("within",), ())}[
        language
    ]
    for lead in starts:
        start = at + len(lead)
        if tuple(words[at:start]) != lead or start not in numbers:
            continue
        span = numbers[start]
        unit = words[span.last] if span.last < len(words) else ""
        past = lead in (("il", "y", "a"), ("depuis",)) or words[span.last + 1 : span.last + 2] == ["ago"]
        if (
            language == "en"
            and not lead
            and words[span.last : span.last + 2]
            and unit not in ("day", "days")
            and not past
            and words[span.last + 1 : span.last + 3] != ["from", "now"]
        ):
            continue
        if not lead and not past and words[span.last + 1 : span.last + 3] != ["from", "now"]:
            continue
        count = int(span.value) * (-1 if past else 1)
        last = span.last + 1 + (language == "en" and past) + 2 * (not lead and not past)
        if abs(count) > 3000:
            continue
        if unit in _UNIT_DAYS:
            return _day(at, last, today + timedelta(count * _UNIT_DAYS[unit]))
        if unit in _UNIT_MONTHS:
            return _day(at, last, _months(today, count * _UNIT_MONTHS[unit]))
    return None


def _of_month(words, at: int, numbers, language: str, today: date) -> Moment | None:
    """ "le 1er mars", "premier mai 2027", "le 15", "march the third", "the 3rd of march", "en mars"."""
    months = _MONTHS[language]
    start = at + (words[at] in ("le", "du", "au", "the"))
    day, after = _ordinal(words, start, numbers, language)
    if day:
        link = after + (words[after : after + 1] == ["of"])
        if link < len(words) and words[link] in months:
            return _dated(at, link + 1, day, months.index(words[link]) + 1, words, numbers, today)
        named = words[at] in ("le", "du", "au", "the") and (after >= len(words) or words[after] not in _HOUR_WORDS)
        counted = words[after - 1] in ("e", "eme") or words[after : after + 1] == [
            "one"
        ]  # "le 2e", "the 2nd one": of a list
        alone = not counted and (after >= len(words) or (language == "en" and words[after - 1] in _SUFFIXES))
        if start > at and named and alone and day <= 31:
            return _bare_day(at, after, day, today)
    if words[at] in months and (language == "en" or words[at] != "mars" or at > 0):
        start = at + 1 + (words[at + 1 : at + 2] == ["the"])
        day, after = _ordinal(words, start, numbers, language) if language == "en" else (0, 0)
        if day:
            return _dated(at, after, day, months.index(words[at]) + 1, words, numbers, today)
        if words[at - 1 : at] in (["en"], ["in"], ["debut"], ["fin"], ["last"]):
            return _day(at, at + 1, _coming(today, months.index(words[at]) + 1, 1))
    return None


_SUFFIXES = {"st", "nd", "rd", "th", "er", "e", "eme"}
_HOUR_WORDS = {"h", "heure", "heures", "am", "pm", "euros", "euro", "%"}
_ORDINALS = {
    "premier": 1, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15,
    "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip


def _ordinal(words, at: int, numbers, language: str) -> tuple[int, int]:
    """A day of the month and the position after it; (0, 0) where there is none."""
    if at >= len(words):
        return 0, 0
    if words[at] in _ORDINALS:
        return _ORDINALS[words[at]], at + 1
    tens = {"twenty": 20, "thirty": 30}.get(words[at], 0)
    if tens and _ORDINALS.get(words[at + 1] if at + 1 < len(words) else "", 99) < 10:
        return tens + _ORDINALS[words[at + 1]], at + 2
    if at in numbers and isinstance(numbers[at].value, int) and 1 <= numbers[at].value <= 31:
        after = numbers[at].last
        return numbers[at].value, after + (after < len(words) and words[after] in _SUFFIXES)
    return 0, 0


def _dated(first: int, last: int, day: int, month: int, words, numbers, today: date) -> Moment | None:
    year = numbers.get(last)
    if year and 2000 <= year.value < 2100:
        last, number = year.last, int(year.value)
    else:
        number = 0
    try:
        value = date(number, month, day) if number else _coming(today, month, day)
    except ValueError:
        return None
    return _day(first, last, value)


def _bare_day(first: int, last: int, day: int, today: date) -> Moment | None:
    for month in range(3):
        start = _months(today.replace(day=1), month)
        try:
            value = start.replace(day=day)
        except ValueError:
            continue
        if value >= today:
            return _day(first, last, value)
    return None


def _period(words, at: int, language: str, today: date) -> Moment | None:
    """ "la semaine prochaine", "ce week-end", "la fin du mois", "this weekend"."""
    three = words[at : at + 3]
    if language == "fr" and words[at] in ("semaine", "mois") and len(three) > 1 and three[1] in _NEXT | _LAST:
        sign = 1 if three[1] in _NEXT else -1
        week = today + timedelta(7 * sign - today.weekday())
        return _day(at, at + 2, week if words[at] == "semaine" else _months(today.replace(day=1), sign))
    if words[at] == "weekend" or words[at : at + 2] == ["week", "end"]:
        return _day(at, at + (1 if words[at] == "weekend" else 2), today + timedelta((5 - today.weekday()) % 7))
    if three in (["fin", "du", "mois"], ["end", "of", "month"]) or words[at : at + 4] == ["end", "of", "the", "month"]:
        last = at + (3 if language == "fr" or three[2] == "month" else 4)
        return _day(at, last, _months(today.replace(day=1), 1) - timedelta(1))
    return None


def _clock(words, at: int, numbers, language: str, text: str, tokens) -> Moment | None:
    if words[at] in ("midi", "noon", "midday", "minuit", "midnight"):
        hour = 0 if words[at] in ("minuit", "midnight") else 12
        minutes, last = _minutes_fr(words, at + 1, numbers) if language == "fr" else (0, at + 1)
        if words[at] == "midi" and words[at - 1 : at] == ["apres"]:
            return None
        return _time(at, last, hour, minutes)
    return (
        _clock_fr(words, at, numbers, text, tokens) if language == "fr" else _clock_en(words, at, numbers, text, tokens)
    )


def _clock_fr(words, at: int, numbers, text: str, tokens) -> Moment | None:
    span = numbers.get(at)
    if span is None or not isinstance(span.value, int) or span.value > 24 or span.last >= len(words):
        return None
    if text and text[tokens[span.last - 1].end : tokens[span.last].start] == ":" and span.last in numbers:
        return _time(at, span.last + 1, span.value, int(numbers[span.last].value))
    if words[span.last] not in ("heure", "heures", "h") or words[at - 1 : at] in (["dans"], ["depuis"]):
        return None
    if words[span.last + 1 : span.last + 3] == ["d'", "attente"]:
        return None
    minutes, last = _minutes_fr(words, span.last + 1, numbers)
    hour, last = span.value, last
    tail = words[last : last + 2]
    if tail in (["du", "soir"], ["de", "l'"]) and hour < 12:
        hour, last = hour + 12, last + (2 if tail[1] == "soir" else 4)
    elif tail == ["du", "matin"]:
        last += 2
    elif 1 <= hour <= 6 and span.value == hour:
        hour += 12
    return _time(at, last, hour, minutes)


def _minutes_fr(words, at: int, numbers) -> tuple[int, int]:
    three, two = words[at : at + 3], words[at : at + 2]
    if two in (["et", "demie"], ["et", "demi"]):
        return 30, at + 2
    if two == ["et", "quart"]:
        return 15, at + 2
    if three == ["moins", "le", "quart"]:
        return -15, at + 3
    if words[at : at + 1] == ["moins"] and at + 1 in numbers:
        return -int(numbers[at + 1].value), numbers[at + 1].last
    if at in numbers and isinstance(numbers[at].value, int) and numbers[at].value < 60:
        return numbers[at].value, numbers[at].last
    return 0, at


def _clock_en(words, at: int, numbers, text: str, tokens) -> Moment | None:
    lead = {"half": 30, "quarter": 15}.get(words[at])
    start = at
    if lead is None and at in numbers and numbers[at].value in (5, 10, 20, 25):
        lead, start = int(numbers[at].value), numbers[at].last - 1
    link = words[start + 1] if start + 1 < len(words) else ""
    if (
        lead
        and link in ("past", "after", "to", "till")
        and start + 2 in numbers
        and 1 <= numbers[start + 2].value <= 12
    ):
        hour, last = int(numbers[start + 2].value), numbers[start + 2].last
        return _half_day(at, last, hour, lead if link in ("past", "after") else -lead, words)
    if (
        lead == 30
        and at + 1 in numbers
        and 1 <= numbers[at + 1].value <= 12
        and words[at - 1 : at] in (["at"], ["around"])
    ):
        return _half_day(at, numbers[at + 1].last, int(numbers[at + 1].value), 30, words)
    span = numbers.get(at)
    if span is None or not isinstance(span.value, int) or span.value > 24:
        return None
    following = words[span.last : span.last + 1]
    minutes, last = 0, span.last
    if span.last in numbers and isinstance(numbers[span.last].value, int) and numbers[span.last].value < 60:
        colon = bool(text) and text[tokens[span.last - 1].end : tokens[span.last].start] == ":"
        if (
            colon
            or words[at - 1 : at] in (["at"], ["around"], ["about"])
            or words[numbers[span.last].last : numbers[span.last].last + 1] in (["am"], ["pm"])
        ):
            minutes, last = int(numbers[span.last].value), numbers[span.last].last
    elif following and following[0] not in (
        "o'clock",
        "am",
        "pm",
        "oclock",
        "a",
        "p",
        "in",
        "this",
        "tomorrow",
        "today",
        "please",
    ):
        return None
    marked = words[last : last + 1] in (["o'clock"], ["oclock"], ["am"], ["pm"]) or words[last : last + 2] in (
        ["a", "m"],
        ["p", "m"],
    )
    timed = words[at - 1 : at] in (["at"], ["until"], ["till"], ["by"], ["after"], ["before"]) and following[:1] != ["a"]
    if not (marked or minutes or timed):
        return None
    return _half_day(at, last, span.value, minutes, words)


def _half_day(first: int, last: int, hour: int, minutes: int, words) -> Moment:
    if words[last : last + 1] in (["o'clock"], ["oclock"]):
        last += 1
    tail = "".join(words[last : last + 2])
    part = " ".join(words[last : last + 3])
    if words[last : last + 1] == ["pm"] or tail == "pm" or part in ("in the evening", "in the afternoon"):
        hour = hour % 12 + 12
        last += 3 if part.startswith("in the") else 1 if words[last] == "pm" else 2
    elif words[last : last + 1] == ["am"] or tail == "am" or part == "in the morning":
        hour %= 12
        last += 3 if part.startswith("in the") else 1 if words[last] == "am" else 2
    elif 1 <= hour <= 7:
        hour += 12
    return _time(first, last, hour, minutes)


def _part_of_day(words, at: int, language: str) -> Moment | None:
    for phrases, interval in _PARTS[language]:
        for phrase in phrases:
            size = phrase.count(" ") + 1
            if " ".join(words[at : at + size]) == phrase:
                return Moment(at, at + size, "time", interval)
    return None


def _time(first: int, last: int, hour: int, minutes: int) -> Moment:
    total = (hour * 60 + minutes) % 1440
    return Moment(first, last, "time", f"{total // 60:02d}:{total % 60:02d}")


def _day(first: int, last: int, value: date) -> Moment:
    return Moment(first, last, "date", value.isoformat())


def _coming(today: date, month: int, day: int) -> date:
    """The next such day of the year, today included; 29 February waits for a leap year."""
    for year in range(today.year, today.year + 9):
        try:
            value = date(year, month, day)
        except ValueError:
            continue
        if value >= today:
            return value
    raise ValueError(f"there is no day {day} in month {month}")


def _months(start: date, count: int) -> date:
    index = start.year * 12 + start.month - 1 + count
    year, month = divmod(index, 12)
    for day in range(start.day, 27, -1):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, start.day)
