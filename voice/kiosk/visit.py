"""One customer at the kiosk: the card, watched for whether they are still there, and codes that are kept to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlu.dialogue import Dialogue
from nlu.normalise import squeeze
from nlu.spoken_code import spoken_code
from voice.channels.channel import FRAME_SECONDS, Floor, Tick
from voice.channels.soundcard import SoundCard
from voice.conversation import Conversation
from voice.journal import Entry as JournalEntry
from voice.journal import Partial, Utterance
from voice.kiosk.knowledge import everything_known
from voice.kiosk.presence import Attendance, Presence
from voice.kiosk.proof import Entry
from voice.kiosk.proving import Proving
from voice.kiosk.screen import Screen

__all__ = ["Attended", "CodeAloud", "Visit"]

_SHOWN_EVERY = 0.1
"""Seconds between two looks at what changes slowly: the level, what is known."""


@dataclass
class Visit:
    card: SoundCard
    dialogue: Dialogue
    presence: Presence
    proving: Proving
    conversation: Conversation | None = None
    code_panel: bool = False
    """The panel that takes a code is open."""
    customer: str | None = None
    """Who it is, once proved: their number or id."""
    recorder: Any = None
    """Keeps their lasting consents and the ledger, where the shop is in a database."""

    @property
    def code_expected(self) -> bool:
        """A code may come now: it was asked for, by the dialogue or on the screen."""
        return not self.dialogue.authenticated and (self.code_panel or self.dialogue.waiting is not None)


class CodeAloud:
    """A `Discretion` for codes: one said aloud, or typed where one speaks, is checked and written nowhere.

    Args:
        check: takes a whole code, or a customer number.
        again: is called for one that was only half heard.
        typed_only: is called for one that must not be said, or that comes before what tells whose it is.
    """

    def __init__(
        self, visit: Visit, check: Callable[[str], None], again: Callable[[], None], typed_only: Callable[[], None]
    ) -> None:
        self._visit, self._check, self._again, self._typed_only = visit, check, again, typed_only

    @property
    def expecting(self) -> bool:
        return self._visit.code_expected

    def takes(self, text: str, language: str) -> bool:
        said = spoken_code(text, language)
        if said is None or not (self.expecting or "code" in squeeze(text, language).split()):
            return False
        code, whole = said
        asks = self._visit.proving.asks
        if asks is Entry.PIN or (asks is not Entry.CODE and not self.expecting):
            self._typed_only()
        elif whole:
            self._check(code)
        else:
            self._again()
        return True


class Attended:
    """A `Channel` that ends when nobody is there any more, and keeps the screen true meanwhile.

    Recognised words show that somebody is there; sound alone doesn't, or a shop's bustle would keep a customer's
    conversation open who left long ago.

    Args:
        judged: is called each frame, to see whether a proof was judged meanwhile.
    """

    def __init__(self, visit: Visit, screen: Screen, judged: Callable[[], None] = lambda: None) -> None:
        self._judged = judged
        self.rate = visit.card.rate
        self._visit, self._screen = visit, screen
        self._words = False
        self._since = 0.0

    def listener(self, entry: JournalEntry) -> None:
        """Give this to `Journal.listeners`."""
        event = entry.event
        if isinstance(event, Utterance):
            self._words = self._words or bool(event.text)
        elif isinstance(event, Partial):
            self._words = self._words or bool(event.committed)

    async def exchange(self, out: np.ndarray | None, floor: Floor) -> Tick | None:
        visit = self._visit
        tick = await visit.card.exchange(out, floor)
        if tick is None:
            return None
        shown = tick.touched or bool(tick.text or tick.digits) or self._words
        self._words = False
        attendance = visit.presence.passes(FRAME_SECONDS, shown, assistant=out is not None)
        if attendance is Attendance.GONE:
            visit.card.hang_up()
            return None
        self._show(attendance)
        self._judged()
        return tick

    def hang_up(self) -> None:
        self._visit.card.hang_up()

    def _show(self, attendance: Attendance) -> None:
        visit, screen = self._visit, self._screen
        leaving = int(visit.presence.left) + 1 if attendance is Attendance.LEAVING else None
        if not visit.code_expected:
            visit.proving.restart()
        screen.show(
            leaving=leaving, code_wanted=visit.code_expected, entry=visit.proving.asks.value,
            language=visit.dialogue.language,
        )  # fmt: skip
        self._since += FRAME_SECONDS
        if self._since < _SHOWN_EVERY:
            return
        self._since = 0.0
        screen.show(level=round(visit.card.level, 1))
        if screen.data is not None:
            screen.show(data=everything_known(visit.dialogue))
