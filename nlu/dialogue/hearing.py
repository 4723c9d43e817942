"""What the caller really heard of the last reply: an unheard disclosure is owed again, an unheard offer wasn't made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.disclosure import ReleasedLine

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["Hearing"]


class Hearing:
    """Compares what was to be said with what is reported as heard."""

    def __init__(self) -> None:
        self._owed: list[ReleasedLine] = []
        self._reported = False

    def expect(self, lines: tuple[ReleasedLine, ...]) -> None:
        """These lines are about to be spoken."""
        self._owed = list(lines)
        self._reported = False

    def report(self, talk: Dialogue, line: ReleasedLine, complete: bool) -> None:
        self._reported = True
        self._owed = [owed for owed in self._owed if owed is not line]
        if complete and line.suggestion:
            for offer in talk.context.offers:
                offer.heard = offer.heard or offer.product == line.suggestion
        elif not complete:
            self._unheard(talk, line)

    def settle(self, talk: Dialogue) -> None:
        """The next turn begins: where lines were reported, the others weren't heard."""
        if self._reported:
            for line in self._owed:
                self._unheard(talk, line)
        self._owed, self._reported = [], False

    def _unheard(self, talk: Dialogue, line: ReleasedLine) -> None:
        if line.discloses:
            talk.unsaid(line.discloses)
