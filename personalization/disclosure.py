"""A line that uses personal data carries its disclosure (law 2), and this is the one place that sees to it.

`Line` is what a dialogue wants said. Nothing speaks a `Line`: a speaker takes `ReleasedLine`, and only
`DisclosureGate.release` makes those, putting the spoken disclosure before the first line that uses a kind of data
(GDPR art. 13; AI Act art. 50).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from personalization.phrases import Phrase, Phrases
from personalization.purposes import DataKind

__all__ = ["DisclosureGate", "Line", "ReleasedLine"]

_SCRIPT = {
    DataKind.PURCHASES: "disclosure.purchases",
    DataKind.VOICE_CUES: "disclosure.voice_cues",
    DataKind.ORDERS: "disclosure.orders",
    DataKind.LOCATION: "disclosure.location",
}
"""The script of each kind. Identity is disclosed by the authentication script that asks for it."""

_seal = object()


@dataclass(frozen=True)
class Line:
    """One sentence or two of a reply, and the data its wording or its choice rests on."""

    phrase: Phrase
    uses: frozenset[DataKind] = frozenset()
    suggestion: str | None = None
    """Product id of the suggestion this line speaks, if it speaks one."""


@dataclass(frozen=True)
class ReleasedLine:
    """A line that may be spoken. Made by `DisclosureGate.release` alone."""

    phrase: Phrase
    uses: frozenset[DataKind]
    suggestion: str | None
    discloses: DataKind | None
    """The kind of data this line announces, when it is a disclosure."""
    _made_by: object = field(repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self._made_by is not _seal:
            raise TypeError("a ReleasedLine comes from DisclosureGate.release only: its disclosure would be skipped")

    @property
    def text(self) -> str:
        return self.phrase.text


class DisclosureGate:
    """Remembers, for one conversation, which kinds of data were announced."""

    def __init__(self) -> None:
        self.announced: set[DataKind] = set()

    def release(self, lines: Iterable[Line], phrases: Phrases) -> tuple[ReleasedLine, ...]:
        """The lines in order, each preceded by the disclosure of any kind of data it is the first to use."""
        released: list[ReleasedLine] = []
        for line in lines:
            for kind in sorted(line.uses - self.announced):
                self.announced.add(kind)
                if script := _SCRIPT.get(kind):
                    released.append(ReleasedLine(phrases.say(script), frozenset(), None, kind, _seal))
            released.append(ReleasedLine(line.phrase, line.uses, line.suggestion, None, _seal))
        return tuple(released)

    def unsaid(self, kind: DataKind) -> None:
        """The disclosure of this kind wasn't heard to its end: it will be said again with the next use."""
        self.announced.discard(kind)
