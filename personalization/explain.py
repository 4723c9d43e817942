"""Why a suggestion was made, in three depths, in the customer's words."""

from __future__ import annotations

from datetime import date

from personalization.catalogue import Catalogue
from personalization.disclosure import Line
from personalization.phrases import Phrases
from personalization.recommend import Suggestion

__all__ = ["explain", "reason_line", "suggested_event"]


def reason_line(suggestion: Suggestion, phrases: Phrases, catalogue: Catalogue, today: date) -> Line:
    """The short reason spoken with the suggestion."""
    raise NotImplementedError


def explain(
    suggestion: Suggestion, depth: int, phrases: Phrases, catalogue: Catalogue, today: date, granted: bool = True
) -> list[Line]:
    """The lines that answer "why".

    Args:
        depth: 1, the reason; 2, the data behind it; 3, all that is known, where it is kept, how to change it. Other
            numbers are taken as the nearest.
        granted: purchases may still be used; after a withdrawal no purchase is spoken any more.
    """
    raise NotImplementedError


def suggested_event(suggestion: Suggestion, reason: str, language: str, catalogue: Catalogue):
    """The `Suggested` event for the journal; `reason` as it is spoken."""
    raise NotImplementedError
