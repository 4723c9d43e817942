"""How much proof what is asked for takes: none for advice, one factor for own data, two for copies and erasure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from personalization.purposes import DataKind

__all__ = ["Level", "needed", "step_up"]


class Level(IntEnum):
    """What is known about who is there."""

    NOBODY = 0
    HINT = 1
    """A caller's number, a name said, a loyalty card seen: it proves nothing."""
    ONE_FACTOR = 2
    """A PIN, or a one-time code."""
    TWO_FACTORS = 3
    """Both."""


_DATA: dict[DataKind, Level] = {
    DataKind.VOICE_CUES: Level.NOBODY,
    DataKind.LOCATION: Level.NOBODY,
    DataKind.IDENTITY: Level.ONE_FACTOR,
    DataKind.PURCHASES: Level.ONE_FACTOR,
    DataKind.ORDERS: Level.ONE_FACTOR,
}
_ACTIONS: dict[str, Level] = {"export": Level.TWO_FACTORS, "erase": Level.TWO_FACTORS, "correct": Level.TWO_FACTORS}


def needed(uses: Iterable[DataKind] = (), actions: Iterable[str] = ()) -> Level:
    """The proof that lines using these data, and these actions, take. A kind nobody thought of takes the most."""
    levels = [_DATA.get(kind, Level.TWO_FACTORS) for kind in uses]
    levels += [_ACTIONS.get(action, Level.NOBODY) for action in actions]
    return max(levels, default=Level.NOBODY)


def step_up(level: Level, uses: Iterable[DataKind] = (), actions: Iterable[str] = ()) -> Level | None:
    """The level to be reached first; None where what is proved is enough. So nobody is asked before it matters."""
    wanted = needed(uses, actions)
    return wanted if level < wanted else None
