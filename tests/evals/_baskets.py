"""Purchases for next-basket evaluations: Dunnhumby's Complete Journey, or any CSV of user, basket, item, time.

The protocol is of Li et al., "A Next Basket Recommendation Reality Check" (TOIS 2023; arXiv 2109.14233): a basket is
what a customer bought in a day, things bought fewer than 17 times before are left out, the last basket of each customer
is the test, those before are the history; recall is told apart for what was bought before and what was not. Unlike
there, customers with more than fifty baskets are kept, and each needs four (two, one to fit on, one to test).
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from personalization.baskets.complete_journey import LASTING, PublicDataMissing, days, sensitive, table
from personalization.baskets.complete_journey import kinds as kinds_of_goods
from personalization.baskets.history import Baskets
from personalization.catalogue import Catalogue, Category, LifeCycle, Product
from personalization.customer import Purchase
from personalization.grammar import Name
from personalization.purposes import Purpose
from personalization.view import CustomerView

__all__ = ["Split", "catalogue_of", "load", "split"]

LEAST_BASKETS, LEAST_BOUGHT = 4, 17

@dataclass(frozen=True)
class Split:
    """What comes before each customer's test basket, and that basket."""

    prior: Baskets
    kinds: dict[str, str]
    """Category of each item."""
    tests: list[tuple[int, int, frozenset[int]]]
    """(customer's number in `prior`, ordinal of the day, columns bought) of each test basket."""


def load() -> tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, dict[str, tuple[str, str]]]:
    """(name, user, day, item, basket or None, {item: (department, kind)}). CANDIDE_BASKETS may name a CSV.

    Raises:
        PublicDataMissing: neither that nor the package can be had.
    """
    named = os.environ.get("CANDIDE_BASKETS")
    if named:
        return _csv(Path(named).expanduser())
    return _complete_journey()


def _csv(path: Path):
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = [[row[key] for row in rows] for key in ("user", "basket", "item", "time")]
        day = np.array([_day(each) for each in columns[3]], np.int64)
    except (OSError, KeyError, ValueError, TypeError) as wrong:
        raise PublicDataMissing(
            f"CANDIDE_BASKETS={path} can't be used ({wrong}): it needs the columns user, basket, item and time "
            "(ISO 8601, or a number of days)"
        ) from wrong
    user, basket, item = (np.array(each) for each in columns[:3])
    return path.name, user, day, item, basket, {}


def _day(text: str) -> int:
    return date(2000, 1, 1).toordinal() + int(text) if text.isdigit() else datetime.fromisoformat(text).toordinal()


def _complete_journey():
    bought = table("transactions", ["household_id", "product_id", "transaction_timestamp"])
    user, item = bought["household_id"].to_numpy(), bought["product_id"].to_numpy()
    return "Complete Journey", user, days(bought["transaction_timestamp"]), item.astype(str), None, kinds_of_goods()


def split(user, day, item, basket, kinds, most: int | None = None) -> Split:
    """Args:
    most: so many customers at most, drawn once.
    """
    if most is not None and len(people := np.unique(user)) > most:
        chosen = np.random.default_rng(6).choice(people, most, replace=False)
        keep = np.isin(user, chosen)
        user, day, item = user[keep], day[keep], item[keep]
        basket = basket if basket is None else basket[keep]
    names = [id for id in np.unique(item) if not sensitive(kinds.get(str(id), ("", ""))[1])]
    everything = Baskets.of(user, day, item, basket)
    count = np.bincount(everything.owner, minlength=len(everything.users))
    enough = everything.take((count >= LEAST_BASKETS)[everything.owner])
    last = np.append(np.diff(enough.owner) != 0, True)
    bought = np.asarray(enough.matrix[~last].sum(axis=0)).ravel()
    columns = np.flatnonzero(bought >= LEAST_BOUGHT)
    items = tuple(enough.items[column] for column in columns)
    matrix = enough.matrix[:, columns].tocsr()
    kept = Baskets(items, enough.users, matrix, enough.owner, enough.day)
    # What is sensitive stays in the test baskets, where it counts as missed; it is in no history.
    open_ = np.isin(items, names)
    history = matrix @ _diagonal(open_)
    history.eliminate_zeros()
    prior = Baskets(items, kept.users, history, kept.owner, kept.day)
    prior = prior.take(~last & (np.diff(history.indptr) > 0))
    rows = {each: number for number, each in enumerate(prior.users)}
    tests = []
    for place in np.flatnonzero(last):
        truth = frozenset(matrix.indices[matrix.indptr[place] : matrix.indptr[place + 1]].tolist())
        owner = kept.users[kept.owner[place]]
        if truth and owner in rows:
            tests.append((rows[owner], int(kept.day[place]), truth))
    return Split(prior, {item: kinds.get(item, ("", item))[1] for item in items}, tests)


def _diagonal(keep: np.ndarray):
    from scipy import sparse

    return sparse.diags(keep.astype(np.float32)).tocsr()


def catalogue_of(parted: Split, kinds: dict[str, tuple[str, str]]) -> Catalogue:
    """The data set as a shop's catalogue: everything in stock at one price, nothing known of usual periods."""
    sold = np.asarray(parted.prior.matrix.sum(axis=0)).ravel()
    categories, products = {}, {}
    for column, item in enumerate(parted.prior.items):
        department, kind = kinds.get(item, ("", item))
        cycle = LifeCycle.ONE_OFF if department in LASTING else LifeCycle.CONSUMABLE
        categories.setdefault(kind, Category(kind, _names(kind), cycle, 0, sensitive(kind)))
        products[item] = Product(
            item, kind, "", _names(f"{kind} {item}"), Decimal(1), stock=9, sold=int(sold[column]), recalled=False
        )
    return Catalogue(categories, products)


def _names(text: str) -> dict[str, Name]:
    return {"fr": Name(text, "fr", "m", False, False), "en": Name(text, "en", "m", False, False)}


def view_of(parted: Split, number: int) -> CustomerView:
    """What the customer's consent lets be seen: all of their history."""
    prior = parted.prior
    rows = prior.rows(number)
    bought = [
        Purchase(prior.items[column], day, 1, Decimal(1))
        for row in range(rows.start, rows.stop)
        for day in [date.fromordinal(int(prior.day[row]))]
        for column in prior.matrix.indices[prior.matrix.indptr[row] : prior.matrix.indptr[row + 1]]
    ]
    return CustomerView(Purpose.PURCHASES, tuple(bought), row=prior.users[number])
