"""What becomes of a caller who is misheard: the real dialogue answers what was heard, and what was really said.

Whoever is taken otherwise says it once more, in a call of its own. A person who is then offered, and isn't for what was
said, is there because of the hearing. The shop is the demo's and the caller a stranger, so that only the words differ.
"""

from __future__ import annotations

from copy import copy
from datetime import date, datetime, time
from functools import cached_property
from typing import NamedTuple

from nlu.dialogue import Dialogue
from nlu.reply import Reply
from nlu.understanding import Understanding
from personalization.shop import Shop
from voice.audit.state_graph import hear_all

__all__ = ["Misheard", "Outcome"]

_MORNING = datetime.combine(date(2026, 11, 24), time(10))
"""A Tuesday: advisers are there."""


class Outcome(NamedTuple):
    """What one call comes to."""

    intent: str
    """Of the first answer; "" where nothing was recognised."""
    human: bool
    """A person was offered, or took over, who wasn't asked for."""


class Misheard:
    """Compares a call as it was heard with the call as it was spoken."""

    def __init__(self, shop: Shop | None = None) -> None:
        self._shop = shop or Shop.load(today=_MORNING.date())

    @cached_property
    def _understanding(self) -> Understanding:
        return Understanding(self._shop.catalogue, {store.id: store.name for store in self._shop.stores})

    def compare(self, said: str, heard: str, language: str) -> tuple[bool, bool]:
        """(whether the intent is another, whether a person comes in by mishearing)."""
        meant = self.outcome(said, language)
        if self.outcome(heard, language).intent == meant.intent:
            return False, False
        return True, not meant.human and self.outcome(heard, language, times=2).human

    def outcome(self, words: str, language: str, times: int = 1) -> Outcome:
        """What a call comes to in which a stranger says the words so many times."""
        talk = Dialogue(copy(self._shop), None, language, now=_MORNING)
        hear_all(talk, talk.open())
        intents, human = [], False
        for _ in range(times):
            if not words.strip():
                intents.append("")
                reply = talk.not_understood("no words")
            else:
                meaning = self._understanding.understand(words, language, talk.expecting, talk.context.today)
                intents.append(meaning.intent)
                reply = talk.reply(meaning)
            human = human or _person(talk, reply)
            hear_all(talk, reply)
        return Outcome(intents[0], human and "human" not in intents)


def _person(talk: Dialogue, reply: Reply) -> bool:
    asked = talk.question is not None and talk.question.name in ("human", "summary")
    return asked or any(action.name == "hand_off" for action in reply.actions)

