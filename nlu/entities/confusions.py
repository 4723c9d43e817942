"""What each phoneme is heard as on the telephone: learnt from names that were spoken and what the recogniser wrote.

Counts of an alignment, smoothed by the articulatory costs of `nlu.entities.phonemes`, as costs (negative log
probabilities; expectation and maximisation with hard alignments, after Ristad and Yianilos, "Learning string-edit
distance", IEEE PAMI 1998). They are kept in assets/hearing/confusions.csv, learnt on the tuning seed of
tests/evals/hearing_products.py, which reports on another.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from nlu.entities.phonemes import ALPHABET, INDEL, SUBSTITUTION
from personalization.assets import asset

__all__ = ["confusions", "learn", "read", "write"]

_SHARPNESS = 4.0
"""How much less likely a confusion of cost 1 is than the phoneme itself, in nats, before anything was heard."""
_BELIEF = 20.0
"""How many phonemes heard the articulatory costs are worth."""
_TOO_FAR = 0.45
"""Cost a phoneme from which a sentence isn't believed to hold the name at all."""
_LEAST, _MOST = 0.15, 0.9


@cache
def confusions() -> tuple[np.ndarray, np.ndarray]:
    """Costs of hearing one phoneme (column) for another that was said (row), (n, n), and of losing one, (n,)."""
    return read(asset("hearing", "confusions.csv"))


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Costs from a file as `write` makes it.

    Raises:
        ValueError: it isn't about the phonemes of `nlu.entities.phonemes.ALPHABET`.
    """
    with Path(path).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    if header[1:] != [*ALPHABET, "lost"] or [row[0] for row in rows] != list(ALPHABET):
        raise ValueError(f"{path} has other phonemes than this version: bring assets/hearing/confusions.csv up to date")
    costs = np.array([[float(cell) for cell in row[1:]] for row in rows], dtype=np.float32)
    return costs[:, :-1], costs[:, -1]


def write(path: Path, costs: np.ndarray, lost: np.ndarray) -> None:
    """A row for each phoneme said, a column for each heard, the last for none."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["said", *ALPHABET, "lost"])
        for phoneme, row, none in zip(ALPHABET, costs, lost, strict=True):
            table.writerow([phoneme, *(f"{cost:.2f}" for cost in row), f"{none:.2f}"])


def learn(pairs: Iterable[tuple[Sequence[int], Sequence[int]]], rounds: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Costs from what was said and what was heard.

    Args:
        pairs: phonemes of a name, and of the sentence that it was heard in, as places in `ALPHABET`.
        rounds: of aligning and counting.

    Returns:
        As `confusions`.
    """
    pairs = [(list(said), list(heard)) for said, heard in pairs]
    size = len(ALPHABET)
    prior = _SHARPNESS * np.concatenate((SUBSTITUTION, INDEL[:, None]), axis=1)
    expected = np.exp(-prior)
    expected /= expected.sum(axis=1, keepdims=True)
    costs, lost = SUBSTITUTION, INDEL
    for _ in range(rounds):
        counts = np.zeros((size, size + 1))
        for said, heard in pairs:
            total, aligned = align(said, heard, costs, lost)
            if aligned and total / len(said) <= _TOO_FAR:
                for one, other in aligned:
                    counts[one, other] += 1
        likely = (counts + _BELIEF * expected) / (counts.sum(axis=1, keepdims=True) + _BELIEF)
        found = -np.log(likely) / _SHARPNESS
        found -= np.diag(found)[:, None]
        costs = np.clip(found[:, :size], 0.0, 1.0).astype(np.float32)
        np.fill_diagonal(costs, 0.0)
        lost = np.clip(found[:, size], _LEAST, _MOST).astype(np.float32)
    return costs, lost


def align(
    said: Sequence[int], heard: Sequence[int], costs: np.ndarray, lost: np.ndarray
) -> tuple[float, list[tuple[int, int]]]:
    """The cheapest place of a name in a sentence: its cost, and what each phoneme said was heard as.

    Returns:
        cost, pairs (said, heard); -1 is heard where the phoneme was lost.
    """
    width = len(heard) + 1
    cost = np.zeros((len(said) + 1, width))
    step = np.zeros(cost.shape, dtype=np.int8)
    for row, phoneme in enumerate(said, 1):
        for at in range(width):
            ways = [
                (cost[row - 1, at - 1] + costs[phoneme, heard[at - 1]] if at else np.inf),
                cost[row - 1, at] + lost[phoneme],
                (cost[row, at - 1] + INDEL[heard[at - 1]] if at else np.inf),
            ]
            step[row, at] = int(np.argmin(ways))
            cost[row, at] = ways[step[row, at]]
    row, at, found = len(said), int(cost[-1].argmin()), []
    total = float(cost[row, at])
    while row:
        way = step[row, at]
        if way != 2:
            found.append((said[row - 1], heard[at - 1] if way == 0 else -1))
        row, at = row - (way != 2), at - (way != 1)
    return total, found[::-1]
