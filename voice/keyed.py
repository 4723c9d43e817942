"""Digits on a telephone's keys, one entry. Pure: told keys, and for how long there was none."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["KeyedEntry"]

_ENDS_AFTER = 5.0
_PERSON_AFTER = 2.0
_LONGEST = 20


@dataclass
class KeyedEntry:
    """# ends it, * drops what was keyed; so do five seconds without a key end it, or two where it is enough already.

    0 is a digit like others, and a person too: alone for two seconds, or followed by #, it calls one.

    Args:
        enough: digits after which little more is waited for.
    """

    enough: int = _LONGEST
    digits: str = field(default="", repr=False)

    @property
    def calls_a_person(self) -> bool:
        return self.digits == "0"

    def key(self, key: str) -> bool:
        """Whether the key ends the entry."""
        if key == "#":
            return True
        if key == "*":
            self.digits = ""
        elif key.isdecimal() and len(self.digits) < _LONGEST:
            self.digits += key
        return False

    def over(self, quiet: float) -> bool:
        """Whether something was keyed and nothing follows, after that many seconds without a key."""
        short = self.calls_a_person or len(self.digits) >= self.enough
        return bool(self.digits) and quiet >= (_PERSON_AFTER if short else _ENDS_AFTER)

    def take(self) -> str:
        """What was keyed, forgotten here."""
        digits, self.digits = self.digits, ""
        return digits
