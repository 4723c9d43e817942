"""What proves who stands at the kiosk: the entries that are asked for, one after the other, and what comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

__all__ = ["Entry", "Outcome", "Prover", "Verdict"]


class Entry(StrEnum):
    CODE = "code"
    """A loyalty code or a one-time code that tells by itself whose it is."""
    NUMBER = "number"
    """The customer number. It proves nothing, and may be said."""
    PIN = "pin"
    """Never said: others hear it, and it holds tomorrow too. Left empty by who has none."""
    ONE_TIME = "one_time"
    """An authenticator's code. Left empty by who has none."""


class Outcome(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    customer: str | None = None
    """Number or id, for `Shop.open_file`."""
    once: bool = False
    """It was a one-time code alone, and is used up now."""
    left: int = 0
    """Tries left before the kiosk locks; 0 where that isn't told."""
    seconds: float = 0.0
    """Until codes are taken again."""
    method: str = ""
    """How it was proved, for the journal."""
    full: bool = True
    """It is proof enough for an erasure and for a copy."""


class Prover(Protocol):
    asks: tuple[Entry, ...]
    """What is asked for, in this order."""

    def check(self, *entries: str) -> Verdict:
        """Judges one entry for each of `asks`. May block: it is called beside the conversation."""
        ...

    def forget(self, customer: str) -> None:
        """The customer was erased."""
        ...
