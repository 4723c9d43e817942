"""The worked example of the recommendation audit, on a few households of the public data."""

from __future__ import annotations

import pytest

from personalization.audit.households import audit_households, households
from personalization.audit.recommendation import MEASURES
from personalization.baskets.complete_journey import PublicDataMissing, sensitive

LIMITS = {"goods": 10, "least": 3, "ratio": 0.8, "resamples": 50, "flips": 1.0}


@pytest.fixture(scope="module")
def few():
    try:
        return households(most=12)
    except PublicDataMissing as missing:
        pytest.skip(str(missing))


def test_each_household_is_judged_by_what_it_told_and_no_group_changes_its_offer(few):
    comparisons, flips = audit_households(few, LIMITS)
    attributes = {"age", "income", "household size", "children", "home", "marital status", "custom"}
    assert {(each.measure, each.attribute) for each in comparisons} == {
        (measure, attribute) for measure in MEASURES for attribute in attributes
    }
    assert all(sum(group.n for group in each.groups) == len(few.customers) for each in comparisons)
    assert {flip.name for flip in flips} >= {"same_offer_whatever_language", "same_offer_whatever_region"}
    assert all(flip.holds and flip.n for flip in flips)


def test_nothing_sensitive_is_in_it_and_purchases_come_in_their_order(few):
    assert not any(sensitive(each.category) for each in few.catalogue)
    for customer in few.customers.values():
        days = [each.date for each in customer.purchases]
        assert days == sorted(days) and len(set(days)) >= 3
        assert all(each.product in few.catalogue.products for each in customer.purchases)
