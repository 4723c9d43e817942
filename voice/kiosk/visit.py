"""One customer at the kiosk: the card, watched for whether they are still there, and codes that are kept to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nlu.dialogue import Dialogue
from nlu.normalise import squeeze
from nlu.spoken_code import spoken_code
from voice.channels.channel import FRAME_SECONDS, Floor, Tick
from voice.channels.soundcard import SoundCard
from voice.conversation import Conversation
from voice.journal import Entry, Partial, Utterance
from voice.kiosk.knowledge import everything_known
from voice.kiosk.presence import Attendance, Presence
from voice.kiosk.screen import Screen

__all__ = ["Attended", "CodeAloud", "Visit"]

_SHOWN_EVERY = 0.1
"""Seconds between two looks at what changes slowly: the level, what is known."""


@dataclass
class Visit:
    card: SoundCard
    dialogue: Dialogue
    presence: Presence
    conversation: Conversation | None = None
    code_panel: bool = False
    """The panel that takes a code is open."""

    @property
    def code_expected(self) -> bool:
        """A code may come now: it was asked for, by the dialogue or on the screen."""
        return not self.dialogue.authenticated and (self.code_panel or self.dialogue.waiting is not None)


class CodeAloud:
    """A `Discretion` for codes: one said aloud, or typed where one speaks, is checked and written nowhere.

    Args:
        check: takes a whole code.
        again: is called for one that was only half heard.
    """

    def __init__(self, visit: Visit, check: Callable[[str], None], again: Callable[[], None]) -> None:
        self._visit, self._check, self._again = visit, check, again

    @property
    def expecting(self) -> bool:
        return self._visit.code_expected

    def takes(self, text: str, language: str) -> bool:
        said = spoken_code(text, language)
        if said is None or not (self.expecting or "code" in squeeze(text, language).split()):
            return False
        code, whole = said
        if whole:
            self._check(code)
        else:
            self._again()
        return True


class Attended:
    """A `Channel` that ends when nobody is there any more, and keeps the screen true meanwhile.

    Recognised words show that somebody is there; sound alone doesn't, or a shop's bustle would keep a customer's
    conversation open who left long ago.
    """

    def __init__(self, visit: Visit, screen: Screen) -> None:
        self.rate = visit.card.rate
        self._visit, self._screen = visit, screen
        self._words = False
        self._since = 0.0

    def listener(self, entry: Entry) -> None:
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
        return tick

    def hang_up(self) -> None:
        self._visit.card.hang_up()

    def _show(self, attendance: Attendance) -> None:
        visit, screen = self._visit, self._screen
        leaving = int(visit.presence.left) + 1 if attendance is Attendance.LEAVING else None
        screen.show(leaving=leaving, code_wanted=visit.code_expected, language=visit.dialogue.language)
        self._since += FRAME_SECONDS
        if self._since < _SHOWN_EVERY:
            return
        self._since = 0.0
        screen.show(level=round(visit.card.level, 1))
        if screen.data is not None:
            screen.show(data=everything_known(visit.dialogue))
