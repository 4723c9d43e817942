"""Plays the conversations of tests/nlu/conversations on text, through the real understanding and the demo shop."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nlu.cues import Cues
from nlu.dialogue import Dialogue
from nlu.meaning import Meaning
from nlu.reply import Reply
from nlu.understanding import Understanding
from personalization.purposes import Purpose
from personalization.shop import Shop

ASKED = ("customer", "language", "place", "hour", "minute", "day", "number", "authenticated")
"""What the head of a conversation may say of its caller and its moment."""
TODAY = date(2026, 11, 24)  # a Tuesday
FOLDER = Path(__file__).parent / "conversations"


@cache
def understanding() -> Understanding:
    shop = Shop.load(today=TODAY)
    return Understanding(shop.catalogue, {store.id: store.name for store in shop.stores})


def scripts() -> list[dict[str, Any]]:
    return [each for path in sorted(FOLDER.glob("*.yaml")) for each in yaml.safe_load(path.read_text(encoding="utf-8"))]


def dialogue(
    customer: str | None = None,
    language: str = "fr",
    place: str = "phone",
    hour: int = 10,
    authenticated: bool = True,
    day: date = TODAY,
    minute: int = 0,
    number: str | None = None,
) -> Dialogue:
    shop = Shop.load(today=day)
    file = shop.open_file(customer) if customer else None
    moment = datetime(day.year, day.month, day.day, hour, minute)
    known = authenticated and file is not None
    return Dialogue(shop, file, language, place, moment, authenticated=known, caller_number=number)


@dataclass
class Played:
    """One turn and all it must and mustn't be."""

    turn: dict[str, Any]
    reply: Reply
    talk: Dialogue
    faults: list[str] = field(default_factory=list)

    def check(self) -> list[str]:
        said, ids = self.reply.text.casefold(), [line.phrase.id for line in self.reply.lines]

        def there(what: str) -> bool:
            by_id = any(id == what or (what.endswith(".") and id.startswith(what)) for id in ids)
            return by_id or what.casefold() in said

        events = {type(event).__name__ for event in self.reply.events}
        actions = {action.name for action in self.reply.actions}
        turn = self.turn
        faults = [f"must say {what!r}" for what in turn.get("must", ()) if not there(what)]
        faults += [f"must not say {what!r}" for what in turn.get("must_not", ()) if there(what)]
        faults += [f"must record {what}" for what in set(turn.get("events", ())) - events]
        faults += [f"must do {what}" for what in set(turn.get("actions", ())) - actions]
        faults += [f"must not do {what}" for what in set(turn.get("must_not_actions", ())) & actions]
        for purpose, granted in turn.get("granted", {}).items():
            if self.talk.consents.granted(Purpose(purpose)) is not granted:
                faults.append(f"{purpose} must be {'granted' if granted else 'not granted'}")
        return [f"{fault}; it said {self.reply.text!r} {ids}, recorded {events}, did {actions}" for fault in faults]


def play(script: dict[str, Any]) -> list[Played]:
    """The conversation turn by turn; every line is heard, unless the turn says how many were (`heard`)."""
    asked = {key: script[key] for key in ASKED if key in script}
    talk = dialogue(**asked)
    hear(talk, talk.open())
    played = []
    for turn in script["turns"]:
        reply = answer(talk, turn)
        hear(talk, reply, turn.get("heard"))
        played.append(Played(turn, reply, talk, []))
        played[-1].faults = played[-1].check()
    return played


def hear(talk: Dialogue, reply: Reply, lines: int | None = None) -> None:
    for line in reply.lines[:lines]:
        talk.heard(line, True)
    for line in reply.lines[len(reply.lines) if lines is None else lines :][:1]:
        talk.heard(line, False)


def answer(talk: Dialogue, turn: dict[str, Any]) -> Reply:
    if "key" in turn:
        return talk.key(turn["key"])
    if "silence" in turn:
        return talk.silence(turn["silence"])
    if "not_understood" in turn:
        return talk.not_understood(turn["not_understood"])
    if "authenticate" in turn:
        return talk.authenticate(turn["authenticate"])
    cues = Cues(**turn["cues"]) if "cues" in turn else None
    language = turn.get("language", talk.language)
    if "intent" in turn:
        near = tuple(turn["runner_up"]) if "runner_up" in turn else None
        return talk.reply(Meaning(turn["intent"], turn["confidence"], turn["caller"], language, runner_up=near), cues)
    said = understanding().understand(turn["caller"], language, talk.expecting, talk.context.today, explain=False)
    return talk.reply(said, cues)
