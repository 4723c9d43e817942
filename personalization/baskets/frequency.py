"""Personal frequency: how often and how lately a customer bought each thing, and in which rhythm.

Temporal item frequency with two decays, within groups of baskets and between groups, is of Hu et al., "Modeling
Personalized Item Frequency Information for Next-basket Recommendation", SIGIR 2020.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from personalization.baskets.history import Baskets, Own

__all__ = ["Decay", "Rhythm", "personal", "rhythm", "vectors"]


@dataclass(frozen=True)
class Decay:
    """The two decays of TIFU."""

    within: float = 0.9
    between: float = 0.7
    group: int = 7
    """Baskets in a group, counted from the latest."""

    def weights(self, baskets: int) -> np.ndarray:
        """(baskets,) float64, oldest first: what each basket weighs; they sum to 1 at most."""
        age = np.arange(baskets)[::-1]
        group = age // self.group
        sizes = np.bincount(group) if baskets else np.zeros(0, int)
        return self.within ** (age % self.group) * self.between**group / (sizes[group] * max(1, len(sizes)))


def personal(own: Own, decay: Decay, items: int) -> np.ndarray:
    """(items,) float32: the customer's own decayed frequency of each item."""
    weight = decay.weights(own.baskets)[own.basket]
    return np.bincount(own.item, weight, items).astype(np.float32)


def vectors(baskets: Baskets, decay: Decay) -> sparse.csr_matrix:
    """(users, items) float32: `personal` of every customer."""
    count = np.bincount(baskets.owner, minlength=len(baskets.users))
    weight = np.concatenate([decay.weights(each) for each in count] or [np.zeros(0)])
    shape = (len(baskets.users), len(baskets))
    ours = sparse.csr_matrix((weight.astype(np.float32), (baskets.owner, np.arange(len(baskets)))), shape)
    return (ours @ baskets.matrix).tocsr()


@dataclass(frozen=True)
class Rhythm:
    """When each thing a customer buys was bought; all arrays are (things,)."""

    item: np.ndarray
    """Columns of the model, ascending."""
    times: np.ndarray
    """Baskets that hold it."""
    since: np.ndarray
    """Days since the last of them."""
    back: np.ndarray
    """Baskets of the customer since the last of them; 0 where it is in the latest."""
    period: np.ndarray
    """Median of the days between two of them; NaN where it was bought on one day only."""


def rhythm(own: Own, today: int) -> Rhythm:
    """How each thing was bought until `today` (ordinal)."""
    order = np.lexsort((own.basket, own.item))
    item, basket = own.item[order], own.basket[order]
    things, first, times = np.unique(item, return_index=True, return_counts=True)
    last = basket[first + times - 1] if len(first) else first
    day = own.day[basket]
    gaps, thing = np.diff(day), np.repeat(np.arange(len(things)), times)
    inner = (thing[1:] == thing[:-1]) & (gaps > 0) if len(item) else np.zeros(0, bool)
    return Rhythm(
        things,
        times,
        today - own.day[last],
        own.baskets - 1 - last,
        _medians(gaps[inner], thing[1:][inner], len(things)),
    )


def _medians(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """(groups,) float64: the median of each group's values; NaN for an empty one."""
    order = np.lexsort((values, group))
    values, count = values[order].astype(float), np.bincount(group, minlength=groups)
    start = np.concatenate(([0], np.cumsum(count)[:-1])) if groups else np.zeros(0, int)
    found = np.full(groups, np.nan)
    some = count > 0
    low, high = start + (count - 1) // 2, start + count // 2
    found[some] = (values[low[some]] + values[high[some]]) / 2
    return found
