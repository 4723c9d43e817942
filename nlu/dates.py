"""Days and times as people say them, in French and English, to ISO 8601.

    "mardi prochain", "dans deux semaines", "le 1er mars", "the day after tomorrow"  -> "2026-03-01"
    "à quatorze heures trente", "at half past two"                                   -> "14:30"
    "demain matin", "in the evening"                                                 -> "08:00/12:00" (an interval)
    "dans deux heures", "in half an hour"                                            -> "PT2H" (a duration from now)

A day without a year is the next one; said with a past tense word ("dernier", "ago") it is the last one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from nlu.clock import Moment, clock, exact, part_of_day
from nlu.normalise import Token
from nlu.numbers import NumberSpan
from nlu.ordinals import ordinal_at

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
_LEADS = {"fr": ("dans",), "en": ("in", "within")}
_SHORT_WAITS = {"fr": {("une", "demi", "heure"): 30, ("un", "quart", "d'", "heure"): 15},
                "en": {("half", "an", "hour"): 30, ("a", "quarter", "of", "an", "hour"): 15}}  # fmt: skip
_AND_A_HALF = {"fr": (("et", "demie"), ("et", "demi")), "en": (("and", "a", "half"),)}
_NEAR_BY_FIRST = {
    language: {
        first: [(phrase.split(), days) for phrase, days in phrases.items() if phrase.split()[0] == first]
        for first in {phrase.split()[0] for phrase in phrases}
    }
    for language, phrases in _NEAR.items()
}
_UNIT_DAYS = {"jour": 1, "jours": 1, "day": 1, "days": 1, "semaine": 7, "semaines": 7, "week": 7, "weeks": 7,
              "fortnight": 14, "quinzaine": 15}  # fmt: skip
_UNIT_MONTHS = {"mois": 1, "month": 1, "months": 1, "an": 12, "ans": 12, "annee": 12, "year": 12, "years": 12}
_NEXT = {"prochain", "prochaine", "next", "coming", "suivant", "suivante"}
_LAST = {"dernier", "derniere", "last", "passe", "passee"}
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b|\b(\d{1,2})[/.](\d{1,2})(?:[/.](\d{2,4}))?\b")


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
            or clock(words, at, at_number, language, text, tokens)
            or part_of_day(words, at, language)
            or _soon(words, at, at_number, language)
        )
        if moment and moment.slot == "date" and moment.value:
            found.append(moment)
            if part := part_of_day(words, moment.last, language) or _hidden_part(words, moment, language):
                found.append(part)
                at = max(part.last, moment.last)
                continue
        elif moment:
            found.append(moment)
        at = moment.last if moment else at + 1
    return exact(found)


def _soon(words: Sequence[str], at: int, numbers, language: str) -> Moment | None:
    """ "dans une demi-heure", "in an hour and a half": an ISO 8601 duration from now, "PT30M", "PT1H30M"."""
    if words[at] not in _LEADS[language]:
        return None
    for said, minutes in _SHORT_WAITS[language].items():
        if words[at + 1 : at + 1 + len(said)] == list(said):
            return Moment(at, at + 1 + len(said), "time", f"PT{minutes}M")
    span = numbers.get(at + 1)
    count = span.value if span else 1 if words[at + 1 : at + 2] in (["an"], ["a"]) else 0
    last = span.last if span else at + 2
    unit = words[last].removesuffix("s") if last < len(words) else ""
    if not 0 < count < 600 or unit not in ("heure", "hour", "minute", "min"):
        return None
    half = next((each for each in _AND_A_HALF[language] if words[last + 1 : last + 1 + len(each)] == list(each)), ())
    minutes = round(count * (60 if unit in ("heure", "hour") else 1)) + 30 * bool(half)
    hours, minutes = divmod(minutes, 60)
    value = "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return Moment(at, last + 1 + len(half), "time", value)


def _hidden_part(words: Sequence[str], moment: Moment, language: str) -> Moment | None:
    """The part of the day within a day's own words ("ce soir", "tonight")."""
    return part_of_day(words[: moment.last], moment.first, language)


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
    word = words[at]
    for phrase, days in _NEAR_BY_FIRST[language].get(word, ()):
        if words[at : at + len(phrase)] == phrase:
            return _day(at, at + len(phrase), today + timedelta(days))
    following = words[at + 1] if at + 1 < len(words) else ""
    if words[at : at + 2] == ["je", "dis"] and words[at + 2 : at + 3] in (["prochain"], ["dernier"]):  # misheard
        found = _weekday(["", "jeudi", *words[at + 2 :]], 1, 3, {}, language, today)
        return Moment(at, at + 3, "date", found.value)
    if word in _LAST | _NEXT and language == "en" and following:
        return _english_relative(words, at, word in _NEXT, today)
    singular = word.removesuffix("s")
    if singular in _DAYS[language]:
        return _weekday(words, at, _DAYS[language].index(singular), numbers, language, today)
    return (
        _ago_or_in(words, at, numbers, language, today)
        or _feast(words, at, language, today)
        or _of_month(words, at, numbers, language, today)
        or _period(words, at, language, today)
    )


def _weekday(words, at: int, weekday: int, numbers, language: str, today: date) -> Moment:
    ahead = (weekday - today.weekday()) % 7
    following = words[at + 1] if at + 1 < len(words) else ""
    if following and (dated := _weekday_dated(words, at, weekday, numbers, language, today)):
        return dated
    if language == "fr" and following in _LAST:
        return _day(at, at + 2, today - timedelta((today.weekday() - weekday) % 7 or 7))
    if language == "fr" and following in _NEXT:
        return _day(at, at + 2, today + timedelta(ahead or 7))
    weeks = {"huit": 1, "8": 1, "quinze": 2, "15": 2}.get(words[at + 2] if at + 2 < len(words) else "", 0)
    if following == "en" and weeks:
        return _day(at, at + 3, today + timedelta((ahead or 7) + 7 * weeks))
    if language == "en" and (following == "week" or words[at - 3 : at] == ["a", "week", "on"]):
        return _day(at, at + 1 + (following == "week"), today + timedelta((ahead or 7) + 7))
    return _day(at, at + 1, today + timedelta(ahead))


def _weekday_dated(words, at: int, weekday: int, numbers, language: str, today: date) -> Moment | None:
    """ "lundi sept décembre", "Friday the 4th of December", "mardi 8": the day of the month counts."""
    dated = _of_month(words, at + 1, numbers, language, today)
    if dated:
        return Moment(at, dated.last, "date", dated.value)
    span = numbers.get(at + 1)
    if span is None or span.article or not isinstance(span.value, int) or span.last in numbers:
        return None
    hour = span.last < len(words) and words[span.last] in _HOUR_WORDS
    if language == "fr" and not hour and 1 <= span.value <= 31:
        for days in range(366):
            day = today + timedelta(days)
            if day.day == span.value and day.weekday() == weekday:
                return _day(at, span.last, day)
    return None


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
        if tuple(words[at:start]) != lead:
            continue
        one = lead and words[start : start + 1] in (["a"], ["the"], ["les"]) and words[start + 1 : start + 2]
        span = NumberSpan(start, start + 1, 1) if one and start not in numbers else numbers.get(start)
        if span is None:
            continue
        if words[span.last - 1] == "quinzaine":
            return _day(at, span.last, today + timedelta(15 * (-1 if lead[0] in ("il", "depuis") else 1)))
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


_FEASTS = {
    "fr": {("jour", "de", "noel"): (12, 25), ("veille", "de", "noel"): (12, 24), ("jour", "de", "l'", "an"): (1, 1),
           ("saint", "sylvestre"): (12, 31)},
    "en": {("christmas", "day"): (12, 25), ("christmas", "eve"): (12, 24), ("boxing", "day"): (12, 26),
           ("new", "year's", "day"): (1, 1), ("new", "years", "day"): (1, 1), ("new", "year's", "eve"): (12, 31)},
}  # fmt: skip
"""Days with a name that stand still in the calendar, as (month, day)."""


def _feast(words, at: int, language: str, today: date) -> Moment | None:
    for said, (month, day) in _FEASTS[language].items():
        if tuple(words[at : at + len(said)]) == said:
            return _day(at, at + len(said), _coming(today, month, day))
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
        few = language == "en" and words[start] in ("two", "three", "2", "3") and words[after - 1] not in _SUFFIXES
        counted = few or words[after - 1] in ("e", "eme") or words[after : after + 1] == [
            "one"
        ]  # "le 2e", "the 2nd one", "between the two": of a list
        alone = not counted and (after >= len(words) or (language == "en" and words[after - 1] in _SUFFIXES))
        if start > at and named and alone and day <= 31:
            return _bare_day(at, after, day, today)
    if words[at] in months and (language == "en" or words[at] != "mars" or at > 0):
        start = at + 1 + (words[at + 1 : at + 2] == ["the"])
        day, after = _ordinal(words, start, numbers, language) if language == "en" else (0, 0)
        if day:
            return _dated(at, after, day, months.index(words[at]) + 1, words, numbers, today)
        before = words[max(0, at - 1) : at]
        if before in (["en"], ["in"], ["debut"], ["fin"], ["mi"], ["last"]):
            start = _coming(today, months.index(words[at]) + 1, 1)
            within = {"fin": _months(start, 1) - timedelta(1), "mi": start.replace(day=15)}
            return _day(at, at + 1, within.get(before[0], start))
    return None


_SUFFIXES = {"st", "nd", "rd", "th", "er", "e", "eme"}
_HOUR_WORDS = {"h", "heure", "heures", "am", "pm", "euros", "euro", "%"}
def _ordinal(words, at: int, numbers, language: str) -> tuple[int, int]:
    """A day of the month and the position after it; (0, 0) where there is none."""
    if at >= len(words):
        return 0, 0
    said = ordinal_at(words, at, language) if language == "en" else (1, at + 1) if words[at] == "premier" else None
    if said and said[0] <= 31:
        return said
    if at in numbers and isinstance(numbers[at].value, int) and 1 <= numbers[at].value <= 31:
        after = numbers[at].last
        return numbers[at].value, after + (after < len(words) and words[after] in _SUFFIXES)
    return 0, 0


def _dated(first: int, last: int, day: int, month: int, words, numbers, today: date) -> Moment | None:
    number, last = _year(last, numbers)
    try:
        value = date(number, month, day) if number else _coming(today, month, day)
    except ValueError:
        return None
    return _day(first, last, value)


def _year(at: int, numbers) -> tuple[int, int]:
    """A year from 1900 to 2099 and the position after it ("twenty twenty-six" too); 0 and `at` where there is none."""
    year = numbers.get(at)
    if year and 1900 <= year.value < 2100:
        return int(year.value), year.last
    rest = numbers.get(year.last) if year else None
    if year and rest and year.value in (19, 20) and isinstance(rest.value, int) and 10 <= rest.value < 100:
        return year.value * 100 + rest.value, rest.last
    return 0, at


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
