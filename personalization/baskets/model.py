"""A next-basket model: what was learnt from those who allow it, and the score of each thing for one customer."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from personalization.baskets.blend import Blend
from personalization.baskets.history import Baskets, Own
from personalization.baskets.signals import Candidates, Signals

__all__ = ["LEAST_BASKETS", "LEAST_USERS", "BasketModel", "TooFew"]

LEAST_USERS, LEAST_BASKETS = 200, 2000
"""Customers and baskets below which there is nothing to learn that isn't somebody's secret."""

_TARGETS = 6
"""Last baskets of a customer that weights are fitted on."""

_EXAMPLES = 12000
"""At most so many baskets are."""

_OTHERS, _NEVER = 0.12, 0.06
"""Of the candidates that were not in the basket, the share that weights are fitted on: of those bought before, and of
others. They are many and alike: recall was the same with all of them."""


class TooFew(ValueError):
    """Too few customers allow it, or they bought too little."""


@dataclass
class BasketModel:
    """Made by `fit`. Scores are of products by column; `items` says which."""

    baskets: Baskets
    signals: Signals
    blend: Blend

    @classmethod
    def fit(
        cls,
        baskets: Baskets,
        kinds: Mapping[str, Hashable],
        least: tuple[int, int] = (LEAST_USERS, LEAST_BASKETS),
        rounds: int = 120,
    ) -> BasketModel:
        """Learns from baskets.

        Args:
            kinds: category of each product. least: customers and baskets it takes. rounds: trees of the blend.

        Raises:
            TooFew: there are fewer.
        """
        if len(baskets.users) < least[0] or len(baskets) < least[1]:
            raise TooFew(
                f"{len(baskets.users)} customers with {len(baskets)} baskets allow it: "
                f"it takes {least[0]} and {least[1]}"
            )
        numbers = _numbers(baskets.items, kinds)
        blend = Blend(rounds).fit(*_examples(baskets, numbers))
        return cls(baskets, Signals(baskets, numbers), blend)

    @property
    def items(self) -> tuple[str, ...]:
        return self.baskets.items

    @cached_property
    def columns(self) -> dict[str, int]:
        return {item: column for column, item in enumerate(self.items)}

    @cached_property
    def rows(self) -> dict[Hashable, int]:
        return {user: row for row, user in enumerate(self.baskets.users)}

    def candidates(self, own: Own, today: int, user: Hashable = None) -> tuple[Candidates, np.ndarray]:
        """Things worth a thought and the probability, (n,) float, that the next basket holds each (learnt from baskets
        that count by the root of their size less, so that small ones are foreseen too).

        Args:
            today: ordinal. user: what the model may call this customer, so that they aren't their own neighbour.
        """
        found = self.signals.of(own, today, self.rows.get(user))
        return found, self.blend.score(found.features)

    def without(self, users: Iterable[Hashable]) -> BasketModel:
        """The model had these customers never been there; the blend's trees, which name nobody, stay as they are."""
        baskets = self.baskets.without(users)
        return BasketModel(baskets, Signals(baskets, self.signals.kinds), self.blend)


def _numbers(items: tuple[str, ...], kinds: Mapping[str, Hashable]) -> np.ndarray:
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(kinds.get(item), len(known)) for item in items], np.int64)


def _examples(baskets: Baskets, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, outcomes and weights of the last baskets of each customer, seen with what came before."""
    count = np.bincount(baskets.owner, minlength=len(baskets.users))
    start = np.concatenate(([0], np.cumsum(count)[:-1]))
    from_end = count[baskets.owner] - 1 - (np.arange(len(baskets)) - start[baskets.owner])
    prior = baskets.take(from_end >= _TARGETS)
    signals, rows = Signals(prior, kinds), {user: row for row, user in enumerate(prior.users)}
    draw = np.random.default_rng(6)
    features, bought, weight = [], [], []
    later = start[baskets.owner] != np.arange(len(baskets))
    for basket in _drawn(np.flatnonzero((from_end < _TARGETS) & later), draw):
        number = baskets.owner[basket]
        own = baskets.own(number, basket - start[number])
        matrix = baskets.matrix
        truth = matrix.indices[matrix.indptr[basket] : matrix.indptr[basket + 1]]

        def drawn(item: np.ndarray, before: np.ndarray, truth=truth) -> np.ndarray:
            share = np.where(before, _OTHERS, _NEVER)
            return np.isin(item, truth) | (draw.random(len(item)) < share)

        found = signals.of(own, int(baskets.day[basket]), rows.get(baskets.users[number]), drawn)
        hit = np.isin(found.item, truth)
        features.append(found.features)
        bought.append(hit)
        stands_for = np.where(hit, 1.0, 1 / np.where(found.features[:, 0] > 0, _OTHERS, _NEVER))
        weight.append(stands_for / np.sqrt(len(truth)))
    if not features:
        raise TooFew("nobody came twice: there is no next basket to learn from")
    # A thing counts by its share of the basket's hits (recall), half way: a large basket still tells more than a small.
    weights = np.concatenate(weight)
    return np.concatenate(features), np.concatenate(bought), weights / weights.mean()


def _drawn(baskets: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return baskets if len(baskets) <= _EXAMPLES else np.sort(draw.choice(baskets, _EXAMPLES, replace=False))
