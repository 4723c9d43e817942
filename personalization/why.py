"""Why one product would be offered to a customer, or not: the reason in three depths, and what weighs how much."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from personalization.catalogue import Catalogue, Product
from personalization.events import Suppressed
from personalization.explain import explain
from personalization.lifecycle import Holdings, Situation, kept_out
from personalization.phrases import Phrases
from personalization.recommend import Recommender, Request, Suggestion
from personalization.scoring import contributions, popularity
from personalization.view import CustomerView

__all__ = ["UnknownProduct", "Why", "product_named", "why"]


class UnknownProduct(LookupError):
    """No product of that id or name, or several; the message names the nearest."""


@dataclass(frozen=True)
class Why:
    product: Product
    suggestion: Suggestion | None
    """None where it would not be offered."""
    kept_out: Suppressed | None
    offer: str
    """Which offer it is in: "open" (nothing asked for), "category" (its kind asked for) or "none"."""
    depths: tuple[tuple[str, ...], ...]
    """The sentences of each of the three depths; empty where it would not be offered."""
    parts: dict[str, float]
    """What weighs how much for it, greatest first: signals (log-odds) where a model ranks, rules otherwise."""
    unit: str
    """"log-odds" or "weight"."""


def product_named(named: str, catalogue: Catalogue, language: str) -> Product:
    """The product of this id, else the one whose name has these words.

    Raises:
        UnknownProduct: there is none, or several.
    """
    if found := catalogue.get(named.strip()):
        return found
    near = catalogue.search(named, language)
    best = [product for product, share in near if share == near[0][1]]
    if len(best) == 1 and near[0][1] == 1.0:
        return best[0]
    told = ", ".join(f"{product.id} ({product.names[language]})" for product, _ in near)
    nearest = f"the nearest are {told}" if told else "candide shop stats says how many there are"
    raise UnknownProduct(f"no product, or several, called {named!r}: give its id; {nearest}")


def why(recommender: Recommender, view: CustomerView | None, product: Product, phrases: Phrases, today: date) -> Why:
    """Args:
    view: what the customer's consent shows; None without it.
    """
    catalogue, language = recommender.catalogue, phrases.language
    held = Holdings(view, catalogue, today)
    parts, unit = _parts(recommender, view, product, held, today)
    out = kept_out(product, catalogue, held, Situation(), today, language)
    for name, request in (("open", Request(limit=3)), ("category", Request(category=product.category, limit=3))):
        suggestions = recommender.offer(view, request).suggestions
        found = next((each for each in suggestions if each.product.id == product.id), None)
        if found is not None:
            depths = tuple(
                tuple(line.phrase.text for line in explain(found, depth, phrases, catalogue, today))
                for depth in (1, 2, 3)
            )
            return Why(product, found, None, name, depths, parts, unit)
    return Why(product, None, out, "none", (), parts, unit)


def _parts(recommender: Recommender, view, product: Product, held: Holdings, today: date):
    if recommender.ranking is not None and view is not None:
        parts, unit = recommender.ranking.of(view, today).parts(product.id), "log-odds"
    else:
        found = contributions(product, recommender.catalogue, held, today)
        most = max((each.sold for each in recommender.catalogue), default=0)
        parts = {each.rule: round(each.weight, 4) for each in found} | {"popular": round(popularity(product, most), 4)}
        unit = "weight"
    return dict(sorted(parts.items(), key=lambda pair: -pair[1])), unit
