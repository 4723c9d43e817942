"""Scripted conversations in both languages, on text, through the real understanding."""

from __future__ import annotations

import pytest

from personalization.phrases import phrase_table
from personalization.shop import Shop
from tests.nlu.scripted import play, scripts


@pytest.mark.parametrize("script", scripts(), ids=lambda script: f"{script['language']}: {script['name']}")
def test_the_conversation_goes_as_written(script):
    faults = [f"{each.turn}: {fault}" for each in play(script) for fault in each.faults]
    assert not faults, "\n".join(faults)


def test_there_are_conversations_in_both_languages():
    languages = [script["language"] for script in scripts()]
    assert languages.count("fr") >= 30 and languages.count("en") >= 30


def test_what_must_not_be_said_is_something_that_could_be():
    """A phrase that exists, or words of one or of the shop's goods and kinds: a slip would forbid nothing."""
    ids, said, catalogue = set(), [], Shop.load().catalogue
    for language in ("fr", "en"):
        ids |= set(phrase_table(language))
        said += [str(entry.say) for entry in phrase_table(language).values()]
        said += [str(each.names[language]) for each in (*catalogue, *catalogue.categories.values())]
        said += [each.about.get(language, "") for each in catalogue]
    words = " ".join(said).casefold()
    forbidden = {each for script in scripts() for turn in script["turns"] for each in turn.get("must_not", ())}
    unknown = {
        each for each in forbidden
        if not any(id == each or (each.endswith(".") and id.startswith(each)) for id in ids)
        and each.casefold() not in words
    }  # fmt: skip
    assert len(forbidden) > 60 and not unknown
