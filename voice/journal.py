"""The conversation's journal: small immutable events stamped with the audio clock.

The audio clock is seconds of sound since the conversation began, counted from samples, never wall time. The latency
figures, the page, the transcript and the tests read this one journal; nothing keeps a second truth. Events of the
customer's floor (`personalization.events`) stand in it too.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

__all__ = [
    "ConversationEnded",
    "ConversationStarted",
    "CuesRead",
    "EndpointReached",
    "Entry",
    "Interrupted",
    "Journal",
    "LineHeard",
    "LineStarted",
    "Partial",
    "Replied",
    "Resumed",
    "SpeechStarted",
    "StageTimes",
    "Trouble",
    "Understood",
    "Utterance",
]


@dataclass(frozen=True)
class ConversationStarted:
    conversation: str
    language: str
    channel: str
    rate: int
    """Sample rate of the channel, Hz."""
    brand: str
    clock: str
    """"real time" (paced by sound) or "simulated" (each engine's measured duration moves the clock)."""


@dataclass(frozen=True)
class SpeechStarted:
    """The caller began to speak; `began` is the first voiced sample, earlier than the event itself."""

    turn: int
    began: float


@dataclass(frozen=True)
class Partial:
    """Words recognised so far: committed ones never change, tentative ones may."""

    turn: int
    committed: str
    tentative: str


@dataclass(frozen=True)
class EndpointReached:
    """The turn is over: `silence` seconds after the last voiced frame."""

    turn: int
    silence: float


@dataclass(frozen=True)
class Utterance:
    """The caller's turn as it was finally recognised."""

    turn: int
    text: str
    language: str
    language_probability: float
    words: tuple[tuple[str, float, float, float], ...]
    """(word, start, end, probability); times on the audio clock."""
    began: float
    ended: float
    """Last voiced sample."""


@dataclass(frozen=True)
class CuesRead:
    """Measures of how it was said, for this turn (see `nlu.cues.Cues`)."""

    turn: int
    cues: dict[str, Any]


@dataclass(frozen=True)
class Understood:
    turn: int
    intent: str
    slots: dict[str, Any]
    confidence: float
    decided_by: tuple[str, ...]
    also: str | None = None


@dataclass(frozen=True)
class Replied:
    """What the assistant is about to say, whole. Turn 0 is the opening."""

    turn: int
    text: str
    uses: tuple[str, ...]
    """Kinds of data the lines rest on."""
    discloses: tuple[str, ...]
    actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineStarted:
    turn: int
    line: int
    text: str
    phrase: str
    version: int
    language: str
    script: bool
    """A legal script: this event is the record of its play."""
    source: str
    """"cache" (kept PCM) or "synthesis"."""


@dataclass(frozen=True)
class LineHeard:
    """The part of a line that reached the caller's ear."""

    turn: int
    line: int
    text: str
    complete: bool


@dataclass(frozen=True)
class Interrupted:
    """Barge-in: the assistant stopped."""

    turn: int
    line: int


@dataclass(frozen=True)
class Resumed:
    """A false alarm: the assistant went on where it was."""

    turn: int
    line: int


@dataclass(frozen=True)
class StageTimes:
    """Where the time of one turn went: moments on the audio clock, each not before the one above it."""

    turn: int
    end_of_speech: float
    endpoint: float
    transcribed: float
    understood: float
    first_sound: float
    work: dict[str, float]
    """Seconds each engine was at work for this turn (transcription, understanding, synthesis), speculation included."""


@dataclass(frozen=True)
class Trouble:
    """An engine failed or nothing was understood; the conversation took a shorter path."""

    where: str
    what: str


@dataclass(frozen=True)
class ConversationEnded:
    reason: str
    """"caller hung up", "goodbye", "handed off", "silence", "stopped"."""


@dataclass(frozen=True)
class Entry:
    at: float
    """Seconds on the audio clock."""
    event: Any

    def as_dict(self) -> dict[str, Any]:
        return {"at": round(self.at, 4), "event": type(self.event).__name__, **_plain(dataclasses.asdict(self.event))}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return round(value, 4)
    if hasattr(value, "item"):  # a NumPy scalar
        return value.item()
    return value


class Journal:
    """Append-only; listeners see each entry as it is added.

    Args:
        path: a file each entry is written to at once, as one JSON line, so that a conversation cut short is complete
            up to its last moment.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self.listeners: list[Callable[[Entry], None]] = []
        self._file = path.open("w", encoding="utf-8") if path else None

    def append(self, at: float, event: Any) -> None:
        entry = Entry(at, event)
        self.entries.append(entry)
        if self._file:
            self._file.write(json.dumps(entry.as_dict(), ensure_ascii=False) + "\n")
            self._file.flush()
        for listener in self.listeners:
            listener(entry)

    def of(self, *kinds: type) -> Iterator[Entry]:
        """Entries whose event is of one of the kinds, in order."""
        return (entry for entry in self.entries if isinstance(entry.event, kinds))

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
