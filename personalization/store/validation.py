"""Cells of a retailer's table to values, or a sentence that says what to correct."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from personalization.catalogue import CatalogueError
from personalization.customer import OrderStatus
from personalization.phrases import LANGUAGES

__all__ = ["Days", "Problems", "identifier", "money", "person_from", "quantity", "status"]

_KEPT = 1000
_OLDEST = date(1970, 1, 1)


class Problems:
    """Rows that can't be used: the first of them, and how many in all.

    Attributes:
        first: at most a thousand. count: in all.
    """

    def __init__(self) -> None:
        self.first: list[CatalogueError] = []
        self.count = 0

    def add(self, where: str, line: int, what: str) -> None:
        self.count += 1
        if len(self.first) < _KEPT:
            self.first.append(CatalogueError(where, line, what))


class Days:
    """Reads days, each text once.

    Args:
        form: as `strptime` writes it; None for ISO 8601, with or without an hour. today: the last day that can be.
    """

    def __init__(self, today: date, form: str | None = None) -> None:
        self.today, self.form = today, form
        self._known: dict[str, date] = {}

    def past(self, text: str, ago: str = "", what: str = "date") -> date:
        """The day a text says, or so many days ago.

        Raises:
            ValueError: it is no day, or lies in the future.
        """
        day = self._known.get(text) if text else self.relative(ago, what)
        if day is None:
            day = self._known[text] = self._read(text, what)
        if day > self.today:
            raise ValueError(f"the {what} {text or ago!r} is in the future: correct it")
        if day < _OLDEST:
            raise ValueError(f"the {what} {text or ago!r} is before {_OLDEST.year}: correct it")
        return day

    def any(self, text: str, ahead: str = "", what: str = "date") -> date | None:
        """The same, past or to come; None where both are empty."""
        if text:
            return self._read(text, what)
        if not ahead:
            return None
        try:
            return self.today + timedelta(days=int(ahead))
        except (ValueError, OverflowError) as wrong:
            raise ValueError(f"the {what} is {ahead!r} days ahead: write a whole number") from wrong

    def relative(self, ago: str, what: str) -> date:
        if not ago:
            raise ValueError(f"the {what} is empty: write it as 2026-05-31")
        try:
            return self.today - timedelta(days=int(ago))
        except (ValueError, OverflowError) as wrong:
            raise ValueError(f"the {what} is {ago!r} days ago: write a whole number") from wrong

    def _read(self, text: str, what: str) -> date:
        try:
            if self.form:
                return datetime.strptime(text, self.form).date()
            return date.fromisoformat(text[:10])
        except ValueError as wrong:
            form = self.form or "2026-05-31"
            raise ValueError(f"the {what} {text!r} isn't understood: write it as {form}, or name its form") from wrong


def identifier(text: str, what: str) -> str:
    """Raises ValueError: it is empty, longer than 200 characters, or holds what can't be printed."""
    if not text:
        raise ValueError(f"the {what} is empty: give one")
    if len(text) > 200 or not text.isprintable():
        raise ValueError(f"the {what} is too long or holds control characters: correct it")
    return text


def quantity(text: str) -> int:
    """A whole number from 1; 1 where nothing is written. Raises ValueError."""
    if not text:
        return 1
    try:
        count = int(text)
    except ValueError as wrong:
        raise ValueError(f"the quantity {text!r} is no whole number: correct it") from wrong
    if count < 1:
        raise ValueError(f"the quantity {text!r} is below 1: what was brought back goes to a returns table")
    if count > 1_000_000:
        raise ValueError(f"the quantity {text!r} can't be: correct it")
    return count


def money(text: str) -> str:
    """An amount of the currency from 0, "12.90". Raises ValueError."""
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation as wrong:
        raise ValueError(f"the price {text!r} is no number: write it as 12.90") from wrong
    if not amount.is_finite() or amount >= 10**9:
        raise ValueError(f"the price {text!r} can't be: correct it")
    if amount < 0:
        raise ValueError(f"the price {text!r} is negative: what was brought back goes to a returns table")
    return f"{amount:.2f}"


def status(text: str) -> OrderStatus:
    try:
        return OrderStatus(text)
    except ValueError as unknown:
        raise ValueError(f"status {text!r} is unknown: use one of {', '.join(OrderStatus)}") from unknown


def person_from(told: dict[str, str], today: date, stores: frozenset[str]) -> dict[str, Any]:
    """What a row of customers says. Only its columns: those it doesn't have keep their value.

    Raises:
        ValueError: something in it can't be.
    """
    person: dict[str, Any] = dict(told)
    identifier(told["id"], "customer's id")
    identifier(told["name"], "customer's name")
    for column, value in told.items():
        if value and not value.isprintable():
            raise ValueError(f"{column} holds control characters: correct it")
    if "language" in told and told["language"] not in (*LANGUAGES, ""):
        raise ValueError(f"language {told['language']!r} isn't spoken here: use one of {', '.join(LANGUAGES)}")
    if "language" in told:
        person["language"] = told["language"] or LANGUAGES[0]
    if "birth_year" in told:
        person["birth_year"] = _birth_year(told["birth_year"], today)
    if told.get("store") and stores and told["store"] not in stores:
        raise ValueError(f"store {told['store']!r} is not among the stores: add it there or correct it")
    if "open_case" in told:
        if told["open_case"] not in ("", "complaint", "return"):
            raise ValueError(f"open_case {told['open_case']!r} is unknown: use complaint, return or nothing")
        person["open_case"] = told["open_case"] or None
    return person


def _birth_year(text: str, today: date) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1890 <= int(text) <= today.year):
        raise ValueError(f"birth_year {text!r} can't be: write a year such as 1980, or nothing")
    return int(text)
