"""What customers with like baskets buy: the neighbours of TIFU-KNN (Hu et al., SIGIR 2020)."""

from __future__ import annotations

import numpy as np
from scipy import sparse

__all__ = ["Neighbours"]

_KEPT = 120


class Neighbours:
    """Customers by their decayed frequencies.

    Args:
        vectors: (users, items) float32, `frequency.vectors`.
        count: neighbours averaged.
        metric: "cosine", or "euclidean" as in the paper.
    """

    def __init__(self, vectors: sparse.csr_matrix, count: int = 300, metric: str = "cosine") -> None:
        self.count, self.metric = count, metric
        self.shape = vectors.shape
        self._strongest = _pruned(vectors)
        self._by_item = vectors.tocsc()
        self._squares = np.asarray(vectors.multiply(vectors).sum(axis=1), np.float32).ravel()

    def average(self, asker: np.ndarray, own: int | None = None) -> np.ndarray:
        """(items,) float32: mean vector of those nearest to the asker.

        Args:
            asker: (items,) float32. own: the asker's own row, which is never a neighbour.
        """
        users, items = self.shape
        held = np.flatnonzero(asker > 0)
        if not len(held) or not users:
            return np.zeros(items, np.float32)
        dots = _dots(self._by_item, held, asker[held], users)
        if self.metric == "cosine":
            near = dots / np.sqrt(np.maximum(self._squares, 1e-12))
            usable = near > 0
        else:
            near, usable = 2 * dots - self._squares, np.ones(users, bool)
        if own is not None:
            usable[own] = False
        near = np.where(usable, near, -np.inf)
        count = min(self.count, int(usable.sum()))
        if count < 1:
            return np.zeros(items, np.float32)
        chosen = np.argpartition(-near, count - 1)[:count]
        weight = near[chosen] / near[chosen].sum() if self.metric == "cosine" else np.full(count, 1 / count)
        return _sum(self._strongest, chosen, weight, items)


def _pruned(vectors: sparse.csr_matrix) -> sparse.csr_matrix:
    """The `_KEPT` greatest entries of each row: what somebody buys most tells nearly all of the average."""
    row = np.repeat(np.arange(vectors.shape[0]), np.diff(vectors.indptr))
    order = np.lexsort((-vectors.data, row))
    row, column, value = row[order], vectors.indices[order], vectors.data[order]
    keep = np.arange(len(row)) - vectors.indptr[row] < _KEPT
    return sparse.csr_matrix((value[keep], (row[keep], column[keep])), vectors.shape)


def _dots(by_item: sparse.csc_matrix, held: np.ndarray, values: np.ndarray, users: int) -> np.ndarray:
    """(users,) float64: `by_item[:, held] @ values` without making a matrix."""
    starts, stops = by_item.indptr[held], by_item.indptr[held + 1]
    spot = _spans(starts, stops)
    return np.bincount(by_item.indices[spot], by_item.data[spot] * np.repeat(values, stops - starts), users)


def _sum(matrix: sparse.csr_matrix, rows: np.ndarray, weight: np.ndarray, width: int) -> np.ndarray:
    """(width,) float32: the weighted sum of these rows."""
    starts, stops = matrix.indptr[rows], matrix.indptr[rows + 1]
    spot = _spans(starts, stops)
    value = matrix.data[spot] * np.repeat(weight, stops - starts)
    return np.bincount(matrix.indices[spot], value, width).astype(np.float32)


def _spans(starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """All whole numbers of the half-open spans, one span after the other."""
    length = stops - starts
    total = int(length.sum())
    return np.arange(total) + np.repeat(starts - np.concatenate(([0], np.cumsum(length)[:-1])), length)
