"""A number keyed: when it is over, and what it is then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.keyed import KeyedEntry


@pytest.mark.parametrize(
    "keys, quiet, over",
    [
        ("", 60.0, False),
        ("061234567", 2.1, False),
        ("061234567", 5.0, True),
        ("0612345678", 1.9, False),
        ("0612345678", 2.0, True),
        ("0", 1.9, False),
        ("0", 2.0, True),
        ("06*", 60.0, False),
    ],
)
def test_an_entry_is_over_sooner_where_it_is_enough(keys, quiet, over):
    entry = KeyedEntry(enough=10)
    assert not any(entry.key(key) for key in keys)
    assert entry.over(quiet) == over


@given(st.text("0123456789*ABCD", max_size=40))
def test_what_was_keyed_since_the_last_star_is_taken_once(keys):
    entry = KeyedEntry()
    assert not any(entry.key(key) for key in keys) and entry.key("#")
    assert entry.calls_a_person == (entry.digits == "0")
    assert entry.take() == "".join(key for key in keys.rpartition("*")[2] if key.isdecimal())[:20]
    assert entry.take() == "" and "1234" not in repr(KeyedEntry(digits="1234"))
