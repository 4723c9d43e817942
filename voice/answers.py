"""The assistant's side of a conversation: from a reply to its sound, and what the caller really heard of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nlu.dialogue import Dialogue
from nlu.reply import Reply
from personalization.disclosure import ReleasedLine
from voice import entries
from voice.engines.loading import Engines
from voice.heard import Heard
from voice.journal import Journal, LineHeard, LineStarted, Trouble
from voice.listening import Listener
from voice.silence import Silence
from voice.speaking.own_lines import OwnLines
from voice.speaking.speaker import Speaker, Spoken
from voice.workers import Job, Workers

__all__ = ["Answers"]

_COVERED = 0.5
"""Seconds a line may be in the making before an opener is heard in its place; where it will take so long, at once."""
_LONG = 1.2
"""Seconds still to wait, from which the opener is a longer one."""


class Answers:
    """Says one caller's replies, and the fixed lines that are no reply. `now` is always seconds of sound so far.

    Args:
        rate: of the frames made, Hz.
        dialogue: whose replies they are; it is told what was heard of them.
        listener: what it may expect next, and how it listens, follows from what is answered.
        engines: shared; the voices and the phraser are used.
        workers: where they work.
        journal: where what is answered and heard is written.
        silence: is told what is heard.
        acts: what the edge does for a reply's actions, by their name; given the action's detail.
    """

    def __init__(
        self,
        rate: int,
        dialogue: Dialogue,
        listener: Listener,
        engines: Engines,
        workers: Workers,
        journal: Journal,
        silence: Silence,
        acts: Mapping[str, Callable[[dict[str, Any]], None]],
    ) -> None:
        self.speaker = Speaker(rate, engines.voices, workers)
        self.ending: str | None = None
        """Why the conversation ends once everything is said."""
        self._dialogue, self._listener = dialogue, listener
        self._engines, self._workers = engines, workers
        self._journal, self._silence, self._acts = journal, silence, acts
        self._own_lines = OwnLines(dialogue.shop.brand)
        self._turn = 0
        self._phrasing: tuple[Job, int, Reply, Heard | None] | None = None
        """A reply that waits for its facts in other words."""
        self._answering: Heard | None = None
        """The turn whose answer hasn't made a sound yet."""
        self._covered = False
        """The reply has been heard already, or an opener in its place."""

    # What is said

    def answer(self, turn: int, reply: Reply, now: float, heard: Heard | None = None) -> None:
        """Says the reply to a turn; one that a language model may phrase waits for that, no longer than the phraser
        gives it.

        Args:
            heard: the turn, where it was spoken: the time to the first sound is counted from its end.
        """
        phraser, self._phrasing = self._engines.phraser, None
        if phraser is None or reply.free is None:
            self._speak(turn, reply, now, heard)
        else:
            job = self._workers.submit("phrasing", lambda: phraser.phrase(reply.free), now)
            self._phrasing = (job, turn, reply, heard)

    def say(self, reply: Reply, now: float) -> None:
        """Says a reply that isn't the answer to a turn, at once."""
        self.interrupt(now)
        self.answer(self._turn, reply, now)

    def tell(self, id: str, now: float) -> None:
        """Says a fixed line that isn't part of a reply, at once."""
        self.interrupt(now)
        self.speaker.forget()
        self.add(id, now)

    def add(self, id: str, now: float) -> None:
        """Says a fixed line after what is being said."""
        self.speaker.say(self._turn, [self._own(id)], now)

    def interrupt(self, now: float) -> None:
        """Stops; what is left unsaid can be resumed."""
        self._note(self.speaker.interrupt(now))

    def resume(self, now: float) -> None:
        """Goes on with what was left unsaid."""
        self._note(self.speaker.resume(now))

    def hush(self, now: float) -> None:
        """Stops, for good."""
        if self.speaker.active:
            self.interrupt(now)
            self.speaker.forget()

    # What is asked at each frame

    def frame(self, now: float) -> np.ndarray | None:
        """The sound to play from `now` on, as the speaker gives it."""
        frame, spoken = self.speaker.frame(now)
        self._note(spoken)
        return frame

    def collect(self, now: float) -> None:
        """Says the reply that was waiting for the phraser, once that is done."""
        if self._phrasing and self._phrasing[0].ended(now):
            job, turn, reply, heard = self._phrasing
            self._phrasing = None
            text = next(iter(job.take(now)), None)
            self._speak(turn, self._dialogue.rephrase(reply, text) if text else reply, now, heard)

    def watch(self, now: float) -> None:
        """A slow or failed voice is never a silence (law 9)."""
        waiting = self.speaker.waiting(now) + self.speaker.delay(now)
        if not self._covered and waiting >= _COVERED and not self._only_added:
            self._covered = True  # once a reply: openers one after the other would sound broken
            if self.speaker.delay(now) < _LONG or not self.speaker.cover(self._own("opener.look")):
                self.speaker.cover(self._own("opener.so"))
        if self.speaker.failed:
            self.speaker.failed = False
            self._journal.append(now, Trouble("synthesis", "the voice failed"))
            sorry = self._own("trouble.voice")
            if self._engines.voices.kept(sorry.phrase, self.speaker.speed):
                self.speaker.say(self._turn, [sorry], now)

    # How it is said

    def _speak(self, turn: int, reply: Reply, now: float, heard: Heard | None) -> None:
        if self.speaker.active and not self._only_added:
            self.interrupt(now)
        self.speaker.forget()
        self._turn = turn
        for event in reply.events:
            self._journal.append(now, event)
        self._journal.append(now, entries.replied(turn, reply))
        for action in reply.actions:
            self._act(action.name, action.detail)
        self._listener.hotwords = self._dialogue.interested_words()
        asked = self._dialogue.expecting or ""
        self._listener.more_may_follow = asked.startswith("consent:")
        self._listener.expecting_number = asked == "phone"
        self._answering, self._covered = heard, False
        self.speaker.say(turn, reply.lines, now)

    def _own(self, id: str) -> ReleasedLine:
        return self._own_lines.make(id, self._dialogue.language)

    @property
    def _only_added(self) -> bool:
        return self._own_lines.are_all(self.speaker.lines)

    def _act(self, name: str, detail: dict[str, Any]) -> None:
        if name in self._acts:
            self._acts[name](detail)
        if name == "change_language":
            self._listener.language = detail.get("language", self._dialogue.language)
        elif name == "adjust_speech":
            direction = detail.get("direction")
            if direction == "patient":
                self._listener.be_patient()
            self.speaker.speed *= {"slower": 0.85, "a little slower": 0.92, "faster": 1.15}.get(direction, 1.0)
            self.speaker.gain *= {"louder": 1.4, "softer": 0.7}.get(direction, 1.0)
        elif name == "stop_cues":
            self._listener.no_more_cues()
        elif name == "hang_up":
            self.ending = "goodbye"
        elif name == "hand_off":
            self.ending = "handed off"

    # What was heard of it

    def _note(self, spoken: list[Spoken]) -> None:
        for item in spoken:
            if isinstance(item.event, LineStarted):
                self._first_sound(item.at)
                self._covered = True
            self._journal.append(item.at, item.event)
            if isinstance(item.event, LineHeard) and item.line not in self._own_lines:
                self._dialogue.heard(item.line, item.event.complete)
            self._silence.sound(item.at)

    def _first_sound(self, at: float) -> None:
        if self._answering is None:
            return
        heard, self._answering = self._answering, None
        self._journal.append(at, entries.stage_times(heard, at, self.speaker.work))
