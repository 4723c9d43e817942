"""What goes into one basket together: item to item, by cosine over baskets with the rare held back.

Item-to-item after Linden, Smith and York, "Amazon.com Recommendations", IEEE Internet Computing 7(1), 2003; the cosine
is damped so that two things seen together once are not called a pair.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from personalization.baskets.history import Baskets
from personalization.baskets.neighbours import _spans

__all__ = ["Together"]

_LARGEST = 300
"""Things in a basket, above which it tells nothing of pairs: a reseller's, or a stock-taking."""

_BLOCK = 2000
"""Items taken at a time: the product of all with all would not fit."""


class Together:
    """Neighbours of each item.

    Attributes:
        links: (items, items) float32, rows by the item bought: at most `count` others each, damped cosine.
    """

    def __init__(self, links: sparse.csr_matrix) -> None:
        self.links = links

    @classmethod
    def of(cls, baskets: Baskets, count: int = 40, damping: float = 5.0, least: int = 3) -> Together:
        """Args:
        damping: baskets added to each count. least: of common baskets, below which there is no link.
        """
        matrix = baskets.matrix[np.diff(baskets.matrix.indptr) <= _LARGEST]
        by_item = matrix.T.tocsr()
        norm = np.sqrt(np.diff(by_item.indptr) + damping)
        parts = []
        for start in range(0, by_item.shape[0], _BLOCK):
            common = (by_item[start : start + _BLOCK] @ matrix).tocsr()
            parts.append(_kept(common, start, norm, count, least))
        shape = (by_item.shape[0],) * 2
        return cls(sparse.vstack(parts, format="csr") if parts else sparse.csr_matrix(shape, dtype=np.float32))

    def score(self, items: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """(all items,) float32: what goes with these things, weighted.

        Args:
            items: (n,) int columns. weights: (n,) float.
        """
        spot = _spans(self.links.indptr[items], self.links.indptr[items + 1])
        weight = np.repeat(weights, self.links.indptr[items + 1] - self.links.indptr[items])
        return np.bincount(self.links.indices[spot], self.links.data[spot] * weight, self.links.shape[0]).astype(
            np.float32
        )


def _kept(common: sparse.csr_matrix, start: int, norm: np.ndarray, count: int, least: int) -> sparse.csr_matrix:
    """The strongest `count` links of each row."""
    row = np.repeat(np.arange(common.shape[0]), np.diff(common.indptr))
    keep = (common.indices != row + start) & (common.data >= least)
    row, column = row[keep], common.indices[keep]
    value = common.data[keep] / (norm[row + start] * norm[column])
    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    first = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=common.shape[0]))[:-1]))
    keep = np.arange(len(row)) - first[row] < count
    return sparse.csr_matrix((value[keep].astype(np.float32), (row[keep], column[keep])), common.shape)
