"""Baskets as a sparse matrix: who bought what on which day, for all who feed a model and for the one who asks."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy import sparse

from personalization.customer import Purchase

__all__ = ["Baskets", "Own"]


@dataclass(frozen=True)
class Baskets:
    """All baskets of all customers, ordered by customer and then by day."""

    items: tuple[str, ...]
    """Product ids, by column."""
    users: tuple[Hashable, ...]
    """Whose baskets they are, by number."""
    matrix: sparse.csr_matrix
    """(baskets, items) float32: 1 where the basket holds the item."""
    owner: np.ndarray
    """(baskets,) int32: number of the customer; never falls."""
    day: np.ndarray
    """(baskets,) int32: proleptic ordinal of the day; never falls within a customer."""

    @classmethod
    def of(
        cls, user: np.ndarray, day: np.ndarray, item: np.ndarray, basket: np.ndarray | None = None,
        items: Iterable[str] | None = None,
    ) -> Baskets:  # fmt: skip
        """Baskets from purchase lines.

        Args:
            user: (n,) ids. day: (n,) int, ordinals. item: (n,) product ids.
            basket: (n,) ids; without them, what a customer buys in one day is a basket.
            items: the columns, where they are given; lines of others are left out.

        Raises:
            ValueError: the arrays are not of one length.
        """
        if len({len(user), len(day), len(item)} | ({len(basket)} if basket is not None else set())) > 1:
            raise ValueError("user, day, item and basket must have one entry a line")
        names, column = np.unique(np.asarray(item), return_inverse=True)
        if items is not None:
            wanted = {name: number for number, name in enumerate(items)}
            number = np.array([wanted.get(str(name), -1) for name in names], np.int64)
            column, names = (number[column] if len(names) else column), np.array(list(wanted))
            kept = column >= 0
            user, day, column = np.asarray(user)[kept], np.asarray(day)[kept], column[kept]
            basket = basket if basket is None else np.asarray(basket)[kept]
        people, who = np.unique(np.asarray(user), return_inverse=True)
        day = np.asarray(day, np.int64)
        part = np.zeros(len(day), np.int64) if basket is None else np.unique(basket, return_inverse=True)[1]
        order = np.lexsort((part, day, who))
        who, day, part, column = who[order], day[order], part[order], column[order]
        new = np.ones(len(who), bool)
        new[1:] = (np.diff(who) != 0) | (np.diff(day) != 0) | (np.diff(part) != 0)
        row = np.cumsum(new) - 1
        shape = (int(row[-1]) + 1 if len(row) else 0, len(names))
        matrix = sparse.csr_matrix((np.ones(len(row), np.float32), (row, column)), shape, dtype=np.float32)
        matrix.sum_duplicates()
        matrix.data[:] = 1
        told = tuple(str(name) for name in names)
        return cls(told, tuple(people.tolist()), matrix, who[new].astype(np.int32), day[new].astype(np.int32))

    def __len__(self) -> int:
        return len(self.day)

    def rows(self, number: int) -> slice:
        """Where the baskets of the customer of this number are."""
        return slice(*np.searchsorted(self.owner, [number, number + 1]))

    def own(self, number: int, until: int | None = None) -> Own:
        """The baskets of one customer, as they would be read at a request.

        Args:
            until: only the first so many; a negative number leaves so many of the last out.
        """
        rows = self.rows(number)
        picked = np.arange(rows.start, rows.stop)[:until]
        matrix = self.matrix[picked]
        return Own(matrix.indices.copy(), np.repeat(np.arange(len(picked)), np.diff(matrix.indptr)), self.day[picked])

    def take(self, keep: np.ndarray) -> Baskets:
        """Those baskets alone; customers left with none are gone.

        Args:
            keep: (baskets,) bool.
        """
        left, owner = np.unique(self.owner[keep], return_inverse=True)
        users = tuple(self.users[number] for number in left)
        return Baskets(self.items, users, self.matrix[keep], owner.astype(np.int32), self.day[keep])

    def without(self, users: Iterable[Hashable]) -> Baskets:
        """As if these customers had never been there."""
        gone = set(users)
        out = np.array([user in gone for user in self.users], bool)
        return self.take(~out[self.owner] if len(self.owner) else np.zeros(0, bool))


@dataclass(frozen=True)
class Own:
    """One customer's baskets, oldest first: only what a view shows of them."""

    item: np.ndarray
    """(lines,) int: columns of the model."""
    basket: np.ndarray
    """(lines,) int: 0 for the oldest basket; never falls."""
    day: np.ndarray
    """(baskets,) int: ordinals."""

    @classmethod
    def of(cls, purchases: Iterable[Purchase], columns: Mapping[str, int], today: date) -> Own:
        """From the purchases of a view; returned ones, future ones and products the model doesn't know are left out."""
        known = [
            (each.date.toordinal(), columns[each.product])
            for each in purchases
            if each.returned is None and each.product in columns and each.date <= today
        ]
        lines = np.array(sorted(set(known)), np.int64).reshape(-1, 2)
        days, basket = np.unique(lines[:, 0], return_inverse=True)
        return cls(lines[:, 1], basket, days)

    @property
    def baskets(self) -> int:
        return len(self.day)
