"""What customers hear is complete in both languages, and short."""

from __future__ import annotations

import re

import pytest

from personalization.phrases import LANGUAGES, Phrases, phrase_table
from personalization.purposes import Purpose

SCRIPTS = """
opening consent.purchases consent.unclear disclosure.purchases disclosure.voice_cues disclosure.orders
disclosure.location context.owned handoff.summary handoff.closed understanding.keypad
security.authenticate security.card erasure.done
""".split()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", [*SCRIPTS, *(f"consent.{purpose.value}" for purpose in Purpose)])
def test_a_legal_script_has_one_wording_a_version_and_fits_in_a_breath(id, language):
    entry = phrase_table(language)[id]
    assert entry.script and len(entry.say) == 1 and entry.version >= 1
    assert len(re.findall(r"\w+(?:['’]\w+)*", entry.say[0])) <= 20


def test_the_opening_says_at_once_that_it_is_an_ai():
    assert "une intelligence artificielle" in Phrases("fr", "Belmont").say("opening").text
    assert "an AI" in Phrases("en", "Belmont").say("opening").text


@pytest.mark.parametrize(
    "prefix", ["reason.", "consent.", "disclosure.", "handoff.", "security.", "context.", "erasure."]
)
def test_both_languages_have_the_same_phrases(prefix):
    french, english = ({id for id in phrase_table(each) if id.startswith(prefix)} for each in LANGUAGES)
    assert french == english
