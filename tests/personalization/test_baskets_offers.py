"""Every rule holds where a model of baskets ranks: evidence, ownership, rhythm, diversity, budget, recipient."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.baskets.ranking import BasketRanking
from personalization.catalogue import Catalogue, LifeCycle
from personalization.explain import reason_line
from personalization.lifecycle import Holdings
from personalization.phrases import Phrases
from personalization.recommend import Recommender, Request
from personalization.why import UnknownProduct, product_named, why
from tests.personalization.baskets import model, ranked
from tests.personalization.shops import TODAY, advice, bought, purchases, requests, shop

HABITS = [bought(product, ago) for ago in (32, 62, 92, 122) for product in ("moustache-chat", "jasmin-rooibos")]


def ids(offer):
    return [each.product.id for each in offer.suggestions]


@given(purchases(most=10), requests(), st.booleans())
@settings(max_examples=25, deadline=None)
def test_no_rule_is_broken_and_every_cited_reason_is_true(history, request, habits):
    history = [*HABITS, *history] if habits else history
    catalogue, view = shop().catalogue, advice(*history)
    returned = {each.product for each in history if each.returned}
    kept = [each for each in history if not each.returned and not each.sensitive]
    for suggestion in ranked().offer(view, request).suggestions:
        product, category = suggestion.product, catalogue.category(suggestion.product)
        assert product.stock > 0 and product.id not in returned and not catalogue.sensitive(product)
        assert request.budget is None or product.price <= request.budget
        assert request.category is None or product.category == request.category
        if suggestion.evidence:
            assert suggestion.verified and set(suggestion.evidence) <= set(history)
            assert product.id not in ids(ranked().offer(view.without(set(suggestion.evidence)), request))
        if not request.gift and category.life_cycle in (LifeCycle.DURABLE, LifeCycle.WEARS):
            same = [each for each in kept if catalogue.products[each.product].category == category.id]
            assert all((TODAY - each.date).days >= category.renewal_days for each in same)


@given(purchases(sensitive=True, most=6), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_sensitive_purchases_change_no_offer(private, limit):
    request = Request(limit=limit)
    assert ranked().offer(advice(*HABITS, *private), request) == ranked().offer(advice(*HABITS), request)


def test_a_present_and_a_stranger_get_what_the_model_has_no_part_in():
    plain = Recommender(shop().catalogue, TODAY)
    gift = Request(recipient="mother", limit=3)
    assert ids(ranked().offer(advice(*HABITS), gift)) == ids(plain.offer(None, gift))
    assert ids(ranked().offer(None, Request(limit=3))) == ids(plain.offer(None, Request(limit=3)))


def test_three_offers_are_of_three_kinds_and_one_is_outside_the_habits_and_says_so():
    offer = ranked().offer(advice(*HABITS), Request(limit=3))
    kinds = [each.product.category for each in offer.suggestions]
    strange = [each for each in offer.suggestions if each.outside]
    assert len(kinds) == 3 == len(set(kinds)) and strange
    assert not {each.product.category for each in strange} & {"pet_food", "tea"}
    line = reason_line(strange[0], Phrases("fr", "Belmont"), shop().catalogue, TODAY)
    assert line.phrase.id == "reason.popular.outside" and "hors de vos habitudes" in line.phrase.text


def test_a_longer_list_has_no_three_of_a_kind_in_a_row_and_one_outside():
    chosen, _ = ranked().products(advice(*HABITS), Request(limit=10))
    kinds = [each.category for each in chosen]
    assert len(kinds) == 10 and all(len(set(kinds[at : at + 3])) > 1 for at in range(8))
    assert not set(kinds) <= {"pet_food", "tea"}


@pytest.mark.parametrize(
    ("gaps", "since", "kept_back"),
    [
        ((30, 30, 30), 10, True),  # steady: not before 24 days
        ((30, 30, 30), 24, False),
        ((30, 31, 29, 30), 20, True),
        ((5, 60, 12, 90), 3, False),  # gaps that contradict each other teach no rhythm
        ((30, 30), 3, False),  # two gaps teach nothing where the kind has no usual period
    ],
)
def test_a_consumable_waits_only_for_a_rhythm_of_its_own(gaps, since, kept_back):
    catalogue = _without_usual_periods()
    days = [since]
    for gap in gaps:
        days.append(days[-1] + gap)
    view = advice(*(bought("moustache-chat", day) for day in days))
    cycle = Holdings(view, catalogue, TODAY).cycle("pet_food")
    offer = Recommender(catalogue, TODAY).offer(view, Request(category="pet_food", limit=9))
    assert ("moustache-chat" not in ids(offer)) is kept_back
    assert cycle.steady is (len(gaps) >= 3 and gaps[0] > 5)


def _without_usual_periods() -> Catalogue:
    whole = shop().catalogue
    return Catalogue({id: replace(each, renewal_days=0) for id, each in whole.categories.items()}, whole.products)


def test_recalled_refused_and_sold_out_things_are_not_offered():
    whole, view = shop().catalogue, advice(*HABITS)
    first = ids(ranked().offer(view))[0]
    for change in ({"recalled": True}, {"stock": 0}):
        products = whole.products | {first: replace(whole.products[first], **change)}
        changed = Recommender(Catalogue(whole.categories, products), TODAY, ranking=BasketRanking(model()))
        offer = changed.offer(view)
        assert first not in ids(offer)
        assert {each.rule for each in offer.suppressed if each.product == first} <= {"recalled", "out_of_stock"}
    assert first not in ids(ranked().offer(view, refused=frozenset({first})))
    rested = frozenset({whole.products[first].category})
    assert whole.products[first].category not in {
        each.product.category for each in ranked().offer(view, Request(limit=3), rested=rested).suggestions
    }


def test_an_accessory_fits_what_is_owned():
    view = advice(*HABITS, bought("ventora-silence", 20))
    _, permitted = ranked().products(view, Request(limit=3))
    bags = next(each for each in permitted if each.id == "ventora-sacs")
    assert "ventora-silence" in bags.goes_with or "vacuums" in bags.goes_with
    told = why(ranked(), view, bags, Phrases("en", "Belmont"), TODAY)
    assert told.suggestion is None or told.suggestion.rule in ("complement", "popular")


def test_an_open_complaint_ends_every_offer():
    offer = ranked().offer(advice(*HABITS, open_case="complaint"), Request(limit=3))
    assert offer.suggestions == () and ranked().products(advice(*HABITS, open_case="return"), Request())[0] == ()


def test_why_on_screen_is_the_reason_that_is_spoken():
    view, phrases = advice(*HABITS), Phrases("en", "Belmont")
    product = ranked().offer(view).suggestions[0].product
    told = why(ranked(), view, product, phrases, TODAY)
    assert told.offer == "open" and len(told.depths) == 3 and told.unit == "log-odds"
    assert list(told.parts) == sorted(told.parts, key=told.parts.get, reverse=True)
    owned = why(ranked(), advice(bought("laveo-huit", 10)), shop().catalogue.products["laveo-top"], phrases, TODAY)
    assert (owned.suggestion, owned.kept_out.rule, owned.depths) == (None, "owned", ())


@pytest.mark.parametrize("named", ["xyzzy", "café", "", "laveo"])
def test_a_product_is_named_clearly_or_not_at_all(named):
    with pytest.raises(UnknownProduct, match="give its id"):
        product_named(named, shop().catalogue, "fr")


def test_a_product_is_found_by_its_id_or_its_name():
    product = shop().catalogue.products["ventora-silence"]
    for named in ("ventora-silence", str(product.names["en"])):
        assert product_named(named, shop().catalogue, "en") is product
