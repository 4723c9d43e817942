"""What speaks for each thing a customer may buy next, as numbers a blend can weigh.

The habit itself (how often, how lately, in which rhythm), the kind of product, customers with like baskets, what goes
into one basket with what they buy, what everybody buys, and the visit (how long since the last, how large they are).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from personalization.baskets.frequency import Decay, personal, rhythm, vectors
from personalization.baskets.history import Baskets, Own
from personalization.baskets.neighbours import Neighbours
from personalization.baskets.sales import Sales
from personalization.baskets.together import Together

__all__ = ["GROUPS", "Candidates", "Signals"]

GROUPS = {
    "habit": ("bought", "decayed", "in_14", "in_30", "in_120", "since", "back", "times", "share", "baskets", "elapsed",
              "period"),
    "kind": ("kind_since", "kind_times"),
    "neighbours": ("neighbours",),
    "together": ("together",),
    "popular": ("popular", "rebought", "sold_3", "sold_7", "sold_14", "sold_28", "trend_7", "trend_14"),
    "visit": ("gap", "size"),
}  # fmt: skip
"""Signals by kind, in the order of the columns of `Candidates.features`."""

_DECAY = Decay(0.9, 0.7, 7)
_NEAR, _LINKED, _POPULAR = 60, 40, 60
"""Things looked at beside those bought before: from neighbours, from links, and best sellers."""

_RECENT = 60
"""Days that count for what is popular."""

_LONG = 400
"""Days; longer ago is as good as never."""


@dataclass(frozen=True)
class Candidates:
    """Things worth a thought for one customer at one moment."""

    item: np.ndarray
    """(n,) int: columns of the model, ascending."""
    features: np.ndarray
    """(n, signals) float32."""


class Signals:
    """All that is learnt from baskets, but for the weights.

    Attributes:
        kinds: (items,) int, the category of each item. common: (items,) float, baskets that hold it lately.
    """

    def __init__(self, baskets: Baskets, kinds: np.ndarray) -> None:
        self.kinds = kinds
        self.width = len(baskets.items)
        tifu = vectors(baskets, _DECAY)
        self.neighbours = Neighbours(tifu)
        self.together = Together.of(baskets)
        lately = baskets.day > (baskets.day.max() if len(baskets) else 0) - _RECENT
        self.common = np.asarray(baskets.matrix[lately].sum(axis=0)).ravel()
        sold = np.asarray(baskets.matrix.sum(axis=0)).ravel()
        self.sales = Sales(baskets)
        self.rebought = np.log((sold - np.bincount(tifu.indices, minlength=self.width) + 1) / (sold + 3))
        self.period = _periods(baskets)
        self._best = np.argsort(-self.common, kind="stable")[:_POPULAR]

    def of(
        self, own: Own, today: int, row: int | None = None,
        picked: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
    ) -> Candidates:  # fmt: skip
        """The candidates for a customer.

        Args:
            today: ordinal of the day of the request. row: the customer's own number among the baskets, if they are
                there: they are no neighbour of themselves.
            picked: given (n,) columns and whether each was bought before, says which of them to look at, (n,) bool.
        """
        width = self.width
        decayed = personal(own, _DECAY, width)
        near = self.neighbours.average(decayed, row)
        beat = rhythm(own, today)
        recency = np.exp(-np.maximum(beat.since, 0) / 60.0)
        linked = self.together.score(beat.item, recency / max(recency.sum(), 1e-9))
        item = np.unique(np.concatenate((beat.item, _top(near, _NEAR), _top(linked, _LINKED), self._best)))
        if picked is not None:
            item = item[picked(item, np.isin(item, beat.item, assume_unique=True))]
        return Candidates(item, self._features(item, own, today, beat, decayed, near, linked))

    def _features(self, item, own, today, beat, decayed, near, linked) -> np.ndarray:
        place = np.minimum(np.searchsorted(beat.item, item), max(len(beat.item) - 1, 0))
        bought = beat.item[place] == item if len(beat.item) else np.zeros(len(item), bool)

        def theirs(values: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
            return np.where(bought, values[place], otherwise) if len(values) else np.full(len(item), otherwise)

        age = np.maximum(today - own.day[own.basket], 0)
        lately = [np.bincount(own.item, np.exp(-age / days), self.width)[item] for days in (14.0, 30.0, 120.0)]
        usual = self.period[beat.item]
        learnt = np.where(np.isnan(beat.period), usual, (beat.period * (beat.times - 1) + 2 * usual) / (beat.times + 1))
        elapsed = beat.since / np.maximum(learnt, 1)
        kind_since, kind_times = self._kinds(own, today)
        times = theirs(beat.times)
        columns = (
            bought, np.log(decayed[item] + 1e-4), *(np.log(each + 1e-2) for each in lately),
            np.log1p(theirs(np.maximum(beat.since, 0))), np.log1p(theirs(beat.back)), np.log1p(times),
            np.log((times + 0.1) / (own.baskets + 0.2)), bought * np.log(max(own.baskets, 1)),
            theirs(elapsed, -1.0), np.log(theirs(learnt, 0.1)),
            np.log1p(kind_since[self.kinds[item]]), np.log1p(kind_times[self.kinds[item]]),
            np.log(near[item] + 1e-5), np.log(linked[item] + 1e-4), np.log1p(self.common[item]), self.rebought[item],
            *self.sales.until(today, item),
            np.full(len(item), np.log1p(max(today - own.day[-1], 0) if own.baskets else _LONG)),
            np.full(len(item), np.log(len(own.item) / own.baskets) if len(own.item) else 0.0),
        )  # fmt: skip
        return np.stack(columns, axis=1).astype(np.float32)

    def _kinds(self, own: Own, today: int) -> tuple[np.ndarray, np.ndarray]:
        """(kinds,) days since something of the kind was bought, at most `_LONG`, and how many times."""
        count = int(self.kinds.max()) + 1 if self.width else 0
        last = np.full(count, -np.inf)
        kind = self.kinds[own.item]
        np.maximum.at(last, kind, own.day[own.basket])
        return np.clip(today - last, 0, _LONG), np.bincount(kind, minlength=count)


def _top(values: np.ndarray, count: int) -> np.ndarray:
    """The places of the greatest, those above zero only."""
    some = np.flatnonzero(values > 0)  # of booleans, ten times sooner
    if len(some) <= count:
        return some
    return some[np.argpartition(-values[some], count)[:count]]


def _periods(baskets: Baskets) -> np.ndarray:
    """(items,) days between two purchases of it by one customer: geometric mean, drawn to that of all things."""
    row = np.repeat(np.arange(len(baskets)), np.diff(baskets.matrix.indptr))
    item, owner, day = baskets.matrix.indices, baskets.owner[row], baskets.day[row]
    order = np.lexsort((day, item, owner))
    item, owner, day = item[order], owner[order], day[order]
    again = (owner[1:] == owner[:-1]) & (item[1:] == item[:-1])
    gaps, what = np.log(np.maximum(np.diff(day)[again], 1)), item[1:][again]
    width = len(baskets.items)
    mean = gaps.mean() if len(gaps) else np.log(30.0)
    return np.exp((np.bincount(what, gaps, width) + 5 * mean) / (np.bincount(what, minlength=width) + 5))
