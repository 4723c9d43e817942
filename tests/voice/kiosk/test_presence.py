"""Nobody there for a while: the screen asks, then the customer is forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.kiosk.presence import Attendance, Presence

HERE, LEAVING, GONE = Attendance


@pytest.mark.parametrize(
    ("what", "seconds", "expected"),
    [
        ("nobody", 29.9, HERE),
        ("nobody", 30.1, LEAVING),
        ("nobody", 44.9, LEAVING),
        ("nobody", 45.0, GONE),
        ("somebody", 500.0, HERE),
        ("assistant", 500.0, HERE),
    ],
)
def test_who_shows_themselves_is_there(what, seconds, expected):
    presence = Presence(timeout=45.0, warning=15.0)
    for _ in range(round(seconds * 50)):
        presence.passes(0.02, what == "somebody", what == "assistant")
    assert presence.attendance is expected


def test_a_touch_in_the_last_second_is_enough():
    presence = Presence(timeout=10.0, warning=4.0)
    assert presence.passes(9.9, False) is LEAVING
    assert presence.passes(0.02, True) is HERE and presence.left == 10.0


def test_who_is_gone_does_not_come_back_as_the_same_customer():
    presence = Presence(timeout=10.0)
    assert presence.passes(10.0, False) is GONE
    assert presence.passes(0.02, True) is GONE


@given(st.lists(st.tuples(st.floats(0.01, 5.0), st.booleans(), st.booleans()), max_size=200), st.floats(1.0, 60.0))
def test_gone_means_exactly_that_long_without_anybody(steps, timeout):
    presence, alone, gone = Presence(timeout), 0.0, False
    for seconds, shown, assistant in steps:
        alone = 0.0 if shown else alone if assistant else alone + seconds
        gone = gone or alone >= timeout - 1e-9
        assert (presence.passes(seconds, shown, assistant) is GONE) == gone


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan")])
def test_a_timeout_that_is_none_is_refused(timeout):
    with pytest.raises(ValueError, match="seconds above 0"):
        Presence(timeout)
