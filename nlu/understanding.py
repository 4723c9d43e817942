"""From the words a caller said to what they want: intent, slots, how sure, and which words decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from nlu.meaning import Meaning

__all__ = ["Understanding", "as_json", "understand_lines"]


class Understanding:
    """Understands French and English sentences; one object serves any number of conversations and threads.

    Args:
        catalogue: products and categories to recognise (`personalization.catalogue.Catalogue`); None for none.
        stores: store names by id, to recognise.
        languages: those that will be used; each is trained on its first sentence, or by `warm`.
    """

    def __init__(self, catalogue: Any = None, stores: dict[str, str] | None = None, languages=("fr", "en")) -> None:
        self.catalogue = catalogue

    def warm(self) -> None:
        """Train now what would be trained at the first sentence (about two seconds a language)."""

    def understand(
        self, text: str, language: str, expecting: str | None = None, today: date | None = None
    ) -> Meaning:
        """What the caller wants.

        Args:
            expecting: the question just asked: "consent:PURPOSE", "confirm", or a slot ("budget", "category",
                "product", "recipient", "quantity", "order", "date", "time", "store", "language"); it lets a bare
                answer be read ("trente euros", "oui juste cette fois").
            today: the day relative dates count from; the system's date by default.
        """
        raise NotImplementedError


def understand_lines(lines: Iterable[str], language: str, catalogue: Any = None) -> Iterator[dict[str, Any]]:
    """One JSON-ready object per sentence (see `as_json`); empty lines give an out_of_scope of confidence 0."""
    raise NotImplementedError


def as_json(meaning: Meaning) -> dict[str, Any]:
    """A meaning as JSON-ready data: text, language, intent, slots, confidence, decided_by, entities, runner_up, also."""
    raise NotImplementedError
