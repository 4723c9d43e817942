"""Card numbers said or keyed: dropped at once, words and sound, and the caller told (PCI DSS requirement 3).

A number is often said in two or three breaths: what was said just before is looked at, too, and taken out of what the
conversation keeps, so that no half of it stays anywhere.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from personalization.redact import figures, has_card_number, luhn
from voice.journal import Entry, LineStarted, Trouble, Utterance

if TYPE_CHECKING:
    from voice.conversation import Conversation

__all__ = ["CardWatch", "keyed_card"]

_TURNS = 3
"""Turns in a row a number may be spread over."""
_DROPPED = "[…]"
_SCRIPT = "security.card"
_COUNTS = frozenset({"turn", "line", "version", "rate"})


def keyed_card(keys: str) -> bool:
    """The last keys make a card number."""
    return any(_card(keys[-length:]) for length in _ISSUED if len(keys) >= length)


_ISSUED = {13: "4", 14: "3", 15: "3", 16: "2456", 19: "46"}
"""First digits by length, as cards are issued (ISO/IEC 7812-1; narrower than the standard, so that others pass)."""


def _card(digits: str) -> bool:
    return digits[:1] in _ISSUED.get(len(digits), "") and digits != "" and luhn(digits)


def _spread(parts: list[str]) -> bool:
    """Turns that are one card number together, from its issuer's first digit to its check digit."""
    digits = [figures(part) for part in parts]
    whole = "".join(digits)
    return all(digits) and _card(whole)


def _without(value: Any, digits: list[str]) -> Any:
    """The value with each text that holds one of the runs of digits replaced, at whatever depth."""
    if isinstance(value, str):
        return _DROPPED if _holds(figures(value), digits) else value
    if isinstance(value, dict):
        return {key: _without(each, digits) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_without(each, digits) for each in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return 0 if _holds(str(value), digits) else value
    return value


def _holds(found: str, digits: list[str]) -> bool:
    """These figures are one of the runs, or four or more of its own."""
    return any(run in found or (len(found) >= 4 and found in run) for run in digits)


def _cleaned(event: Any, digits: list[str]) -> Any:
    """The event without the digits; of an utterance that held them no word is left."""
    found = {each.name: getattr(event, each.name) for each in dataclasses.fields(event)}
    clean = {name: _without(value, digits) for name, value in found.items() if name not in _COUNTS}
    if isinstance(event, Utterance) and clean["text"] != event.text:
        clean["words"] = ()
    changed = {name: value for name, value in clean.items() if value != found[name]}
    return dataclasses.replace(event, **changed) if changed else event


class CardWatch:
    """A `Discretion`: no partial words are kept on a line, and a turn with a card number is never taken on."""

    expecting = True

    def __init__(self) -> None:
        self._conversation: Conversation | None = None
        self._said: list[str] = []
        self._keys = ""
        self._owed = False
        """The caller hasn't been told yet."""

    def watch(self, conversation: Conversation) -> None:
        self._conversation = conversation
        conversation.journal.listeners.append(self._noted)

    def remind(self) -> None:
        """Says it once nothing else is said, where another answer took its place."""
        if self._owed and not self._conversation.speaker.active:
            self._conversation.tell(_SCRIPT)

    def _noted(self, entry: Entry) -> None:
        if isinstance(entry.event, LineStarted) and entry.event.phrase == _SCRIPT:
            self._owed = False

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
        """Out of everything the conversation keeps: what was said before, what was understood, what was read back."""
        talk = self._conversation
        if talk is None:
            return
        talk.listener.forget_sound()
        digits = [figures(text) for text in before]
        if digits:
            talk.dialogue.question = None
            turns = talk.dialogue.context.turns
            turns[:] = [_without(turn, digits) for turn in turns]
            for place, entry in enumerate(talk.journal.entries):
                talk.journal.entries[place] = dataclasses.replace(entry, event=_cleaned(entry.event, digits))
        self._tell()

    def _tell(self) -> None:
        if self._conversation is not None:
            self._conversation.record(Trouble("security", "a card number was dropped"))
            self._owed = True
            self._conversation.tell(_SCRIPT)
