"""Times, telephone numbers and catalogue texts as they are said."""

from __future__ import annotations

import re
from datetime import date, datetime, time

__all__ = ["as_date", "clock", "clock_of", "in_pairs", "sentence", "span_of"]

_PARTS = {
    "fr": {"08:00/12:00": "le matin", "12:00/18:00": "l'après-midi", "18:00/22:00": "le soir"},
    "en": {"08:00/12:00": "in the morning", "12:00/18:00": "in the afternoon", "18:00/22:00": "in the evening"},
}
_BETWEEN = {"fr": "entre {} et {}", "en": "between {} and {}"}


def clock(moment: time, language: str) -> str:
    """"9 heures 30", "midi"; "9 30 a.m.", "noon"."""
    if language == "fr":
        if (moment.hour, moment.minute) == (12, 0):
            return "midi"
        hours = f"{moment.hour} heure{'s' if moment.hour > 1 else ''}"
        return f"{hours} {moment.minute:02d}" if moment.minute else hours
    if (moment.hour, moment.minute) == (12, 0):
        return "noon"
    hour = moment.hour % 12 or 12
    half = "a.m" if moment.hour < 12 else "p.m"  # the sentence's own full stop closes it
    return f"{hour} {moment.minute:02d} {half}." if moment.minute else f"{hour} {half}."


def clock_of(value: object, language: str) -> str | None:
    """A slot's time ("10:00") as it is said; None where it isn't one."""
    try:
        return clock(time.fromisoformat(str(value)), language)
    except ValueError:
        return None


def span_of(value: object, language: str) -> str | None:
    """A slot's span of the day ("12:00/18:00") as it is said; None where it isn't one."""
    if part := _PARTS[language].get(str(value)):
        return part
    first, _, last = str(value).partition("/")
    since, until = clock_of(first, language), clock_of(last, language)
    return _BETWEEN[language].format(since, until) if since and until else None


def in_pairs(number: str) -> str:
    """A telephone number to be read back: "06 12 34 56 78" for +33612345678, else its own figures in pairs."""
    figures = re.sub(r"\D", "", number)
    if number.startswith("+33") and len(figures) == 11:
        figures = "0" + figures[2:]
    pairs = re.findall(r"\d{1,2}", figures if len(figures) % 2 == 0 else figures[1:])
    return " ".join(pairs if len(figures) % 2 == 0 else [figures[0], *pairs])


def as_date(value: object) -> date | None:
    """A slot's ISO date (or date) as a date; None where it isn't one."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def sentence(text: str) -> str:
    """A catalogue text to stand inside a phrase: without its own full stop, its first article in lower case."""
    text = text.strip().rstrip(" .!")
    first = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if first[1:].islower() or len(first) == 1 else text
