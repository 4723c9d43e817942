"""The real dialogue, journaled as a conversation journals it, keeps every promise: the audit raises no false alarm."""

from __future__ import annotations

import json

import pytest

from nlu.meaning import Entity, Meaning
from personalization.shop import Shop
from tests.nlu.scripted import TODAY, dialogue
from voice.audit.journals import journals
from voice.audit.promises import PROMISES, count_promises
from voice.journal import Journal, LineHeard, LineStarted, Replied, Understood

LIMITS = {name: {"at_least": 1.0} if good else {"at_most": 0.0} for name, (_, good) in PROMISES.items()}
CALLS = (
    "recommend affirm why why deny recommend deny recommend affirm",
    "recommend affirm deny affirm less_like_this recommend why order_status reorder what_data",
    "order_status recommend deny recommend why consent_give recommend consent_withdraw why recommend human affirm",
)
SHOP = Shop.load(today=TODAY)
NAMES = SHOP.names[:3]


def journaled(path, said: str, customer: str | None, place: str, authenticated: bool) -> None:
    talk, journal = dialogue(customer, place=place, authenticated=authenticated), Journal(path)

    def spoken(turn: int, reply) -> None:
        for event in reply.events:
            journal.append(turn, event)
        uses = tuple(sorted({kind.value for line in reply.lines for kind in line.uses}))
        journal.append(turn, Replied(turn, reply.text, uses, (), tuple(action.name for action in reply.actions)))
        for number, line in enumerate(reply.lines):
            phrase = line.phrase
            started = LineStarted(turn, number, line.text, phrase.id, phrase.version, "fr", phrase.script, "cache")
            journal.append(turn, started)
            journal.append(turn, LineHeard(turn, number, line.text, True))
            talk.heard(line, True)

    spoken(0, talk.open())
    if talk.authenticated:
        from personalization.events import Authenticated

        journal.append(0, Authenticated("pin"))
    for turn, intent in enumerate(said.split(), 1):
        scope = (Entity("scope", "lasting", "toujours"),) if intent == "consent_give" else ()
        meaning = Meaning(intent, 0.95, "", talk.language, scope)
        journal.append(turn, Understood(turn, intent, meaning.slots, 0.95, ()))
        spoken(turn, talk.reply(meaning))
    journal.close()


@pytest.mark.parametrize(
    ("place", "authenticated"), [("phone", True), ("phone", False), ("kiosk", True), ("kiosk", False)]
)
def test_every_call_of_the_real_dialogue_keeps_every_promise(tmp_path, place, authenticated):
    for name in (None, *NAMES):
        for number, said in enumerate(CALLS):
            journaled(tmp_path / f"{name}-{number}.jsonl", said, name, place, authenticated)
    shares = {share.name: share for share in count_promises(journals([tmp_path]), SHOP.catalogue, LIMITS)}
    assert [each.broken for each in shares.values() if not each.holds] == []
    assert shares["opening_disclosure"].n == 3 * (len(NAMES) + 1)
    assert shares["verified_reasons"].n > 5
    assert bool(shares["disclosure_before_use"].n) is authenticated


def test_a_disclosure_taken_out_of_a_real_call_is_missed(tmp_path):
    path = tmp_path / "call.jsonl"
    journaled(path, CALLS[0], "Candide", "phone", True)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    kept = [row for row in rows if row.get("phrase") != "disclosure.purchases"]
    assert len(kept) < len(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    (share,) = [each for each in count_promises(journals([path]), SHOP.catalogue, LIMITS) if "before_use" in each.name]
    assert share.broken == ("call.jsonl, turn 2",)
