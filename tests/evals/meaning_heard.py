"""Fresh sentences understood as the recogniser hears them over the telephone: part of meaning."""

from __future__ import annotations

from typing import Any

from nlu.trained import LANGUAGES
from nlu.understanding import Understanding
from personalization.shop import Shop
from tests.evals._fresh import HALVES, measure_heard

__all__ = ["run"]


def run(quick: bool = False) -> dict[str, Any]:
    """A hundred sentences of each half, drawn once (8 quick), by the voices that are here.

    Returns:
        By language and half: what `tests.evals._fresh.measure_heard` gives. skipped_parts: what couldn't run, and what
        to do.
    """
    shop = Shop.load()
    understanding = Understanding(shop.catalogue, {store.id: store.name for store in shop.stores})
    figures: dict[str, Any] = {}
    skipped = []
    for language in LANGUAGES:
        try:
            figures[language] = {
                half: measure_heard(understanding, language, half, 8 if quick else 100) for half in HALVES
            }
        except Exception as problem:
            skipped.append(f"fresh sentences heard, {language}: {problem}")
    return figures | {"skipped_parts": skipped}
