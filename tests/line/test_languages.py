"""The language: by the number dialled, by key, by the first words."""

from __future__ import annotations

import numpy as np
import pytest

from tests.line.test_session import call, engines
from voice.journal import LineStarted

__all__ = ["engines"]


def languages(session) -> list[tuple[str, str]]:
    return [(entry.event.phrase, entry.event.language) for entry in session.journal.of(LineStarted)]


def test_each_language_is_offered_in_itself_after_the_opening(engines):
    session, _, _, _ = call(engines, settings={"language_keys": True})
    assert languages(session)[:3] == [("opening", "en"), ("line.language_key", "fr"), ("line.language_key", "en")]


def test_it_is_not_offered_where_it_was_not_asked_for_or_the_number_tells(engines):
    assert "line.language_key" not in call(engines)[3]
    settings = {"language_keys": True, "numbers": {"": "en"}}
    assert "line.language_key" not in call(engines, settings=settings)[3]


@pytest.mark.parametrize(("key", "language"), [("1", "fr"), ("2", "en")])
def test_a_key_chooses_and_the_disclosure_is_said_in_that_language(engines, key, language):
    session, _, _, _ = call(engines, settings={"language_keys": True}, digits=[(0.5, key)])
    said = [each for phrase, each in languages(session) if phrase == "opening"]
    assert said[-1] == language == session.dialogue.language and len(said) == 2


def test_once_somebody_has_spoken_a_key_is_no_language(engines):
    session, _, _, said = call(
        engines, "what coffee do you have", settings={"language_keys": True}, digits=[(4.5, "1")]
    )
    assert said.count("opening") == 1 and session.dialogue.language == "en"


def test_the_number_dialled_decides():
    from voice.line.settings import LineSettings

    settings = LineSettings(numbers={"+33100000002": "fr", "200": "en"}, language="fr")
    found = [settings.language_of(dialled) for dialled in ("+33100000002", "33100000002", "200", "201", "")]
    assert found == ["fr", "fr", "en", "fr", "fr"]
    assert settings.language_dialled("201") is None


def test_keys_have_no_sound(engines):
    """What is left of a tone isn't speech: 200 ms after a key nothing is heard."""
    import asyncio

    from voice.channels import Floor, Tick
    from voice.line.cards import CardWatch
    from voice.line.session import Handset

    loud = np.full(160, 9_000, np.int16)
    ticks = [Tick(loud), Tick(loud, "5"), *[Tick(loud)] * 12]

    class Line:
        rate = 8_000

        async def exchange(self, out, floor):
            return ticks.pop(0)

    async def heard():
        handset = Handset(Line(), CardWatch())
        return [bool((await handset.exchange(None, Floor.CALLER)).sound.any()) for _ in range(14)]

    assert asyncio.run(heard()) == [True] + [False] * 10 + [True] * 3
