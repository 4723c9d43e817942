"""The score of each product for one request: what its rules say, and which purchases they say it from.

Personal frequency with the customer's own cycle is the strongest simple baseline of next-basket recommendation (Hu et
al., "Modeling Personalized Item Frequency Information", SIGIR 2020); the life-cycle rules keep out what is owned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from personalization.catalogue import Catalogue, LifeCycle, Product
from personalization.customer import Purchase
from personalization.lifecycle import Holdings

__all__ = ["LASTING", "Contribution", "contributions", "popularity"]

POPULARITY = 0.15
"""The most that popularity adds: it decides between equals and where nothing personal is known."""

_AFFINITY = 2
"""Purchases of a brand or a kind that make a taste."""


@dataclass(frozen=True)
class Contribution:
    """What one rule gives one product, and from which purchases."""

    rule: str
    weight: float
    supports: tuple[Purchase, ...] = ()
    """Oldest first."""


def popularity(product: Product, most: int) -> float:
    """0 to `POPULARITY`, by pieces sold against the best seller's."""
    return POPULARITY * product.sold / most if most else 0.0


def contributions(
    product: Product, catalogue: Catalogue, held: Holdings, today: date, rules: tuple | None = None
) -> tuple[Contribution, ...]:
    """The personal rules that speak for the product, strongest first. Empty where nothing is known.

    Args:
        rules: those to ask; all, by default.
    """
    rules = rules or (_replenish, _wears_out, _complement, _same_brand, _same_kind)
    found = [made for rule in rules if (made := rule(product, catalogue, held, today))]
    return tuple(sorted(found, key=lambda each: -each.weight))


def _replenish(product: Product, catalogue: Catalogue, held: Holdings, today: date) -> Contribution | None:
    bought = held.by_product.get(product.id)
    if not bought or catalogue.category(product).life_cycle is not LifeCycle.CONSUMABLE:
        return None
    elapsed = held.cycle(product.category).elapsed
    # Long after it ran out, the habit is probably over.
    due = 1.0 if elapsed <= 2 else max(0.3, 1.0 - (elapsed - 2) / 4)
    return Contribution("replenish", (0.7 + 0.05 * min(len(bought), 4)) * due, tuple(bought))


def _wears_out(product: Product, catalogue: Catalogue, held: Holdings, today: date) -> Contribution | None:
    category = catalogue.category(product)
    bought = held.by_category.get(category.id)
    if not bought or category.life_cycle not in (LifeCycle.WEARS, LifeCycle.DURABLE):
        return None
    if (today - held.last(category.id).date).days < category.renewal_days:
        return None
    if category.life_cycle is LifeCycle.DURABLE:
        return Contribution("wears_out", 0.25, tuple(bought))
    same = product.id in held.by_product
    return Contribution("wears_out", 0.65 if same else 0.5, tuple(bought))


def _complement(product: Product, catalogue: Catalogue, held: Holdings, today: date) -> Contribution | None:
    supports: list[Purchase] = []
    weight = 0.0
    for target in product.goes_with:
        made_for = held.by_product.get(target, ())
        bought = made_for or held.by_category.get(target, ())
        lasting = [each for each in bought if _lasts(each, catalogue)]
        if lasting:
            fresh = any((today - each.date).days <= 90 for each in lasting)
            weight = max(weight, (0.6 if made_for else 0.4) + (0.1 if fresh else 0.0))
            supports += [each for each in lasting if each not in supports]
    if not supports:
        return None
    return Contribution("complement", weight, tuple(sorted(supports, key=lambda each: each.date)))


def _lasts(purchase: Purchase, catalogue: Catalogue) -> bool:
    return catalogue.category(catalogue.products[purchase.product]).life_cycle is not LifeCycle.CONSUMABLE


def _same_brand(product: Product, catalogue: Catalogue, held: Holdings, today: date) -> Contribution | None:
    bought = [
        each for id, made in held.by_product.items() if catalogue.products[id].brand == product.brand for each in made
    ]
    return _taste(product, bought, held, 0.3)


def _same_kind(product: Product, catalogue: Catalogue, held: Holdings, today: date) -> Contribution | None:
    if catalogue.category(product).life_cycle is not LifeCycle.ONE_OFF:
        return None
    return _taste(product, held.by_category.get(product.category, ()), held, 0.35)


def _taste(product: Product, bought, held: Holdings, base: float) -> Contribution | None:
    if len(bought) < _AFFINITY or product.id in held.by_product:
        return None
    supports = tuple(sorted(bought, key=lambda each: (each.date, each.product)))
    return Contribution("same_taste", base + 0.02 * min(len(supports), 5), supports)


LASTING = (_wears_out, _complement)
"""Rules about what is owned for long: baskets alone can't teach them."""
