"""Card numbers said or keyed: dropped at once, words and sound, and the caller told (PCI DSS requirement 3).

A number is often said in two or three breaths: what was said just before is looked at, too, and taken out of what the
conversation keeps, so that no half of it stays anywhere.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from personalization.redact import figures, has_card_number, luhn
from voice.journal import Partial, Trouble, Understood, Utterance

if TYPE_CHECKING:
    from voice.conversation import Conversation

__all__ = ["CardWatch", "keyed_card"]

_TURNS = 3
"""Turns in a row a number may be spread over."""
_DROPPED = "[…]"


def keyed_card(keys: str) -> bool:
    """The last keys make a card number (13 to 19 digits, Luhn)."""
    return any(
        luhn(keys[-length:])
        for length in range(13, 20)
        if len(keys) >= length and keys[-length] != "0" and len(set(keys[-length:])) > 1
    )


def _spread(parts: list[str]) -> bool:
    """Turns that are one card number together, from its issuer's first digit (2 to 6) to its check digit."""
    digits = [figures(part) for part in parts]
    whole = "".join(digits)
    return all(digits) and 13 <= len(whole) <= 19 and whole[0] in "23456" and luhn(whole)


class CardWatch:
    """A `Discretion`: no partial words are kept on a line, and a turn with a card number is never taken on."""

    expecting = True

    def __init__(self) -> None:
        self._conversation: Conversation | None = None
        self._said: list[str] = []
        self._keys = ""

    def watch(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def takes(self, text: str, language: str) -> bool:
        turns = [*self._said, text][-_TURNS:]
        for start in reversed(range(len(turns))):
            parts = turns[start:]
            # Over several turns only a whole number counts: a telephone number said twice has a right check digit, too.
            if has_card_number(text) if len(parts) == 1 else _spread(parts):
                self._drop(parts[:-1])
                self._said = []
                return True
        self._said = turns
        return False

    def key(self, digit: str) -> bool:
        """Whether this key completes a card number; what was keyed is forgotten then."""
        self._keys = (self._keys + digit)[-19:] if digit.isdecimal() else ""
        if not keyed_card(self._keys):
            return False
        self._keys = ""
        self._tell()
        return True

    def _drop(self, before: list[str]) -> None:
        talk = self._conversation
        if talk is None:
            return
        talk.listener.forget_sound()
        gone = set(before)
        turns = talk.dialogue.context.turns
        turns[:] = [_DROPPED if turn.removeprefix("caller: ") in gone else turn for turn in turns]
        numbers = set()
        for place, entry in enumerate(talk.journal.entries):
            event = entry.event
            if isinstance(event, Utterance) and event.text in gone:
                numbers.add(event.turn)
                event = dataclasses.replace(event, text=_DROPPED, words=())
            elif isinstance(event, Understood) and event.turn in numbers:
                event = dataclasses.replace(event, slots={})
            elif isinstance(event, Partial):
                event = dataclasses.replace(event, committed="", tentative="")
            talk.journal.entries[place] = dataclasses.replace(entry, event=event)
        self._tell()

    def _tell(self) -> None:
        if self._conversation is not None:
            self._conversation.record(Trouble("security", "a card number was dropped"))
            self._conversation.tell("security.card")
