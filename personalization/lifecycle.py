"""What is kept out of an offer, by which rule and until when (law 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from personalization.catalogue import Catalogue, LifeCycle, Product
from personalization.customer import Purchase
from personalization.events import Suppressed
from personalization.view import CustomerView

__all__ = ["EARLY", "Cycle", "Holdings", "Situation", "kept_out"]

EARLY = 0.8
"""A consumable may be offered from this share of its buying cycle on: within 20 % of when it runs out."""


_TAUGHT = 3
"""Gaps that teach a rhythm where the category has no usual period they could confirm."""

_CONTRARY = 0.15
"""Share of a customer's gaps that may be shorter than `EARLY` of the period; more, and it is no rhythm of theirs."""


@dataclass(frozen=True)
class Situation:
    """What, beside the customer's purchases, keeps products out."""

    category: str | None = None
    """Category id the caller asked for."""
    product: str | None = None
    """Product id the caller asked for."""
    sensitive_asked: bool = False
    """The caller named it in their own words."""
    refused: frozenset[str] = frozenset()
    """Product ids turned down."""
    rested: frozenset[str] = frozenset()
    """Category ids the caller wants no more of."""

    def asks_for(self, product: Product) -> bool:
        return self.product == product.id or self.category == product.category


@dataclass(frozen=True)
class Cycle:
    """How long one purchase of a consumable lasts this customer."""

    days: float
    """For one piece."""
    own: bool
    """Learnt from their purchases; otherwise the category's usual period."""
    runs_out: date
    steady: bool
    """It is known: by the category's usual period, or by gaps of their own that agree."""
    elapsed: float
    """Share of the cycle of the last purchase that has gone by; 1 when it runs out."""


def _agree(gaps: list[float]) -> bool:
    """The rule would have been right about what they bought so far."""
    early = EARLY * median(gaps)
    return sum(gap < early for gap in gaps) <= _CONTRARY * len(gaps)


class Holdings:
    """What a view says the customer bought and kept, by category and by product.

    Args:
        view: None knows nothing.
        gift: for someone else: nothing counts as owned, and only what was returned is remembered.
    """

    def __init__(self, view: CustomerView | None, catalogue: Catalogue, today: date, gift: bool = False) -> None:
        self._catalogue = catalogue
        self._today = today
        self.age = view.age if view else None
        self.open_case = view.open_case if view else None
        self.by_category: dict[str, list[Purchase]] = {}
        self.by_product: dict[str, list[Purchase]] = {}
        self.returned: set[str] = set()
        self._cycles: dict[str, Cycle | None] = {}
        for purchase in view.purchases if view else ():
            product = catalogue.get(purchase.product)
            if purchase.returned is not None:
                self.returned.add(purchase.product)
            elif product is not None and not gift:
                self.by_category.setdefault(product.category, []).append(purchase)
                self.by_product.setdefault(product.id, []).append(purchase)

    def last(self, category: str) -> Purchase | None:
        """The latest purchase of the category that was kept."""
        return max(self.by_category.get(category, ()), key=lambda each: each.date, default=None)

    def cycle(self, category: str) -> Cycle | None:
        """The buying cycle of a category: median of the gaps between buying days, each divided by what was bought.

        One buying day teaches no gap, and gaps that contradict each other no rhythm: the category's usual period stands
        in, if it has one. None if nothing of it was kept.
        """
        if category not in self._cycles:
            self._cycles[category] = self._cycle(category)
        return self._cycles[category]

    def _cycle(self, category: str) -> Cycle | None:
        bought = self.by_category.get(category)
        if not bought:
            return None
        pieces: dict[date, int] = {}
        for purchase in bought:
            pieces[purchase.date] = pieces.get(purchase.date, 0) + purchase.quantity
        days = sorted(pieces)
        gaps = [(later - earlier).days / pieces[earlier] for earlier, later in pairwise(days)]
        usual = self._catalogue.categories[category].renewal_days
        own = len(gaps) >= (1 if usual else _TAUGHT) and _agree(gaps)
        period = median(gaps) if own else float(usual or (median(gaps) if gaps else 1))
        lasts = max(1.0, period * pieces[days[-1]])
        elapsed = (self._today - days[-1]).days / lasts
        return Cycle(period, own, days[-1] + timedelta(days=round(lasts)), own or bool(usual), elapsed)


def kept_out(
    product: Product, catalogue: Catalogue, held: Holdings, situation: Situation, today: date, language: str = "fr"
) -> Suppressed | None:
    """The first rule that keeps the product out, or None. Rules that need no personal data come first."""

    def by(rule: str, until: date | None = None) -> Suppressed:
        return Suppressed(product.id, str(product.names[language]), rule, until.isoformat() if until else None)

    if product.stock <= 0:
        return by("out_of_stock")
    if product.recalled:
        return by("recalled")
    if catalogue.sensitive(product) and not (situation.sensitive_asked and situation.asks_for(product)):
        return by("sensitive")
    if product.minimum_age and (held.age is None or held.age < product.minimum_age):
        return by("age")
    if product.id in situation.refused or product.category in situation.rested:
        return by("refused")
    if product.id in held.returned:
        return by("returned")
    return _owned(product, catalogue, held, situation, today, by)


def _owned(product, catalogue, held, situation, today, by):
    category = catalogue.category(product)
    match category.life_cycle:
        case LifeCycle.ONE_OFF:
            return by("owned") if product.id in held.by_product else None
        case LifeCycle.DURABLE | LifeCycle.WEARS:
            last = held.last(category.id)
            if last is None:
                return None
            until = last.date + timedelta(days=category.renewal_days)
            rule = "owned" if category.life_cycle is LifeCycle.DURABLE else "not_before"
            return by(rule, until) if today < until else None
        case LifeCycle.CONSUMABLE:
            # Who asks for coffee by name may have another coffee: only the one at home waits for its time.
            if situation.asks_for(product) and product.id not in held.by_product:
                return None
            cycle = held.cycle(category.id)
            if cycle is None or not cycle.steady or cycle.elapsed >= EARLY:
                return None
            last_day = held.last(category.id).date
            return by("not_before", last_day + (cycle.runs_out - last_day) * EARLY)
