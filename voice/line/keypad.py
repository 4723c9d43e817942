"""What a caller keys to prove who they are: customer number, PIN, one-time code. Pure: told keys and seconds of sound.

- # ends an entry; so do 5 s without a further key.
- * drops what was keyed of this entry; on an empty one it goes back to the one before.
- 0 is a digit like others, and a person too: as the first key of an entry, followed by nothing for 2 s or by #, it
  calls a person. A code that begins with 0 has to go on within these 2 s.
- Nobody keying anything for 20 s is asked again, twice; then a person helps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from voice.keyed import KeyedEntry

__all__ = ["Asks", "Keypad", "Step"]

_PATIENCE = 20.0
_ASKED = 3
"""Times an entry is asked for before a person helps."""


class Step(IntEnum):
    NUMBER = 0
    PIN = 1
    CODE = 2


class Asks(StrEnum):
    """What has to be done now."""

    NEXT = "next"
    """Ask for the entry of `Keypad.step`."""
    CHECK = "check"
    """All three are there."""
    HUMAN = "human"
    """0 was keyed."""
    NOBODY = "nobody"
    """Nothing is keyed any more."""


@dataclass
class Keypad:
    """One identification; after a refusal `again` begins anew."""

    step: Step = Step.NUMBER
    entries: list[str] = field(default_factory=list, repr=False)
    """What was keyed, of the steps before this one."""
    _entry: KeyedEntry = field(default_factory=KeyedEntry, repr=False)
    _quiet: float = 0.0
    _asked: int = 1

    def again(self) -> None:
        self.step, self._asked = Step.NUMBER, 1
        self.clear()
        self.entries = []

    def clear(self) -> None:
        """What was keyed of this entry is forgotten."""
        self._entry.take()
        self._quiet = 0.0

    def key(self, key: str) -> Asks | None:
        self._quiet, self._asked = 0.0, 1
        if key == "*" and not self._entry.digits and self.entries:
            self.entries.pop()
            self.step = Step(len(self.entries))
        if self._entry.key(key):
            return self._end()
        return Asks.NEXT if key == "*" else None

    def passes(self, seconds: float) -> Asks | None:
        """Time without a key, in which nothing was said to the caller either."""
        self._quiet += seconds
        if self._entry.over(self._quiet):
            return self._end()
        if not self._entry.digits and self._quiet >= _PATIENCE:
            self._quiet, self._asked = 0.0, self._asked + 1
            return Asks.NOBODY if self._asked > _ASKED else Asks.NEXT
        return None

    def _end(self) -> Asks:
        person, keyed = self._entry.calls_a_person, self._entry.take()
        self._quiet = 0.0
        if person:
            return Asks.HUMAN
        if keyed:
            self.entries.append(keyed)
        if len(self.entries) == len(Step):
            return Asks.CHECK
        self.step = Step(len(self.entries))
        return Asks.NEXT
