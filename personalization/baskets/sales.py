"""What everybody buys just now: shares of the latest sales, and whether they rise, as in a season or an offer."""

from __future__ import annotations

import numpy as np

from personalization.baskets.history import Baskets

__all__ = ["Sales"]

_WINDOWS = (3, 7, 14, 28)
"""Days."""
_RISING = (7, 14)
_BEFORE = 84
"""Days that the latest ones are compared with."""


class Sales:
    """The days on which each thing was sold, so that none after a moment is looked at."""

    def __init__(self, baskets: Baskets) -> None:
        row = np.repeat(np.arange(len(baskets)), np.diff(baskets.matrix.indptr))
        day = baskets.day[row].astype(np.int64)
        self._first = int(day.min()) if len(day) else 0
        self._span = (int(day.max()) - self._first if len(day) else 0) + 2
        # One sorted array of (item, day): how many lie in a window is the distance of two places in it.
        self._sold = np.sort(baskets.matrix.indices.astype(np.int64) * self._span + day - self._first)
        self._days = np.sort(day) - self._first

    def until(self, today: int, item: np.ndarray) -> list[np.ndarray]:
        """Logarithms of shares of the sales in each window before `today` (ordinal), then how far they rise; (n,) each.

        Args:
            item: (n,) int, columns.
        """
        windows = (*_WINDOWS, _BEFORE)
        moments = np.clip(today - self._first - np.array((0, *windows)), 0, self._span - 1)
        mine = [np.searchsorted(self._sold, item * self._span + moment) for moment in moments]
        all_ = np.searchsorted(self._days, moments)
        sold = {
            days: (mine[0] - before, int(all_[0] - every))
            for days, before, every in zip(windows, mine[1:], all_[1:], strict=True)
        }
        shares = [np.log((mine + 1) / (all_ + 1)) for mine, all_ in (sold[days] for days in _WINDOWS)]
        return [*shares, *(self._rise(sold[days], sold[_BEFORE], days / _BEFORE) for days in _RISING)]

    @staticmethod
    def _rise(lately: tuple[np.ndarray, int], before: tuple[np.ndarray, int], part: float) -> np.ndarray:
        mine = (lately[0] + 1) / (before[0] * part + 1)
        return np.log(mine * (before[1] * part + 1) / (lately[1] + 1))
