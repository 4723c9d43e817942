"""Intervals as the literature gives them, and what holds a threshold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.audit.figures import Share, wilson


def test_wilson_agrees_with_the_published_example():
    low, high = wilson(81, 263)  # Newcombe, Statistics in Medicine 1998, table I: 0.2553 to 0.3662
    assert low == pytest.approx(0.2553, abs=1e-4) and high == pytest.approx(0.3662, abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share_and_stays_between_0_and_1(count, more):
    n = count + more
    low, high = wilson(count, n)
    assert 0 <= low <= high <= 1
    assert not n or low <= count / n <= high


def test_a_share_holds_its_threshold_or_not():
    assert Share("a", 10, 10, at_least=1.0).holds and not Share("a", 9, 10, at_least=1.0).holds
    assert Share("a", 0, 10, at_most=0.0).holds and not Share("a", 1, 10, at_most=0.0).holds
    assert Share("nothing to count", 0, 0, at_least=1.0).holds
