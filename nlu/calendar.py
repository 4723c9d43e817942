"""The moment in plain words: part of the day, season, the weeks before Christmas, the country's public holidays."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache

__all__ = ["COUNTRY", "gift_season", "holiday", "known_country", "season", "time_of_day"]

COUNTRY = "FR"
"""Whose holidays count where the shop's settings name no country."""
_LOCALES = {"fr": ("fr", "fr_FR"), "en": ("en_US", "en_GB", "en")}


def time_of_day(moment: datetime) -> str:
    """ "morning" (5 to 12), "day" (to 18), "evening" (to 22) or "night", by the shop's local hour."""
    hour = moment.hour
    if 5 <= hour < 12:
        return "morning"
    if 12 <= hour < 18:
        return "day"
    return "evening" if 18 <= hour < 22 else "night"


def season(day: date) -> str:
    """The meteorological season of the northern hemisphere: "winter", "spring", "summer" or "autumn"."""
    return ("winter", "spring", "summer", "autumn")[day.month % 12 // 3]


def gift_season(day: date) -> bool:
    """The weeks in which most people buy for others: 1 to 24 December."""
    return day.month == 12 and day.day <= 24


def known_country(country: str) -> bool:
    """Whether the holidays of a country ("FR") or of a part of one ("GB-ENG") are known."""
    try:
        _of_year(country, 2026, "fr")
    except (NotImplementedError, ValueError):
        return False
    return True


def holiday(day: date, language: str, country: str = COUNTRY) -> str | None:
    """The name of the public holiday a day is, in a language where the country's are named in it; None on other days.

    Args:
        country: ISO 3166 code, with its part where the holidays differ ("GB-ENG").

    Raises:
        NotImplementedError, ValueError: a country that isn't known.
    """
    return _of_year(country, day.year, language).get(day)


@cache
def _of_year(country: str, year: int, language: str) -> dict[date, str]:
    import holidays

    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", country):
        raise ValueError(f"{country!r} is no country code: write it as FR, or GB-ENG")
    code, _, part = country.partition("-")
    found = holidays.country_holidays(code, subdiv=part or None, years=year)
    spoken = next((each for each in _LOCALES[language] if each in found.supported_languages), None)
    if spoken:
        found = holidays.country_holidays(code, subdiv=part or None, years=year, language=spoken)
    return dict(found)
