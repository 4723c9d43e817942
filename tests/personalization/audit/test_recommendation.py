"""Who is offered what in the demo shop; an offer that looks at the group is caught by the flip test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from personalization.audit import recommendation
from personalization.audit.recommendation import MEASURES, age_band, audit_recommendation, those_who_allow, try_customer
from personalization.consent import Consents, Proof
from personalization.customer import Customer
from personalization.purposes import Purpose, Scope
from personalization.recommend import Recommender
from tests.personalization.shops import TODAY, bought, shop
from tests.personalization.store.conftest import file_shop, own_folders

__all__ = ["file_shop", "own_folders"]

LIMITS = {"goods": 5, "least": 2, "ratio": 0.8, "resamples": 50, "flips": 1.0}
STORES = ("lyon", "paris")


def people() -> list[tuple[str, Customer]]:
    """A few who came twice at least, of either language."""
    came = [
        each for each in shop().customers if len({bought.date for bought in each.purchases}) > 1 and each.birth_year
    ]
    english, french = ([each for each in came if each.language == language] for language in ("en", "fr"))
    return [(each.id, each) for each in (*english[:2], *french[:4])]


def test_changing_only_the_group_leaves_every_offer_the_same():
    comparisons, flips = audit_recommendation(people(), shop().catalogue, STORES, LIMITS)
    assert all(flip.holds and flip.n == 6 for flip in flips)
    assert {(each.measure, each.attribute) for each in comparisons} == {
        (measure, attribute) for measure in MEASURES for attribute in ("age", "region", "language", "custom")
    }


class Narrow(Recommender):
    """A recommender that looks at the language and the age: what an audit is there to catch."""

    def products(self, view, request, **more):
        chosen, permitted = super().products(view, request, **more)
        fewer = self.language == "en" or (view is not None and (view.age or 0) > 60)
        return (chosen[:1] if fewer else chosen), permitted


def test_an_offer_that_looks_at_the_group_is_caught(monkeypatch):
    monkeypatch.setattr(recommendation, "Recommender", Narrow)
    _, flips = audit_recommendation(people(), shop().catalogue, STORES, LIMITS)
    broken = {flip.name for flip in flips if not flip.holds}
    assert broken == {"same_offer_whatever_language", "same_offer_whatever_age"}


def test_a_group_that_is_offered_less_is_flagged(monkeypatch):
    monkeypatch.setattr(recommendation, "Recommender", Narrow)
    young = [(id, replace(each, birth_year=None)) for id, each in people()]
    comparisons, _ = audit_recommendation(young, shop().catalogue, (), LIMITS | {"least": 1})
    by_name = {(each.measure, each.attribute): each for each in comparisons}
    assert not by_name["exposure", "language"].holds
    assert by_name["exposure", "age"].value is None and by_name["exposure", "age"].holds  # one group alone


def test_the_hidden_basket_is_hidden_and_one_who_came_once_teaches_nothing():
    once = Customer("a", "A", "fr", 1980, "lyon", (bought("brunelle-filtres", 30),))
    assert try_customer(once, "a", shop().catalogue, STORES) is None
    often = replace(once, purchases=tuple(bought("brunelle-filtres", days) for days in (180, 120, 60, 0)))
    tried = try_customer(often, "a", shop().catalogue, STORES)
    assert tried.measures["recall"] == 1.0 and tried.groups["custom"] == "new"
    assert 0 < tried.measures["breadth"] <= 1 and tried.measures["exposure"] <= 1


@pytest.mark.parametrize(
    ("year", "band"), [(None, "not given"), (2015, "under 18"), (2000, "25 to 39"), (1940, "60 and over")]
)
def test_age_is_told_by_who_gave_it(year, band):
    assert age_band(Customer("a", "A", birth_year=year).age(TODAY)) == band


def test_only_those_who_allow_both_uses_are_looked_at_and_the_ledger_tells(file_shop):
    assert not list(those_who_allow(file_shop))
    uid = file_shop.find("candide")
    proof = Proof("consent.purchases", 1, "fr", "oui", 0.99)
    for count, purpose in enumerate((Purpose.PURCHASES, Purpose.IMPROVEMENT_STATISTICS)):
        assert len(list(those_who_allow(file_shop))) == 0
        file_shop.keep_consent(uid, Consents().grant(purpose, Scope.LASTING, proof))
        assert len(list(those_who_allow(file_shop))) == count
    (entry,) = [each for each in file_shop.ledger.entries() if (each.detail or {}).get("customers") == 1]
    assert entry.actor == "audit"
