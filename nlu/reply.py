"""What the assistant answers, as data: lines to say, things to do, events to record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nlu.phrasing.facts import FreeTalk
from personalization.disclosure import ReleasedLine

__all__ = ["Action", "Reply", "joined"]

ActionName = Literal[
    "hand_off", "hang_up", "change_language", "adjust_speech", "repeat", "callback", "erase", "export", "stop_cues"
]


@dataclass(frozen=True)
class Action:
    """Something the channel or the engine does after (or while) the lines are spoken."""

    name: ActionName
    detail: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """Lines in the order they are spoken, actions, and the domain's events for the journal (frozen dataclasses)."""

    lines: tuple[ReleasedLine, ...]
    actions: tuple[Action, ...] = ()
    events: tuple[Any, ...] = ()
    free: FreeTalk | None = None
    """What a language model may put in other words, where the shop runs one (`Dialogue.rephrase`)."""

    @property
    def text(self) -> str:
        return joined([line.text for line in self.lines])


def joined(lines: Sequence[str]) -> str:
    """Lines as one text: what follows a comma ("Alors,") goes on in lower case, but for the English "I"."""
    text = ""
    for line in lines:
        on = text.endswith(",") and not re.match(r"I\b", line)
        text += (" " if text else "") + (line[:1].lower() + line[1:] if on else line)
    return text
