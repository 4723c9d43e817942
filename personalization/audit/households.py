"""The worked example of the recommendation audit: households of Dunnhumby's Complete Journey, with their demographics.

801 of its 2,469 households told age, income, size, children and home. They shop in an American supermarket in 2017;
what is measured of them says how the ranking treats such groups, and nothing of anybody's own shop.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from personalization.audit.figures import Share
from personalization.audit.groups import Comparison
from personalization.audit.recommendation import audit_recommendation
from personalization.baskets.complete_journey import LASTING, days, kinds, sensitive, table
from personalization.baskets.history import Baskets
from personalization.baskets.model import BasketModel
from personalization.baskets.ranking import BasketRanking
from personalization.catalogue import Catalogue, Category, LifeCycle, Product
from personalization.customer import Customer, Purchase
from personalization.grammar import Name

__all__ = ["Households", "audit_households", "households"]

_LEAST_BOUGHT = 17
"""Times a product was bought in all before it is one of the catalogue's (Li et al., TOIS 2023, of the same data)."""
_LEAST_DAYS = 3
"""Buying days of a household: one is hidden, one before it is what the ranking knows."""
_STORES = 2
"""Stores the flip test moves each household to: the busiest."""
_AGED = {"19-24": 22, "25-34": 30, "35-44": 40, "45-54": 50, "55-64": 60, "65+": 70}
"""Years that stand for each band."""
_AGES = {band: "under 45" for band in ("19-24", "25-34", "35-44")} | {"45-54": "45 to 54"}
_AGES |= {band: "55 and over" for band in ("55-64", "65+")}
_INCOMES = {band: "under 35K" for band in ("Under 15K", "15-24K", "25-34K")}
_INCOMES |= {"35-49K": "35K to 74K", "50-74K": "35K to 74K", "not given": "not given"}
_COLUMNS = ["household_id", "age", "income", "household_size", "kids_count", "home_ownership", "marital_status"]


@dataclass(frozen=True)
class Households:
    """The example as a shop has it."""

    customers: dict[int, Customer]
    """By household."""
    told: dict[int, dict[str, str]]
    """What each household told, by attribute."""
    catalogue: Catalogue
    stores: tuple[str, ...]
    ranking: Any
    """Fitted on what came before each household's hidden day."""


def households(most: int | None = None) -> Households:
    """
    Args:
        most: so many households at most, drawn once, and no others are learnt from; all are the default.

    Raises:
        PublicDataMissing: pyarrow or the package isn't here and can't be brought.
    """
    years, told = {}, {}
    for row in table("demographics", _COLUMNS).to_pylist():
        years[row["household_id"]], told[row["household_id"]] = _AGED.get(row["age"]), _told(row)
    if most is not None and most < len(told):
        chosen = np.random.default_rng(6).choice(sorted(told), most, replace=False)
        told = {int(each): told[int(each)] for each in chosen}
    bought = table("transactions", ["household_id", "store_id", "product_id", "quantity", "sales_value",
                                     "transaction_timestamp"])  # fmt: skip
    user, item = bought["household_id"].to_numpy(), bought["product_id"].to_numpy().astype(str)
    store, value = bought["store_id"].to_numpy(), bought["sales_value"].to_numpy()
    day = days(bought["transaction_timestamp"])
    sorts = kinds()
    names, inverse, count = np.unique(item, return_inverse=True, return_counts=True)
    open_ = np.array([sensitive(sorts.get(name, ("", ""))[1]) is None for name in names])
    kept = ((count >= _LEAST_BOUGHT) & open_)[inverse] & (bought["quantity"].to_numpy() > 0) & (value > 0)
    user, item, store, day = user[kept], item[kept], store[kept], day[kept]
    price = value[kept] / bought["quantity"].to_numpy()[kept]
    catalogue = _catalogue(item, price, sorts)
    own = np.isin(user, list(told))
    customers = _customers(years, *(each[own] for each in (user, item, store, day, price)))
    if most is not None:
        user, day, item = user[own], day[own], item[own]
    ranking = BasketRanking(_model(user, day, item, {id: catalogue.products[id].category for id in catalogue.products}))
    busiest = tuple(str(each) for each, _ in Counter(store.tolist()).most_common(_STORES))
    return Households(customers, {each: told[each] for each in customers}, catalogue, busiest, ranking)


def audit_households(found: Households, limits: dict[str, Any]) -> tuple[tuple[Comparison, ...], tuple[Share, ...]]:
    """The audit of a shop, by what the households told. `limits`: those of `audit_recommendation`."""
    rows = found.customers.items()
    return audit_recommendation(rows, found.catalogue, found.stores, limits, found.ranking, told=found.told)


def _told(row: dict[str, Any]) -> dict[str, str]:
    """A household's groups; few bands in place of many, most of which are too small to judge."""
    said = {name: value or "not given" for name, value in row.items()}
    return {
        "age": _AGES.get(said["age"], said["age"]),
        "income": _INCOMES.get(said["income"], "75K and over"),
        "household size": said["household_size"],
        "children": {"0": "none", "not given": "not given"}.get(said["kids_count"], "some"),
        "home": said["home_ownership"],
        "marital status": said["marital_status"],
    }


def _customers(years, user, item, store, day, price) -> dict[int, Customer]:
    """Each household's purchases, oldest first."""
    lines: defaultdict[int, list[int]] = defaultdict(list)
    for place, each in enumerate(user.tolist()):
        lines[each].append(place)
    made = {}
    for each, places in sorted(lines.items()):
        places.sort(key=lambda place: day[place])
        if len({day[place] for place in places}) < _LEAST_DAYS:
            continue
        bought = tuple(
            Purchase(str(item[place]), date.fromordinal(int(day[place])), 1, _euros(price[place])) for place in places
        )
        usual = Counter(store[places].tolist()).most_common(1)[0][0]
        born = None if years[each] is None else bought[-1].date.year - years[each] - 1
        made[each] = Customer(str(each), "", "en", born, str(usual), bought)
    return made


def _model(user, day, item, sorts) -> BasketModel:
    """Of every household, those who told nothing too, without each one's last day: that is the one the audit hides."""
    every = Baskets.of(user, day, item)
    last = np.append(np.diff(every.owner) != 0, True)
    return BasketModel.fit(every.take(~last), sorts, least=(2, 2))


def _catalogue(item, price, sorts) -> Catalogue:
    """Everything in stock at its mean price, nothing known of usual periods."""
    names, inverse, sold = np.unique(item, return_inverse=True, return_counts=True)
    mean = np.bincount(inverse, weights=price) / sold
    categories, products = {}, {}
    for id, count, cost in zip(names.tolist(), sold.tolist(), mean.tolist(), strict=True):
        department, kind = sorts.get(id, ("", "unknown"))
        cycle = LifeCycle.ONE_OFF if department in LASTING else LifeCycle.CONSUMABLE
        categories.setdefault(kind, Category(kind, _name(kind), cycle, 0))
        products[id] = Product(id, kind, "", _name(f"{kind} {id}"), _euros(cost), stock=9, sold=count)
    return Catalogue(categories, products)


def _name(text: str) -> dict[str, Name]:
    return {language: Name(text, language, "m", False, False) for language in ("fr", "en")}


def _euros(amount: float) -> Decimal:
    return Decimal(str(round(float(amount), 2)))
