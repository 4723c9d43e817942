"""Law 4: what the customer owns is not offered again before its time; returned, sensitive, refused, sold out: never."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.catalogue import LifeCycle
from personalization.lifecycle import EARLY, Holdings
from personalization.recommend import Request
from tests.personalization.shops import TODAY, advice, bought, products, purchases, recommender, requests, shop


@given(purchases(sensitive=False, most=12), requests(), st.frozensets(products(), max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_offer_breaks_a_rule(history, request, refused):
    catalogue = shop().catalogue
    returned = {each.product for each in history if each.returned}
    kept = [each for each in history if not each.returned]
    for suggestion in recommender().offer(advice(*history), request, refused=refused).suggestions:
        product, category = suggestion.product, catalogue.category(suggestion.product)
        assert product.stock > 0 and product.id not in refused and product.id not in returned
        assert not catalogue.sensitive(product)
        if not request.gift:
            same = [each for each in kept if catalogue.products[each.product].category == category.id]
            if category.life_cycle in (LifeCycle.DURABLE, LifeCycle.WEARS):
                assert all((TODAY - each.date).days >= category.renewal_days for each in same)
            if category.life_cycle is LifeCycle.ONE_OFF:
                assert product.id not in {each.product for each in same}


def outcome(history, product, request=None, **more):
    """The rule that kept the product out, "offered" or "nothing said"."""
    view = advice(*history, **{key: more.pop(key) for key in ("birth_year", "open_case") if key in more})
    request = request or Request(category=shop().catalogue.products[product].category, limit=9)
    offer = recommender().offer(view, request, **more)
    if any(each.product.id == product for each in offer.suggestions):
        return "offered"
    return next((each.rule for each in offer.suppressed if each.product == product), "nothing said")


@pytest.mark.parametrize(
    ("history", "product", "expected"),
    [
        ([("laveo-huit", 10)], "laveo-top", "owned"),  # another washing machine, ten days later
        ([("laveo-huit", 3000)], "laveo-top", "offered"),  # past its renewal of eight years
        ([("dentelis-brossettes", 60)], "dentelis-brossettes", "not_before"),  # worn after ninety days
        ([("dentelis-brossettes", 95)], "dentelis-brossettes", "offered"),
        ([("ludovia-jardin", 900)], "ludovia-jardin", "owned"),  # nobody wants the same game twice
        ([("ludovia-jardin", 900)], "ludovia-mots", "offered"),
        ([("torea-moulu", 10)], "torea-moulu", "not_before"),
        ([("torea-moulu", 10)], "alba-ethiopie", "offered"),  # asked for coffee: another coffee than the one at home
        ([("torea-moulu", 23)], "torea-moulu", "not_before"),
        ([("torea-moulu", 24)], "torea-moulu", "offered"),  # four fifths of the thirty days of its category
        ([("norvik-piston", 40, True)], "norvik-piston", "returned"),
        ([("norvik-piston", 40, True)], "brunelle-duo", "offered"),  # a returned thing is not owned
        ([], "torea-capsule", "out_of_stock"),
        ([], "santelia-tension", "sensitive"),
    ],
)
def test_what_happens_to_a_product_after_these_purchases(history, product, expected):
    assert outcome([bought(*each) for each in history], product) == expected


def test_a_sensitive_product_is_offered_only_when_it_was_named():
    health = Request(category="health", limit=9)
    assert outcome([], "santelia-tension", health, sensitive_asked=True) == "offered"
    assert outcome([], "natelia-test", health, sensitive_asked=True) == "nothing said"


@pytest.mark.parametrize(("birth_year", "expected"), [(None, "age"), (2010, "age"), (2008, "age"), (1980, "offered")])
def test_wine_is_for_those_certainly_of_age(birth_year, expected):
    assert outcome([], "rosnay-rouge", birth_year=birth_year) == expected


def test_nothing_with_a_minimum_age_is_offered_to_a_stranger():
    assert recommender().offer(None, Request(category="wine", limit=9)).suggestions == ()


def test_a_refused_product_and_a_rested_category_are_left_alone():
    assert outcome([], "norvik-vapeur", refused=frozenset({"norvik-vapeur"})) == "refused"
    assert outcome([], "norvik-vapeur", rested=frozenset({"kettles"})) == "refused"


@pytest.mark.parametrize("case", ["complaint", "return"])
def test_no_offer_at_all_while_a_case_is_open(case):
    offer = recommender().offer(advice(bought("ventora-silence", 34), open_case=case), Request(limit=3))
    assert offer.suggestions == () and [each.rule for each in offer.suppressed] == ["complaint"]


def test_a_present_may_be_what_the_giver_owns():
    history = [bought("sonelle-calme", 30)]
    request = Request(category="headphones", recipient="sister", limit=9)
    assert outcome(history, "sonelle-calme", request) == "offered"
    assert outcome(history, "sonelle-calme") == "owned"


def test_suppressed_says_until_when():
    offer = recommender().offer(advice(bought("laveo-huit", 10)), Request(category="washing_machines"))
    washer = next(each for each in offer.suppressed if each.product == "laveo-huit")
    assert washer.until == (TODAY - timedelta(days=10) + timedelta(days=2920)).isoformat()


@pytest.mark.parametrize(
    ("history", "days", "own"),
    [
        ([("moustache-chat", 30)], 30, False),  # one purchase: the category's usual period
        ([("moustache-chat", 120), ("moustache-chat", 75), ("moustache-chat", 30)], 45, True),
        ([("moustache-chat", 120, False, 3), ("moustache-chat", 30)], 30, True),  # three bags lasted ninety days
    ],
)
def test_the_buying_cycle_is_the_customers_own(history, days, own):
    cycle = Holdings(advice(*(bought(*each) for each in history)), shop().catalogue, TODAY).cycle("pet_food")
    assert (cycle.days, cycle.own) == (days, own)


@given(st.integers(10, 200), st.integers(2, 6), st.floats(0, 3))
@settings(max_examples=50, deadline=None)
def test_a_consumable_comes_back_from_four_fifths_of_its_cycle_on(cycle, count, elapsed):
    ago = round(cycle * elapsed)
    history = [bought("moustache-chat", ago + cycle * place) for place in range(count)]
    assert (outcome(history, "moustache-chat") == "offered") is (ago / cycle >= EARLY)
