"""Baselines of next-basket recommendation, each for all customers at once: (users, items) float32 scores."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from personalization.baskets.frequency import Decay, vectors
from personalization.baskets.history import Baskets

__all__ = ["als", "bm25", "global_top", "personal_top", "tifu_knn"]

TIFU_GRID = [
    (Decay(0.9, 0.6, 3), 900, 0.2),  # tuned on Dunnhumby by others
    *((Decay(0.9, 0.7, 7), near, alpha) for near in (100, 300) for alpha in (0.3, 0.5, 0.7, 0.9)),
    *((Decay(0.9, between, 7), 300, 0.7) for between in (0.6, 0.8, 0.9)),
]
"""(decays, neighbours, weight of oneself); which is taken is decided on the validation baskets."""


def counts(baskets: Baskets) -> sparse.csr_matrix:
    """(users, items): in how many baskets."""
    shape = (len(baskets.users), len(baskets))
    ones = sparse.csr_matrix((np.ones(len(baskets), np.float32), (baskets.owner, np.arange(len(baskets)))), shape)
    return (ones @ baskets.matrix).tocsr()


def global_top(baskets: Baskets) -> np.ndarray:
    sold = np.asarray(baskets.matrix.sum(axis=0), np.float32)
    return np.repeat(sold, len(baskets.users), axis=0)


def personal_top(baskets: Baskets) -> np.ndarray:
    """Personal frequency; equals, and what was never bought, by what everybody buys."""
    sold = np.asarray(baskets.matrix.sum(axis=0), np.float32)
    return counts(baskets).toarray() + sold / (sold.max() + 1) * 0.9


def tifu_knn(baskets: Baskets, decay: Decay, near: int, alpha: float) -> np.ndarray:
    """Hu et al., SIGIR 2020; Euclidean neighbours, as in the paper."""
    own = vectors(baskets, decay)
    squares = np.asarray(own.multiply(own).sum(axis=1)).ravel()
    distance = squares[:, None] + squares[None, :] - 2 * (own @ own.T).toarray()
    np.fill_diagonal(distance, np.inf)
    near = min(near, len(squares) - 1)
    chosen = np.argpartition(distance, near - 1, axis=1)[:, :near]
    row = np.repeat(np.arange(len(squares)), near)
    weight = sparse.csr_matrix((np.full(row.size, 1 / near, np.float32), (row, chosen.ravel())), distance.shape)
    return (alpha * own + (1 - alpha) * (weight @ own)).toarray().astype(np.float32)


def als(baskets: Baskets, factors: int = 48, rounds: int = 8, alpha: float = 10.0, penalty: float = 5.0) -> np.ndarray:
    """Implicit alternating least squares (Hu, Koren and Volinsky, ICDM 2008); what was bought stays in."""
    bought = counts(baskets).astype(np.float64)
    draw = np.random.default_rng(6)
    users, items = (draw.normal(0, 0.05, (size, factors)) for size in bought.shape)
    by_item = bought.T.tocsr()
    for _ in range(rounds):
        _solve(bought, users, items, alpha, penalty)
        _solve(by_item, items, users, alpha, penalty)
    return (users @ items.T).astype(np.float32)


def _solve(bought, left: np.ndarray, right: np.ndarray, alpha: float, penalty: float) -> None:
    gram = right.T @ right + penalty * np.eye(right.shape[1])
    for row in range(bought.shape[0]):
        span = slice(bought.indptr[row], bought.indptr[row + 1])
        found, extra = right[bought.indices[span]], alpha * bought.data[span]
        left[row] = np.linalg.solve(gram + (found.T * extra) @ found, found.T @ (1 + extra))


def bm25(baskets: Baskets, near: int = 40, k1: float = 1.2, b: float = 0.5) -> np.ndarray:
    """Item to item over BM25 weights, each item its own neighbour too."""
    bought = counts(baskets)
    users = bought.shape[0]
    idf = np.log(users / (1 + np.diff(bought.tocsc().indptr)))
    length = np.asarray(bought.sum(axis=1)).ravel()
    norm = (1 - b) + b * length / length.mean()
    row = np.repeat(np.arange(users), np.diff(bought.indptr))
    value = bought.data * (k1 + 1) / (k1 * norm[row] + bought.data) * idf[bought.indices]
    weights = sparse.csr_matrix((value.astype(np.float32), bought.indices, bought.indptr), bought.shape)
    parts, by_item, near = [], weights.T.tocsr(), min(near, bought.shape[1])
    for start in range(0, by_item.shape[0], 1000):
        block = (by_item[start : start + 1000] @ weights).toarray()
        cut = np.partition(block, -near, axis=1)[:, -near][:, None]
        parts.append(sparse.csr_matrix(np.where(block >= np.maximum(cut, 1e-9), block, 0)))
    return (bought @ sparse.vstack(parts)).toarray().astype(np.float32)
