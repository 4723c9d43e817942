"""The page's own words, and numbers as each language writes them."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import yaml

from personalization.assets import asset

__all__ = ["Labels"]

_MONTHS = {
    "fr": ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "1er"),
    "en": ("January February March April May June July August September October November December", "1"),
}
"""The months, and how the first of one is written."""
_NARROW = "\N{NARROW NO-BREAK SPACE}"


class Labels:
    """Labels of the page in French or English (another language gets English).

    Args:
        language: of the conversation.
    """

    def __init__(self, language: str) -> None:
        self.language = "fr" if language == "fr" else "en"
        self._labels = _table(self.language)

    def __call__(self, name: str, **values: Any) -> str:
        """The label, its placeholders filled; an unknown name is shown as it is."""
        label = self._labels.get(name)
        if label is None:
            return name.split("_", 1)[-1].replace("_", " ")
        return label.format(**values) if values else label

    def number(self, value: float, digits: int = 0, sign: bool = False) -> str:
        text = f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")
        return text.replace(".", ",") if self.language == "fr" else text

    def percent(self, share: float) -> str:
        return f"{share * 100:.0f}{_NARROW if self.language == 'fr' else ''}%"

    def price(self, euros: float) -> str:
        return f"{self.number(euros, 2)}{_NARROW}€" if self.language == "fr" else f"€{euros:.2f}"

    def ms(self, seconds: float) -> str:
        return self("ms", value=f"{seconds * 1000:.0f}")

    def day(self, iso: Any) -> str:
        """14 mars 2026, 14 March 2026; what is no ISO date is shown as it is."""
        try:
            day = iso if isinstance(iso, date) else date.fromisoformat(str(iso)[:10])
        except ValueError:
            return str(iso)
        months, first = _MONTHS[self.language]
        return f"{first if day.day == 1 else day.day} {months.split()[day.month - 1]} {day.year}"


@cache
def _table(language: str) -> dict[str, str]:
    return yaml.safe_load(asset("page", f"labels.{language}.yaml").read_text(encoding="utf-8"))
