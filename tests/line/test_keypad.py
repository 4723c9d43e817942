"""What is keyed becomes three entries; # ends, * corrects, 0 alone is a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.line.keypad import Asks, Keypad, Step


def keyed(text: str) -> tuple[Keypad, list[Asks]]:
    """A key a character; "." is a second without one."""
    pad, found = Keypad(), []
    for key in text:
        found.append(pad.passes(1.0) if key == "." else pad.key(key))
    return pad, [each for each in found if each is not None]


@pytest.mark.parametrize(
    ("text", "entries", "asks"),
    [
        ("10432#", ["10432"], [Asks.NEXT]),
        ("10432.....", ["10432"], [Asks.NEXT]),
        ("10432#8642#123456#", ["10432", "8642", "123456"], [Asks.NEXT, Asks.NEXT, Asks.CHECK]),
        ("999*10432#", ["10432"], [Asks.NEXT, Asks.NEXT]),
        ("10432#*10433#", ["10433"], [Asks.NEXT, Asks.NEXT, Asks.NEXT]),
        ("#", [], [Asks.NEXT]),
        ("ABCD7#", ["7"], [Asks.NEXT]),
        ("1" * 40 + "#", ["1" * 20], [Asks.NEXT]),
        ("012345#", ["012345"], [Asks.NEXT]),
        ("0.12345#", ["012345"], [Asks.NEXT]),
        ("0..", [], [Asks.HUMAN]),
        ("0#", [], [Asks.HUMAN]),
        ("1042#0..", ["1042"], [Asks.NEXT, Asks.HUMAN]),
        ("10..#", ["10"], [Asks.NEXT]),
        ("." * 60, [], [Asks.NEXT, Asks.NEXT, Asks.NOBODY]),
        ("." * 59 + "7" + "." * 5 + "." * 40, ["7"], [Asks.NEXT] * 5),
    ],
)
def test_entries_and_what_is_asked(text, entries, asks):
    pad, found = keyed(text)
    assert (pad.entries, found) == (entries, asks)


@given(st.text("0123456789*#ABCD.", max_size=80))
def test_whatever_is_keyed_the_step_tells_which_entry_comes_next(text):
    pad = Keypad()
    for key in text:
        asks = pad.passes(1.0) if key == "." else pad.key(key)
        if asks in (Asks.CHECK, Asks.HUMAN, Asks.NOBODY):
            assert asks is not Asks.CHECK or len(pad.entries) == len(Step)
            return
        assert pad.step == len(pad.entries)
        assert all(entry and len(entry) <= 20 for entry in pad.entries)


def test_nothing_keyed_is_shown_when_it_is_printed():
    pad, _ = keyed("10432#864213")
    assert "10432" not in repr(pad) and "8642" not in repr(pad)
