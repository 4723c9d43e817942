"""A rehearsed reply is the reply that comes, changes nothing, and reads no data on a consent that isn't settled."""

from __future__ import annotations

import pytest

from nlu.meaning import Meaning
from personalization.purposes import Purpose
from tests.nlu.scripted import ASKED, answer, dialogue, hear, scripts, understanding


def _turns(script, rehearsed: bool):
    asked = {key: script[key] for key in ASKED if key in script}
    talk = dialogue(**asked)
    hear(talk, talk.open())
    for turn in script["turns"]:
        guess = None
        if rehearsed and "caller" in turn and "intent" not in turn:
            language = turn.get("language", talk.language)
            today = talk.context.today
            early = understanding().understand(turn["caller"], language, talk.expecting, today, explain=False)
            guess = talk.rehearse(early)
        reply = answer(talk, turn)
        if reply is not None:
            hear(talk, reply, turn.get("heard"))
            yield turn, guess, reply, dict(talk.consents.all())


@pytest.mark.parametrize("script", scripts(), ids=lambda script: f"{script['language']}: {script['name']}")
def test_rehearsing_each_turn_changes_no_reply_no_record_and_no_consent(script):
    plain, rehearsed = list(_turns(script, False)), list(_turns(script, True))
    assert [(reply.text, reply.events, reply.actions, held) for _, _, reply, held in plain] == [
        (reply.text, reply.events, reply.actions, held) for _, _, reply, held in rehearsed
    ]


@pytest.mark.parametrize("script", scripts(), ids=lambda script: f"{script['language']}: {script['name']}")
def test_what_was_rehearsed_is_what_is_said(script):
    for turn, guess, reply, _ in _turns(script, True):
        if guess and "cues" not in turn:
            assert [line.text for line in guess] == [line.text for line in reply.lines]


@pytest.mark.parametrize("intent", ["affirm", "consent_give", "consent_withdraw", "erase"])
def test_a_yes_that_is_not_over_reads_nothing(intent):
    talk = dialogue("candide")
    talk.reply(Meaning("recommend", 1.0, "une idée", "fr"))
    assert talk.expecting == "consent:purchases"
    assert talk.rehearse(Meaning(intent, 1.0, "oui", "fr")) == ()
    assert talk.rehearse(Meaning("price", 1.0, "combien, oui", "fr", also=Meaning(intent, 1.0, "oui", "fr"))) == ()
    assert not talk.consents.granted(Purpose.PURCHASES)
