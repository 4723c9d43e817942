"""A measure compared between groups: value and interval of each, and the worst against the best.

Groups that are too small are shown and judge nothing. Where the extra `audit` is installed, fairlearn's MetricFrame
does the grouping; elsewhere NumPy does the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from personalization.audit.figures import wilson

__all__ = ["Comparison", "Group", "compare", "compare_rates"]


@dataclass(frozen=True)
class Group:
    name: str
    n: int
    mean: float
    low: float
    """95 % interval: percentile bootstrap (Efron and Tibshirani, 1993, chapter 13); of a share, Wilson's."""
    high: float
    too_small: bool


@dataclass(frozen=True)
class Comparison:
    measure: str
    attribute: str
    groups: tuple[Group, ...]
    kind: Literal["ratio", "gap"]
    """Lowest over highest, or highest minus lowest, of the groups that are large enough."""
    value: float | None
    """None where fewer than two are large enough."""
    low: float | None
    """95 % interval."""
    high: float | None
    limit: float
    """The least ratio, or the widest gap."""

    @property
    def holds(self) -> bool:
        return self.value is None or (self.value >= self.limit if self.kind == "ratio" else self.value <= self.limit)

    @property
    def verdict(self) -> str:
        """In words."""
        if self.value is None:
            return "too few to judge"
        interval = f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"
        if self.kind == "ratio":
            return f"worst/best {interval}, at least {self.limit:.2f}"
        return f"worst - best {interval}, at most {self.limit:.2f}"

    def as_dict(self) -> dict[str, Any]:
        told = {"groups": [asdict(group) for group in self.groups], "holds": self.holds, "verdict": self.verdict}
        return asdict(self) | told


def compare(
    measure: str,
    attribute: str,
    values: Sequence[float],
    groups: Sequence[str],
    *,
    least: int = 200,
    at_least: float = 0.8,
    resamples: int = 500,
    shares: bool = False,
) -> Comparison:
    """By the ratio of the lowest mean to the highest.

    Args:
        values: (n,) one a customer; NaN where the measure says nothing of them. groups: (n,) names.
        least: customers a group needs to be judged.
        resamples: of the bootstrap; always drawn alike. shares: every value is 0 or 1.
    """
    numbers, names = np.asarray(values, float), np.asarray(groups, str)
    told = ~np.isnan(numbers)
    numbers, names = numbers[told], names[told]
    found, means = _groups(numbers, np.ones(len(numbers)), names, least, resamples, shares)
    return _compared(measure, attribute, "ratio", found, means, _ratios, at_least)


def compare_rates(
    measure: str,
    attribute: str,
    counts: Sequence[float],
    totals: Sequence[float],
    groups: Sequence[str],
    *,
    least: int = 200,
    at_most: float = 0.03,
    resamples: int = 500,
) -> Comparison:
    """By the gap between the highest rate and the lowest: what was counted over all there was to count.

    Args:
        counts: (n,) one a recording. totals: (n,) the rate of a group is the sum of its counts over that of its totals.
    """
    numbers, over, names = np.asarray(counts, float), np.asarray(totals, float), np.asarray(groups, str)
    told = over > 0
    found, rates = _groups(numbers[told], over[told], names[told], least, resamples, False)
    return _compared(measure, attribute, "gap", found, rates, lambda each: each.max(axis=0) - each.min(axis=0), at_most)


def _groups(numbers, totals, names, least: int, resamples: int, shares: bool) -> tuple[list[Group], list[np.ndarray]]:
    """The groups in the order of their names, and the resampled values of those large enough, (resamples,) each."""
    random = np.random.default_rng(0)
    found, large = [], []
    for name, value in _by_group(numbers, totals, names).items():
        own, over = numbers[names == name], totals[names == name]
        drawn = np.empty(resamples)
        for number in range(resamples):
            places = random.integers(0, len(own), len(own))
            drawn[number] = own[places].sum() / over[places].sum()
        low, high = wilson(round(own.sum()), len(own)) if shares else np.percentile(drawn, (2.5, 97.5))
        small = len(own) < least
        found.append(Group(name, len(own), value, float(low), float(high), small))
        if not small:
            large.append(drawn)
    return found, large


def _compared(measure, attribute, kind, found: list[Group], drawn: list[np.ndarray], against, limit) -> Comparison:
    judged = [group.mean for group in found if not group.too_small]
    if len(judged) < 2:
        return Comparison(measure, attribute, tuple(found), kind, None, None, None, limit)
    low, high = np.percentile(against(np.array(drawn)), (2.5, 97.5))
    value = float(against(np.array(judged)[:, None])[0])
    return Comparison(measure, attribute, tuple(found), kind, value, float(low), float(high), limit)


def _by_group(numbers: np.ndarray, totals: np.ndarray, names: np.ndarray) -> dict[str, float]:
    """(n,) counts, totals and groups' names to the rate of each group, by name."""

    def rate(over: np.ndarray, counted: np.ndarray) -> float:
        return float(np.sum(counted) / np.sum(over))

    if not len(numbers):
        return {}
    if find_spec("fairlearn") is None:
        return {str(name): rate(totals[names == name], numbers[names == name]) for name in np.unique(names)}
    from fairlearn.metrics import MetricFrame

    frame = MetricFrame(metrics=rate, y_true=totals, y_pred=numbers, sensitive_features={"group": names})
    return {str(name): float(value) for name, value in frame.by_group.sort_index().items()}


def _ratios(means: np.ndarray) -> np.ndarray:
    """(groups, k) means to (k,) ratios of the worst to the best; 1 where all are 0."""
    best = means.max(axis=0)
    return np.where(best > 0, means.min(axis=0) / np.where(best > 0, best, 1.0), 1.0)
