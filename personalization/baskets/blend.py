"""How the signals are weighed: gradient-boosted trees fitted on baskets that came after the history they are shown.

Trees because what a rhythm says depends on how long ago the last visit was: before any rule, recall@10 on the public
baskets was 0.188 with trees and 0.182 with a sum of the same signals (logistic regression). Few bins, a part of the
signals at each split and a penalty on the leaves: on the basket before the test, nDCG@10 rose from 0.217 to 0.224.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from personalization.baskets.signals import GROUPS

__all__ = ["Blend"]

_COLUMNS = {group: [] for group in GROUPS}
for _place, _group in enumerate(group for group, names in GROUPS.items() for _ in names):
    _COLUMNS[_group].append(_place)

_SEED = 6


class Blend:
    """Probability that a candidate is in the next basket."""

    def __init__(self, rounds: int = 120) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier

        self._trees = HistGradientBoostingClassifier(
            max_iter=rounds, learning_rate=0.07, max_leaf_nodes=31, min_samples_leaf=100, l2_regularization=20.0,
            max_bins=63, max_features=0.4, early_stopping=False, random_state=_SEED,
        )  # fmt: skip
        self._absent = np.zeros(sum(map(len, GROUPS.values())), np.float32)

    def fit(self, features: np.ndarray, bought: np.ndarray, weight: np.ndarray) -> Blend:
        """Args:
        features: (n, signals) float32. bought: (n,) bool. weight: (n,) float, candidates each stands for.

        Raises:
            ValueError: nothing, or everything, was bought.
        """
        if not 0 < bought.sum() < len(bought):
            raise ValueError("weights need candidates that were bought and others that were not")
        with _one_thread():
            self._trees.fit(features, bought, weight)
        # What a signal reads where it has nothing to say: that of a thing never bought, in nobody's basket.
        self._absent = features.min(axis=0)
        return self

    def score(self, features: np.ndarray) -> np.ndarray:
        """(n,) float64, 0 to 1."""
        if not len(features):
            return np.zeros(0)
        with _one_thread():
            return self._trees.predict_proba(features)[:, 1]

    def parts(self, features: np.ndarray) -> dict[str, float]:
        """By kind of signal, how far the log-odds of one candidate fall when these signals fall silent.

        Args:
            features: (signals,) float32.
        """
        rows = np.repeat(features[None, :], len(_COLUMNS) + 1, axis=0)
        for row, columns in enumerate(_COLUMNS.values(), 1):
            rows[row, columns] = self._absent[columns]
        with _one_thread():
            odds = self._trees.decision_function(rows)
        return {group: float(odds[0] - odds[row]) for row, group in enumerate(_COLUMNS, 1)}


def _one_thread():
    """A few hundred rows are too few to share: threads that wait for each other on a busy machine cost seconds."""
    return _threads().limit(limits=1, user_api="openmp")


@cache
def _threads():
    import sklearn.ensemble  # noqa: F401  # its OpenMP has to be loaded to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
