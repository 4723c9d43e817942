"""A measure compared between groups: mean and bootstrap interval of each, and the worst against the best.

Groups that are too small are shown and judge nothing. Where the extra `audit` is installed, fairlearn's MetricFrame
does the grouping; elsewhere NumPy does the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from personalization.audit.figures import wilson

__all__ = ["Comparison", "Group", "compare"]


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
    ratio: float | None
    """Lowest mean over highest, of the groups that are large enough; None where fewer than two are."""
    ratio_low: float | None
    ratio_high: float | None
    at_least: float

    @property
    def holds(self) -> bool:
        return self.ratio is None or self.ratio >= self.at_least

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"groups": [asdict(group) for group in self.groups], "holds": self.holds}


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
    """
    Args:
        values: (n,) one a customer; NaN where the measure says nothing of them. groups: (n,) names.
        least: customers a group needs to be judged.
        resamples: of the bootstrap; always drawn alike. shares: every value is 0 or 1.
    """
    numbers, names = np.asarray(values, float), np.asarray(groups, str)
    told = ~np.isnan(numbers)
    numbers, names = numbers[told], names[told]
    random = np.random.default_rng(0)
    found, means = [], []
    for name, mean in _by_group(numbers, names).items():
        own = numbers[names == name]
        drawn = np.array([own[random.integers(0, len(own), len(own))].mean() for _ in range(resamples)])
        low, high = wilson(round(own.sum()), len(own)) if shares else np.percentile(drawn, (2.5, 97.5))
        small = len(own) < least
        found.append(Group(name, len(own), mean, float(low), float(high), small))
        if not small:
            means.append(drawn)
    judged = [group.mean for group in found if not group.too_small]
    if len(judged) < 2:
        return Comparison(measure, attribute, tuple(found), None, None, None, at_least)
    low, high = np.percentile(_ratios(np.array(means)), (2.5, 97.5))
    ratio = float(_ratios(np.array(judged)[:, None])[0])
    return Comparison(measure, attribute, tuple(found), ratio, float(low), float(high), at_least)


def _by_group(numbers: np.ndarray, names: np.ndarray) -> dict[str, float]:
    """(n,) values and their groups' names to the mean of each group, by name."""
    if not len(numbers):
        return {}
    if find_spec("fairlearn") is None:
        return {str(name): float(numbers[names == name].mean()) for name in np.unique(names)}
    from fairlearn.metrics import MetricFrame

    def mean(_: np.ndarray, values: np.ndarray) -> float:
        return float(np.mean(values))

    frame = MetricFrame(metrics=mean, y_true=numbers, y_pred=numbers, sensitive_features={"group": names})
    return {str(name): float(value) for name, value in frame.by_group.sort_index().items()}


def _ratios(means: np.ndarray) -> np.ndarray:
    """(groups, k) means to (k,) ratios of the worst to the best; 1 where all are 0."""
    best = means.max(axis=0)
    return np.where(best > 0, means.min(axis=0) / np.where(best > 0, best, 1.0), 1.0)
