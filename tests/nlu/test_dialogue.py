"""Scripted conversations in both languages, on text, through the real understanding."""

from __future__ import annotations

import pytest

from tests.nlu.scripted import play, scripts


@pytest.mark.parametrize("script", scripts(), ids=lambda script: f"{script['language']}: {script['name']}")
def test_the_conversation_goes_as_written(script):
    faults = [f"{each.turn}: {fault}" for each in play(script) for fault in each.faults]
    assert not faults, "\n".join(faults)


def test_there_are_conversations_in_both_languages():
    languages = [script["language"] for script in scripts()]
    assert languages.count("fr") >= 30 and languages.count("en") >= 30
