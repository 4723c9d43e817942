"""What the kiosk's screen shows, as data: filled from the journal and by the kiosk, drawn by whoever looks.

One picture at a time, whole: a page that connects late, or again, shows what is true now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from personalization.events import Authenticated, HandedOff
from voice import journal as j
from voice.audio import SILENCE_DBFS

__all__ = ["Caption", "Phase", "Screen"]


class Phase(StrEnum):
    IDLE = "idle"
    """Nobody is here; the microphone is off."""
    TALKING = "talking"
    OVER = "over"
    """The conversation ended; its last words stand a little longer."""


@dataclass
class Caption:
    """One side's words, as they are read."""

    who: str
    """"caller", "assistant"."""
    text: str
    turn: int
    uses: tuple[str, ...] = ()
    """Kinds of data the words rest on."""


@dataclass
class Screen:
    brand: str = ""
    language: str = "en"
    phase: Phase = Phase.IDLE
    captions: list[Caption] = field(default_factory=list)
    hearing: str = ""
    """Words of the caller being recognised."""
    speaking: str = ""
    """The line being spoken now."""
    leaving: int | None = None
    """Seconds until the customer is forgotten, once it has to be asked whether they are there."""
    authenticated: bool = False
    code_wanted: bool = False
    entry: str = "code"
    """What is to be entered (`voice.kiosk.proof.Entry`)."""
    code_outcome: str = ""
    """"", "wrong", "refused" (a number, PIN or one-time code; which isn't told), "locked", "again", "failed"."""
    tries_left: int = 0
    locked_seconds: int = 0
    person: str = ""
    """"", "coming" (a person was called), "callback"."""
    data: dict[str, Any] | None = None
    """Everything known, while the customer looks at it."""
    ended: str = ""
    """Why the last conversation ended."""
    muted: bool = False
    microphone: str = "off"
    """"off", "on", "lost"."""
    loudspeaker: str = "off"
    level: float = SILENCE_DBFS
    """Of the microphone, dBFS."""

    def __post_init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        """Called after each change."""

    def picture(self) -> dict[str, Any]:
        """In plain types, for the page."""
        return asdict(self)

    def show(self, **values: Any) -> None:
        """Sets fields.

        Raises:
            AttributeError: there is no such field.
        """
        before = {name: getattr(self, name) for name in values}
        for name, value in values.items():
            setattr(self, name, value)
        if before != values:
            self.changed()

    def clear(self, phase: Phase = Phase.IDLE, **values: Any) -> None:
        """Nothing of a conversation stands here any more."""
        fresh = Screen(self.brand, self.language, phase, muted=self.muted)
        for name, value in {**vars(fresh), **values}.items():
            if name != "changed":
                setattr(self, name, value)
        self.changed()

    def listener(self, entry: j.Entry) -> None:
        """Takes an event of the journal; give this to `Journal.listeners`."""
        event = entry.event
        if isinstance(event, j.Partial):
            self.hearing = f"{event.committed} {event.tentative}".strip()
        elif isinstance(event, j.Utterance):
            self.hearing = ""
            if event.text:
                self._add(Caption("caller", event.text, event.turn))
        elif isinstance(event, j.Replied):
            self._add(Caption("assistant", event.text, event.turn, event.uses))
        elif isinstance(event, j.LineStarted):
            self._line(event)
        elif isinstance(event, j.LineHeard):
            self.speaking = ""
        elif isinstance(event, Authenticated):
            self.authenticated, self.code_wanted, self.code_outcome = True, False, ""
        elif isinstance(event, HandedOff):
            self.person = "callback" if event.outcome == "callback" else "coming"
        else:
            return
        self.changed()

    def _line(self, event: j.LineStarted) -> None:
        if event.line < 0:  # an opener while the reply is still being made: there is nothing to read in it
            return
        self.speaking = event.text
        last = next((each for each in reversed(self.captions) if each.who == "assistant"), None)
        if last is None or event.text not in last.text:  # a line of the conversation's own, in no reply
            self._add(Caption("assistant", event.text, event.turn))

    def _add(self, caption: Caption) -> None:
        self.captions.append(caption)
