"""What is left out when the machine is too busy, in which order: a table people can read, and a pure function.

A row holds while its test is true of the `Load`; what the rows that hold take away is added up. The words of a turn
that is still being spoken go first, as nobody waits for them, and where the house voice is a slow one, new callers
get a plain one; then answers get short; at last new callers get a person or a call back, so that those who are being
served go on being served.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["TABLE", "Load", "Measures", "Recent", "Row", "plan"]


@dataclass(frozen=True)
class Load:
    calls: int = 0
    """Being served now."""
    most: int = 8
    """Served at once, at most."""
    answer: float = 0.0
    """95th percentile of the last minute's answers: from the end of speech to the first sound, seconds."""
    slow_voice: bool = False
    """The usual voice takes most of a core while it speaks."""


@dataclass(frozen=True)
class Measures:
    no_partials: bool = False
    """The words of a turn aren't recognised before its end."""
    plain_voice: bool = False
    """New callers are spoken to, for their whole call, by a voice that takes next to no time."""
    brief: bool = False
    """Answers are one sentence, with nothing added; what the law wants said is said."""
    refuse: bool = False
    """New callers hear that all lines are busy, and get a person or a call back."""
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    name: str
    when: Callable[[Load], bool]
    then: Measures


# fmt: off
TABLE: tuple[Row, ...] = (
    Row("many listen to a slow voice", lambda load: load.slow_voice and load.calls >= 3, Measures(plain_voice=True)),
    Row("answers slow down", lambda load: load.answer >= 1.2, Measures(no_partials=True, plain_voice=True)),
    Row("answers are late", lambda load: load.answer >= 1.5,
        Measures(no_partials=True, plain_voice=True, brief=True)),
    Row("answers are far too late", lambda load: load.answer >= 2.5,
        Measures(no_partials=True, plain_voice=True, brief=True, refuse=True)),
    Row("nearly all lines are busy", lambda load: load.most >= 8 and load.calls > 0.75 * load.most,
        Measures(no_partials=True)),
    Row("all lines are busy", lambda load: load.calls >= load.most, Measures(refuse=True)),
)
# fmt: on


def plan(load: Load) -> Measures:
    """What the rows that hold take away, together."""
    held = [row for row in TABLE if row.when(load)]
    return Measures(
        any(row.then.no_partials for row in held), any(row.then.plain_voice for row in held),
        any(row.then.brief for row in held), any(row.then.refuse for row in held), tuple(row.name for row in held),
    )  # fmt: skip


class Recent:
    """How late answers were lately; a few slow ones don't make a busy machine.

    Args:
        seconds: remembered. least: answers under which nothing is said about the machine.
    """

    def __init__(self, seconds: float = 60.0, least: int = 4) -> None:
        self._seconds, self._least = seconds, least
        self._answers: deque[tuple[float, float]] = deque(maxlen=200)

    def add(self, now: float, answer: float) -> None:
        self._answers.append((now, answer))

    def percentile(self, now: float, share: float = 95) -> float:
        """Seconds; 0 where there were too few answers to tell."""
        while self._answers and now - self._answers[0][0] > self._seconds:
            self._answers.popleft()
        if len(self._answers) < self._least:
            return 0.0
        return float(np.percentile([answer for _, answer in self._answers], share))
