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

__all__ = ["Asks", "Keypad", "Step"]

_ENDS_AFTER = 5.0
_PERSON_AFTER = 2.0
_PATIENCE = 20.0
_ASKED = 3
"""Times an entry is asked for before a person helps."""
_LONGEST = 20


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
    _keyed: str = field(default="", repr=False)
    _quiet: float = 0.0
    _asked: int = 1

    def again(self) -> None:
        self.step, self._asked = Step.NUMBER, 1
        self.clear()
        self.entries = []

    def clear(self) -> None:
        """What was keyed of this entry is forgotten."""
        self._keyed, self._quiet = "", 0.0

    def key(self, key: str) -> Asks | None:
        self._quiet, self._asked = 0.0, 1
        if key == "#":
            return self._end()
        if key == "*":
            if not self._keyed and self.entries:
                self.entries.pop()
                self.step = Step(len(self.entries))
            self.clear()
            return Asks.NEXT
        if key.isdecimal() and len(self._keyed) < _LONGEST:
            self._keyed += key
        return None

    def passes(self, seconds: float) -> Asks | None:
        """Time without a key, in which nothing was said to the caller either."""
        self._quiet += seconds
        if self._keyed == "0" and self._quiet >= _PERSON_AFTER:
            return self._end()
        if self._keyed and self._quiet >= _ENDS_AFTER:
            return self._end()
        if not self._keyed and self._quiet >= _PATIENCE:
            self._quiet, self._asked = 0.0, self._asked + 1
            return Asks.NOBODY if self._asked > _ASKED else Asks.NEXT
        return None

    def _end(self) -> Asks:
        keyed = self._keyed
        self.clear()
        if keyed == "0":
            return Asks.HUMAN
        if keyed:
            self.entries.append(keyed)
        if len(self.entries) == len(Step):
            return Asks.CHECK
        self.step = Step(len(self.entries))
        return Asks.NEXT
