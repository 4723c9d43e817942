"""Who is offered what: each customer's last basket is hidden, and the offer made the day before is measured by group.

Groups are told by what customers chose to give: year of birth, store, language; and by how often they come. The flip
test makes each offer again with only the group changed: nothing may change (Kusner et al., "Counterfactual fairness",
NeurIPS 2017, for attributes that have no part in the offer).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from personalization.audit.figures import Share
from personalization.audit.groups import Comparison, compare
from personalization.catalogue import Catalogue
from personalization.consent import Consents, Proof
from personalization.customer import Customer
from personalization.purposes import Purpose, Scope
from personalization.recommend import Recommender, Request
from personalization.view import CustomerFile

__all__ = ["MEASURES", "Tried", "age_band", "audit_recommendation", "those_who_allow", "try_customer"]

MEASURES = ("recall", "exposure", "price_level", "breadth", "minority_exposure")
_BANDS = ((18, "under 18"), (25, "18 to 24"), (40, "25 to 39"), (60, "40 to 59"), (200, "60 and over"))
_ADULTS = (20, 30, 50, 70)
"""Ages the flip test gives a grown-up: what the law keeps from minors is no unfairness."""
_ATTRIBUTES = ("age", "region", "language", "custom")
_REGULAR = 4
"""Buying days before the hidden one that make a regular customer."""


@dataclass(frozen=True)
class Tried:
    """What one customer was offered. It names nobody."""

    groups: dict[str, str]
    measures: dict[str, float]
    """By `MEASURES`: share of the hidden basket that was offered; share of the offer's places that were filled; mean
    price of the offers over the catalogue's; categories per offer; share of offers outside the best-selling fifth."""
    flipped: tuple[str, ...]
    """Attributes that changed the offer."""


def age_band(age: int | None) -> str:
    """Of an age in years."""
    return "not given" if age is None else next(name for limit, name in _BANDS if age < limit)


def try_customer(
    customer: Customer,
    row: Hashable,
    catalogue: Catalogue,
    stores: Sequence[str],
    ranking: Any = None,
    goods: int = 10,
) -> Tried | None:
    """None where fewer than two buying days leave nothing to hide. The caller answers for the consent."""
    kept = [each for each in customer.purchases if each.returned is None and each.sensitive is None]
    days = sorted({each.date for each in kept})
    if len(days) < 2:
        return None
    hidden = {each.product for each in kept if each.date == days[-1]}
    before = replace(customer, purchases=tuple(each for each in customer.purchases if each.date < days[-1]))

    def offered(someone: Customer) -> list[str]:
        view = _view(someone, row, days[-1])
        maker = Recommender(catalogue, days[-1], someone.language, ranking)
        return [each.id for each in maker.products(view, Request(limit=goods))[0]]

    offer = offered(before)
    flipped = {name for name, other in _flips(before, days[-1], stores) if offered(other) != offer}
    groups = {
        "age": age_band(customer.age(days[-1])),
        "region": customer.store or "not given",
        "language": customer.language,
        "custom": "regular" if len(days) > _REGULAR else "new",
    }
    return Tried(groups, _measured(offer, hidden, catalogue, goods), tuple(sorted(flipped)))


def _view(customer: Customer, row: Hashable, today: date):
    consents = Consents()
    proof = Proof("consent.improvement_statistics", 1, customer.language, "", 1.0)
    consents.grant(Purpose.PURCHASES, Scope.ONCE, proof)
    return CustomerFile(customer, consents, today, row).advice()


def _flips(customer: Customer, today: date, stores: Sequence[str]) -> Iterator[tuple[str, Customer]]:
    yield "language", replace(customer, language="en" if customer.language == "fr" else "fr")
    for store in stores:
        if store != customer.store:
            yield "region", replace(customer, store=store)
    age = customer.age(today)
    if age is not None and age >= 18:
        for other in _ADULTS:
            yield "age", replace(customer, birth_year=today.year - other - 1)


def _measured(offer: list[str], hidden: set[str], catalogue: Catalogue, goods: int) -> dict[str, float]:
    things = [catalogue.products[id] for id in offer]
    nothing = float("nan")
    best, mean = _shelf(catalogue)
    count = len(things)
    return {
        "recall": len(hidden & set(offer)) / len(hidden),
        "exposure": count / goods,
        "price_level": sum(float(each.price) for each in things) / count / mean if count else nothing,
        "breadth": len({each.category for each in things}) / count if count else nothing,
        "minority_exposure": sum(each.id not in best for each in things) / count if count else nothing,
    }


@lru_cache(maxsize=1)
def _shelf(catalogue: Catalogue) -> tuple[frozenset[str], float]:
    """The best-selling fifth, and the mean price of what is in stock (NaN where nothing costs anything)."""
    every = [float(product.price) for product in catalogue if product.stock > 0]
    best = catalogue.by_sales[: max(1, len(every) // 5)]
    mean = sum(every) / len(every) if every and sum(every) else float("nan")
    return frozenset(each.id for each in best), mean


def those_who_allow(store: Any) -> Iterator[tuple[bytes, Customer]]:
    """(uid, customer) of a database's customers whose consents stand, to the use of purchases and to statistics.

    One entry of the ledger tells how many were looked at.
    """
    from sqlalchemy import select

    from personalization.store import schema
    from personalization.store.database import read
    from personalization.store.errors import KeyGone

    with read(store.engine) as connection:
        uids = connection.scalars(select(schema.customers.c.uid).order_by(schema.customers.c.uid)).all()
    seen = 0
    for uid in uids:
        try:
            standing = store.consents(uid)
            if standing.granted(Purpose.PURCHASES) and standing.granted(Purpose.IMPROVEMENT_STATISTICS):
                seen += 1
                yield uid, store.customer(uid)
        except (KeyGone, LookupError):  # erased meanwhile
            continue
    store.ledger.record("access", "audit", {"what": "recommendation", "customers": seen})


def audit_recommendation(
    customers: Iterable[tuple[Hashable, Customer]],
    catalogue: Catalogue,
    stores: Sequence[str],
    limits: dict[str, Any],
    ranking: Any = None,
    told: Mapping[Hashable, Mapping[str, str]] | None = None,
) -> tuple[tuple[Comparison, ...], tuple[Share, ...]]:
    """The comparisons by measure and attribute, and the flip test by attribute.

    Args:
        customers: (row in the model of baskets, customer), of those who allow it.
        limits: `goods`, `least`, `ratio`, `resamples`, `flips`.
        told: attributes of each customer by row, in place of age, region and language.
    """
    tried, groups = [], []
    for row, each in customers:
        made = try_customer(each, row, catalogue, stores, ranking, int(limits["goods"]))
        if made is not None:
            tried.append(made)
            groups.append(made.groups if told is None else dict(told[row]) | {"custom": made.groups["custom"]})
    found = []
    for attribute in groups[0] if groups else _ATTRIBUTES:
        names = [each[attribute] for each in groups]
        for measure in MEASURES:
            values = [each.measures[measure] for each in tried]
            found.append(
                compare(measure, attribute, values, names, least=int(limits["least"]), at_least=limits["ratio"],
                        resamples=int(limits["resamples"]))
            )  # fmt: skip
    flips = []
    for attribute in ("age", "region", "language"):
        same = sum(attribute not in each.flipped for each in tried)
        broken = (f"{len(tried) - same} customers",) if same < len(tried) else ()
        flips.append(Share(f"same_offer_whatever_{attribute}", same, len(tried), limits["flips"], broken=broken))
    return tuple(found), tuple(flips)
