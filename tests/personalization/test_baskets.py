"""The model of baskets: what it learns, what it must not learn, and how it forgets."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.baskets.frequency import Decay, personal, rhythm, vectors
from personalization.baskets.history import Baskets, Own
from personalization.baskets.model import BasketModel, TooFew
from personalization.baskets.neighbours import Neighbours
from personalization.baskets.sales import Sales
from personalization.baskets.together import Together
from tests.personalization.baskets import baskets, kinds, lines, model
from tests.personalization.shops import TODAY, bought


def own(*bought_on: tuple[int, int]) -> Own:
    """From (day, column)."""
    days, basket = np.unique([day for day, _ in bought_on], return_inverse=True)
    return Own(np.array([column for _, column in bought_on]), basket, days)


def test_a_basket_is_what_was_bought_in_a_day_once_each():
    made = Baskets.of(np.array([2, 1, 1, 1]), np.array([5, 9, 7, 7]), np.array(["a", "b", "a", "a"]))
    assert (made.users, made.items, made.owner.tolist(), made.day.tolist()) == (
        (1, 2),
        ("a", "b"),
        [0, 0, 1],
        [7, 9, 5],
    )
    assert made.matrix.toarray().tolist() == [[1, 0], [0, 1], [1, 0]]


def test_two_receipts_of_a_day_are_two_baskets_where_baskets_are_named():
    made = Baskets.of(np.array([1, 1]), np.array([7, 7]), np.array(["a", "b"]), np.array(["x", "y"]))
    assert len(made) == 2


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 20), st.sampled_from("abcde")), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_without_a_customer_is_as_if_they_had_never_been_there(rows):
    who, day, what = (np.array(each) for each in zip(*rows, strict=True))
    whole, gone = Baskets.of(who, day, what, items="abcde"), who[0]
    left = Baskets.of(who[who != gone], day[who != gone], what[who != gone], items="abcde")
    without = whole.without([gone])
    assert without.users == left.users and without.day.tolist() == left.day.tolist()
    assert without.matrix.toarray().tolist() == left.matrix.toarray().tolist()


def test_decays_weigh_the_latest_most_within_a_group_and_between():
    weights = Decay(0.9, 0.5, 2).weights(3)
    assert weights.tolist() == pytest.approx([0.5 / 2, 0.9 / 4, 1 / 4])


def test_everybodys_vectors_are_each_ones_own():
    made, decay = baskets(), Decay()
    all_of_them = vectors(made, decay).toarray()
    for number in (0, 7, len(made.users) - 1):
        assert all_of_them[number] == pytest.approx(personal(made.own(number), decay, len(made.items)))


@pytest.mark.parametrize(
    ("days", "since", "back", "period"),
    [((10,), 90, 2, None), ((10, 20), 80, 1, 10), ((10, 20, 50), 50, 0, 20), ((10, 40, 50), 50, 0, 20)],
)
def test_a_rhythm_is_the_median_of_the_days_between(days, since, back, period):
    visits = [(day, 1) for day in (10, 20, 50)]
    found = rhythm(own(*sorted({*visits, *((day, 0) for day in days)})), 100)
    place = found.item.tolist().index(0)
    got = found.period[place]
    assert (found.since[place], found.times[place]) == (since, len(days))
    assert np.isnan(got) if period is None else got == period
    assert back == found.back[place] or 40 in days


def test_nobody_is_a_neighbour_of_themselves():
    table = vectors(Baskets.of(np.array([1, 2]), np.array([1, 1]), np.array(["a", "b"])), Decay())
    asker = table.toarray()[0]
    for metric in ("cosine", "euclidean"):
        found = Neighbours(table, 5, metric).average(asker, own=0)
        assert found[0] == 0


def test_what_goes_into_one_basket_is_linked_and_chance_is_not():
    who, day, what = [], [], []
    for visit in range(8):
        who += [1, 1]
        day += [visit, visit]
        what += ["bread", "butter"]
    made = Baskets.of(np.array([*who, 1, 1]), np.array([*day, 90, 90]), np.array([*what, "bread", "bulb"]))
    links = Together.of(made).links.toarray()
    at = {item: place for place, item in enumerate(made.items)}
    assert links[at["bread"], at["butter"]] > 0.5
    assert links[at["bread"], at["bulb"]] == 0 and not links.diagonal().any()


_SOLD = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 60), st.sampled_from("abcd")), min_size=1, max_size=30)


@given(_SOLD, st.integers(1, 80))
@settings(max_examples=60, deadline=None)
def test_sales_are_those_of_the_days_before_and_no_later_ones(rows, today):
    user, day, item = (np.array(each) for each in zip(*rows, strict=True))
    made = Baskets.of(user, day, item)
    lines = [(made.day[basket], column) for basket, column in zip(*made.matrix.nonzero(), strict=True)]
    found = Sales(made).until(today, np.arange(len(made.items)))

    def sold(days: int, column: int | None = None) -> int:
        return sum(today - days <= on < today and column in (None, what) for on, what in lines)

    for column in range(len(made.items)):
        for place, days in enumerate((3, 7, 14, 28)):
            assert found[place][column] == pytest.approx(np.log((sold(days, column) + 1) / (sold(days) + 1)))
        mine = (sold(7, column) + 1) / (sold(84, column) / 12 + 1)
        assert found[4][column] == pytest.approx(np.log(mine * (sold(84) / 12 + 1) / (sold(7) + 1)))


def test_a_stock_taking_links_nothing():
    count = 400
    user = np.repeat([1, 2, 3, 4], count)
    made = Baskets.of(user, user, np.tile(np.arange(count), 4).astype(str))
    assert Together.of(made).links.nnz == 0


def test_the_model_finds_the_habit_that_is_due():
    history = [bought(product, ago) for ago in (35, 65, 95, 125) for product in ("moustache-chat", "brunelle-filtres")]
    history += [bought("jasmin-rooibos", 3), bought("jasmin-rooibos", 33), bought("jasmin-rooibos", 63)]
    found, scores = model().candidates(Own.of(history, model().columns, TODAY), TODAY.toordinal())
    best = [model().items[column] for column in found.item[np.argsort(-scores)][:3]]
    assert "moustache-chat" in best


def test_sensitive_purchases_teach_nothing_not_even_through_neighbours():
    """With or without them, and the visits that were for them alone, what is learnt is the same to the last bit."""
    with_, without = baskets(sensitive=True), baskets()
    assert len(lines(True)[0]) > len(lines()[0])
    for a, b in (
        (with_.day, without.day),
        (with_.owner, without.owner),
        (with_.matrix.indices, without.matrix.indices),
    ):
        assert a.tolist() == b.tolist()
    one, other = (BasketModel.fit(each, kinds(), least=(50, 100), rounds=15) for each in (with_, without))
    asker = Own.of([bought("torea-moulu", 40), bought("torea-moulu", 70)], one.columns, TODAY)
    (found, scores), (again, others) = (each.candidates(asker, TODAY.toordinal()) for each in (one, other))
    assert found.item.tolist() == again.item.tolist() and scores.tolist() == others.tolist()


def test_a_customer_taken_out_leaves_no_row_and_no_trace():
    gone = frozenset({0, 5})
    less = model().without(gone)
    assert not gone & set(less.rows) and gone <= set(model().rows)
    fresh = baskets(without=gone)
    assert less.baskets.matrix.toarray().tolist() == fresh.matrix.toarray().tolist()
    assert (
        less.signals.common.tolist()
        == np.asarray(fresh.matrix[fresh.day > fresh.day.max() - 60].sum(0)).ravel().tolist()
    )
    assert (less.signals.together.links != Together.of(fresh).links).nnz == 0


def test_signals_left_out_lower_the_odds_they_raise():
    history = [bought("moustache-chat", ago) for ago in (30, 60, 90, 120, 150)]
    found, scores = model().candidates(Own.of(history, model().columns, TODAY), TODAY.toordinal())
    place = found.item.tolist().index(model().columns["moustache-chat"])
    parts = model().blend.parts(found.features[place])
    assert max(parts, key=parts.get) == "habit" and parts["habit"] > 0
    assert scores[place] == max(scores)


def test_too_few_customers_teach_nothing():
    with pytest.raises(TooFew, match="240 customers"):
        BasketModel.fit(baskets(), kinds(), least=(500, 100))
    with pytest.raises(TooFew):
        BasketModel.fit(Baskets.of(np.array([1]), np.array([1]), np.array(["a"])), {}, least=(1, 1))


def test_what_was_returned_or_lies_ahead_is_no_history():
    ahead = bought("torea-moulu", -3)
    assert ahead.date == TODAY + timedelta(days=3)
    found = Own.of([bought("torea-moulu", 5, True), ahead, bought("moustache-chat", 4)], model().columns, TODAY)
    assert [model().items[column] for column in found.item] == ["moustache-chat"]
