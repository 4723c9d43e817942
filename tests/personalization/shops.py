"""Histories and recommenders for the laws: the demo shop's own products, bought at random."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st

from personalization.consent import Consents, Proof
from personalization.customer import Customer, Purchase
from personalization.purposes import Purpose, Scope
from personalization.recommend import Recommender, Request
from personalization.shop import Shop
from personalization.view import CustomerFile

TODAY = date(2026, 6, 15)
YES = Proof("consent.purchases", 1, "fr", "oui", 0.95)


@cache
def shop() -> Shop:
    return Shop.load(today=TODAY)


def recommender() -> Recommender:
    return Recommender(shop().catalogue, TODAY)


def bought(product: str, days_ago: int, returned: bool = False, quantity: int = 1) -> Purchase:
    catalogue = shop().catalogue
    found = catalogue.products[product]
    day = TODAY - timedelta(days=days_ago)
    back = day + timedelta(days=1) if returned else None
    return Purchase(product, day, quantity, found.price, back, "", catalogue.sensitive(found))


def customer(*purchases: Purchase, birth_year: int | None = 1980, open_case: str | None = None) -> Customer:
    return Customer("t", "Test", "fr", birth_year, "lyon", tuple(purchases), (), open_case)


def open_file(person: Customer, *granted: Purpose, scope: Scope = Scope.CONVERSATION) -> CustomerFile:
    consents = Consents()
    for purpose in granted:
        consents.grant(purpose, scope, YES)
    return CustomerFile(person, consents, TODAY)


def advice(*purchases: Purchase, **about):
    """The view that advice gets of these purchases, once allowed."""
    return open_file(customer(*purchases, **about), Purpose.PURCHASES).advice()


def products(sensitive: bool | None = None) -> st.SearchStrategy[str]:
    catalogue = shop().catalogue
    ids = [each.id for each in catalogue if sensitive is None or bool(catalogue.sensitive(each)) is sensitive]
    return st.sampled_from(sorted(ids))


def purchases(sensitive: bool | None = None, most: int = 8) -> st.SearchStrategy[list[Purchase]]:
    one = st.builds(bought, products(sensitive), st.integers(0, 1500), st.booleans(), st.integers(1, 3))
    return st.lists(one, max_size=most)


def requests() -> st.SearchStrategy[Request]:
    categories = st.sampled_from([None, None, *sorted(shop().catalogue.categories)])
    return st.builds(
        Request,
        category=categories,
        budget=st.sampled_from([None, None, 10, 50]),
        recipient=st.sampled_from([None, None, "mother"]),
        limit=st.integers(1, 3),
    )
