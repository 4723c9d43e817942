"""A number that the assistant asked for is said digit by digit: it waits for the next one."""

from __future__ import annotations

from tests.voice.calls import Dictated, converse, of, turns


def test_a_number_that_was_asked_for_may_pause_after_its_first_digit(tmp_path):
    said = ["please call me back tomorrow at ten", "zero", "three", "nothing else"]
    rows = converse(turns(*said, pause=3.0), Dictated(said), tmp_path)
    waited = {row["turn"]: row["silence"] for row in of(rows, "EndpointReached")}
    assert of(rows, "Understood")[0]["intent"] == "callback"
    assert waited[2] > 1.5 > waited[1]
