"""When a store is open and when somebody answers, with the country's holidays."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from nlu.calendar import COUNTRY, holiday, known_country
from personalization.catalogue import CatalogueError
from personalization.shop import Shop, Store

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["adviser_hours", "available", "check_country", "holiday_name", "open_on", "someone_there"]

_HOURS = re.compile(r"(\d)(?:-(\d))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_AHEAD = timedelta(days=42)
"""How far ahead a call back may be agreed."""


def check_country(shop: Shop) -> None:
    """Raises:
    CatalogueError: shop.yaml names a country whose holidays aren't known.
    """
    country = str(shop.settings.get("country", COUNTRY))
    if country != COUNTRY and not known_country(country):
        what = f"country {country!r} is unknown: write its two letters (FR, BE, CH), or a part of it (GB-ENG)"
        raise CatalogueError("shop.yaml", 0, what)


def holiday_name(talk: Dialogue, day: date) -> str | None:
    """The holiday on which everything is closed, by its name; None where the shop works on (`closed_on_holidays`)."""
    if not talk.shop.settings.get("closed_on_holidays", True):
        return None
    return holiday(day, talk.language, str(talk.shop.settings.get("country", COUNTRY)))


def open_on(talk: Dialogue, store: Store, day: date) -> tuple[time, time] | None:
    """Opening and closing time of a store on a day; None where it is closed."""
    return None if holiday_name(talk, day) else store.opens.get(day.weekday())


def available(talk: Dialogue, moment: datetime | None = None) -> bool:
    """Whether somebody answers at the moment: by the shop's `advisers` hours, else while a store is open."""
    moment = moment or talk.context.now
    if holiday_name(talk, moment.date()):
        return False
    hours = adviser_hours(talk.shop)
    if hours is None:
        return any(store.open_at(moment) for store in talk.shop.stores)
    return any(start <= moment.time() < end for start, end in hours.get(moment.weekday(), ()))


def adviser_hours(shop: Shop) -> dict[int, list[tuple[time, time]]] | None:
    """By weekday (Monday is 0), from "0-4 9:00-19:00; 5 9:00-18:00" in shop.yaml; None where it isn't there."""
    found = _HOURS.findall(str(shop.settings.get("advisers", "")))
    hours: dict[int, list[tuple[time, time]]] = {}
    for first, last, *clock in found:
        start, end = (time(int(clock[at]), int(clock[at + 1])) for at in (0, 2))
        for day in range(int(first), int(last or first) + 1):
            hours.setdefault(day, []).append((start, end))
    return hours or None


def someone_there(talk: Dialogue, day: date) -> bool:
    """Somebody can call back that day, within the next six weeks."""
    if day > talk.context.today + _AHEAD or holiday_name(talk, day):
        return False
    hours = adviser_hours(talk.shop)
    return day.weekday() in hours if hours else any(day.weekday() in store.opens for store in talk.shop.stores)
