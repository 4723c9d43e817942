"""The protocol of `candide bench recommend`, on a small file of baskets."""

from __future__ import annotations

import csv
import math
from datetime import date, timedelta

import numpy as np
import pytest

from personalization.baskets.complete_journey import PublicDataMissing
from personalization.baskets.history import Baskets
from tests.evals import _rankers as rankers
from tests.evals import recommend
from tests.evals._baskets import load, split


@pytest.fixture
def baskets_csv(tmp_path, monkeypatch):
    """60 customers, eight visits each: bread each time, milk every second, something of their own in the last."""
    path = tmp_path / "baskets.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["user", "basket", "item", "time"])
        for user in range(60):
            for visit in range(8):
                day = (date(2026, 1, 1) + timedelta(days=7 * visit + user % 5)).isoformat()
                bought = ["bread", f"jam{user % 3}"] + ["milk"] * (visit % 2)
                bought += ["new"] if visit == 7 and user else ["new"] * (visit < 7 and user == 0)
                rows.writerows([f"u{user:02}", f"{user}-{visit}", item, day] for item in bought)
            rows.writerow([f"u{user:02}", f"{user}-7", "rare", day])
    monkeypatch.setenv("CANDIDE_BASKETS", str(path))
    return path


def test_the_last_basket_is_the_test_and_nothing_of_it_is_in_the_history(baskets_csv):
    _, user, day, item, basket, kinds = load()
    parted = split(user, day, item, basket, kinds)
    assert len(parted.tests) == 60 and "rare" not in parted.prior.items  # seen in no basket before the last
    assert len(parted.prior) == 60 * 7
    number, when, truth = parted.tests[5]
    rows = parted.prior.rows(number)
    assert when > parted.prior.day[rows].max()
    assert {parted.prior.items[column] for column in truth} >= {"bread", "milk"}


def test_customers_of_too_few_baskets_are_left_out():
    days = np.array([1, 2, 3, 1, 2, 3, 4])
    parted = split(np.array(["a"] * 3 + ["b"] * 4), days, np.array(["x"] * 7), None, {})
    assert parted.tests == []  # "b" stays, but nothing was bought often enough


@pytest.mark.parametrize(
    ("ranked", "truth", "before", "recall", "ndcg", "repeat", "explore"),
    [
        ([1, 2, 3], {1}, {1}, 1.0, 1.0, 1.0, math.nan),
        ([2, 1, 3], {1}, set(), 1.0, 1 / math.log2(3), math.nan, 1.0),
        ([9, 8, 7], {1, 2}, {1}, 0.0, 0.0, 0.0, 0.0),
        (list(range(20, 31)), {30, 20}, {20}, 0.5, 1 / (1 + 1 / math.log2(3)), 1.0, 0.0),  # the eleventh doesn't count
    ],
)
def test_what_is_measured(ranked, truth, before, recall, ndcg, repeat, explore):
    got = recommend.measured(ranked, frozenset(truth), frozenset(before))
    assert got == pytest.approx((recall, ndcg, repeat, explore), nan_ok=True)


def test_baselines_rank_what_they_should():
    made = Baskets.of(
        np.array([1, 1, 1, 2, 2, 3]), np.array([1, 2, 3, 1, 2, 1]), np.array(["a", "a", "b", "b", "c", "c"])
    )
    own = rankers.personal_top(made)
    assert own[0].argmax() == 0 and rankers.global_top(made)[2].tolist() == [2, 2, 2]
    tifu = rankers.tifu_knn(made, *rankers.TIFU_GRID[1])
    assert tifu.shape == (3, 3) and tifu[2].argmax() == 2
    assert rankers.als(made, factors=4, rounds=2).shape == (3, 3)
    assert rankers.bm25(made, near=2).shape == (3, 3)


@pytest.mark.parametrize("text", ["user,item\na,b\n", "user,basket,item,time\na,1,b,yesterday\n"])
def test_a_file_that_cannot_be_used_is_skipped_with_a_sentence(tmp_path, monkeypatch, text):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    monkeypatch.setenv("CANDIDE_BASKETS", str(path))
    assert "columns user, basket, item and time" in recommend.run(quick=True)["skipped"]
    with pytest.raises(PublicDataMissing):
        load()


def test_the_figures_are_all_there(baskets_csv, monkeypatch):
    monkeypatch.setattr(recommend, "_speed", lambda quick: {})
    told = recommend.run(quick=True)
    assert set(told["at_10"]) == {"ours", "tifu_knn", "global_top", "personal_top", "als", "bm25"}
    assert 0 < told["recall_at_10"] <= 1 and 0 < told["tifu_knn_recall_at_10"] <= 1
    assert told["verified_reasons"] in (None, 1.0)
