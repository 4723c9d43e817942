"""Groups by hand, by fairlearn, and in the laws a ratio keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.audit import groups
from personalization.audit.figures import wilson
from personalization.audit.groups import compare


def test_the_worst_against_the_best_of_those_large_enough():
    values, names = [1.0] * 10 + [0.7] * 10 + [0.0] * 2, ["a"] * 10 + ["b"] * 10 + ["c"] * 2
    found = compare("recall", "age", values, names, least=5)
    assert found.value == pytest.approx(0.7) and not found.holds
    assert [(group.name, group.n, group.too_small) for group in found.groups] == [
        ("a", 10, False), ("b", 10, False), ("c", 2, True),
    ]  # fmt: skip
    assert compare("recall", "age", values, names, least=200).value is None
    assert compare("recall", "age", values, names, least=200).holds


def test_what_says_nothing_is_left_out_and_no_success_at_all_is_no_difference():
    found = compare("x", "y", [1.0, float("nan"), 1.0, 0.5], ["a", "a", "b", "b"], least=1)
    assert [group.n for group in found.groups] == [1, 2]
    assert compare("x", "y", [0.0, 0.0], ["a", "b"], least=1).value == 1.0
    assert compare("x", "y", [], [], least=1).groups == ()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abc")), min_size=2, max_size=40))
def test_the_interval_holds_the_means_range_and_the_ratio_stays_between_0_and_1(rows):
    found = compare("x", "y", [value for value, _ in rows], [name for _, name in rows], least=1, resamples=40)
    for group in found.groups:
        assert 0 <= group.low <= group.high <= 1 + 1e-9
    assert found.value is None or 0 <= found.value <= 1


def test_fairlearn_groups_as_numpy_does(monkeypatch):
    metrics = pytest.importorskip("fairlearn.metrics", reason="the peer: pip install 'candide-voice[audit]'")
    random = np.random.default_rng(1)
    values, names = random.random(60), random.choice(["a", "b", "c"], 60)
    frame = metrics.MetricFrame(
        metrics=lambda truth, value: float(np.mean(value)), y_true=values, y_pred=values, sensitive_features=names
    )
    by_fairlearn = compare("x", "y", values, names, least=1)
    assert compare("x", "y", [0.5], ["a"], least=1).groups[0].mean == 0.5  # one row alone
    monkeypatch.setattr(groups, "find_spec", lambda name: None)
    by_numpy = compare("x", "y", values, names, least=1)
    assert by_fairlearn == by_numpy
    assert {group.name: group.mean for group in by_numpy.groups} == pytest.approx(dict(frame.by_group))
    assert by_numpy.value == pytest.approx(frame.ratio(method="between_groups"))


def test_a_share_without_a_failure_still_has_an_interval():
    always, (low, high) = compare("x", "y", [1.0] * 20, ["a"] * 20, least=1, shares=True), wilson(20, 20)
    assert (always.groups[0].low, always.groups[0].high) == (low, high) and low < 0.9
