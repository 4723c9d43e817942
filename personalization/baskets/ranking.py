"""The model's word for one customer's view: what is likely, and which of their purchases it says so from."""

from __future__ import annotations

from datetime import date

import numpy as np

from personalization.baskets.history import Own
from personalization.baskets.model import BasketModel
from personalization.customer import Purchase
from personalization.scoring import Contribution
from personalization.view import CustomerView

__all__ = ["BasketRanking", "Likely"]

_LOOKED_AT = 120
"""Things of the best scores that rules are tried on: enough that an offer is full after what they keep out."""

_LINKS = 2
"""At most so many other things are cited for one that goes with them."""


class BasketRanking:
    """Ranks by a `BasketModel`. Holds no data of who asks."""

    def __init__(self, model: BasketModel) -> None:
        self.model = model

    def of(self, view: CustomerView, today: date) -> Likely:
        own = Own.of(view.purchases, self.model.columns, today)
        found, scores = self.model.candidates(own, today.toordinal(), view.row)
        order = np.argsort(-scores, kind="stable")[:_LOOKED_AT]
        ids = [self.model.items[column] for column in found.item[order]]
        return Likely(self.model, view, dict(zip(ids, scores[order].tolist(), strict=True)), found.features[order])


class Likely:
    """Args:
    scores: by product id, best first. features: (n, signals), in the same order.
    """

    def __init__(self, model: BasketModel, view: CustomerView, scores: dict[str, float], features: np.ndarray) -> None:
        self._model, self._scores, self._features = model, scores, features
        self._bought: dict[str, list[Purchase]] = {}
        for purchase in view.purchases:
            if purchase.returned is None:
                self._bought.setdefault(purchase.product, []).append(purchase)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._scores)

    def score(self, product: str) -> float:
        """Probability that the next basket holds it; 0 for what was not worth a thought."""
        return self._scores.get(product, 0.0)

    def parts(self, product: str) -> dict[str, float]:
        """By kind of signal, what it adds to the log-odds of a product; empty for what was not worth a thought."""
        if product not in self._scores:
            return {}
        return self._model.blend.parts(self._features[self.ids.index(product)])

    def because(self, product: str, rules: tuple[Contribution, ...]) -> tuple[Contribution, ...]:
        """The reasons to try, strongest first: rules, then the habit itself or what it is bought together with."""
        score = self.score(product)
        if own := self._bought.get(product):
            return (*rules, Contribution("replenish", score, tuple(own)))
        linked = self._linked(product) if score else ()
        return (*rules, Contribution("together", score, linked)) if linked else rules

    def _linked(self, product: str) -> tuple[Purchase, ...]:
        """Purchases of the things it goes into one basket with, the strongest links first; oldest purchase first."""
        links = self._model.signals.together.links
        column = self._model.columns[product]
        strength = []
        for id in self._bought:
            row = self._model.columns.get(id)
            if row is None:
                continue
            span = slice(links.indptr[row], links.indptr[row + 1])
            at = np.flatnonzero(links.indices[span] == column)
            if len(at):
                strength.append((-float(links.data[span][at[0]]), id))
        chosen = [id for _, id in sorted(strength)[:_LINKS]]
        return tuple(sorted((each for id in chosen for each in self._bought[id]), key=lambda each: each.date))
