"""One call from answer to hang-up: the conversation, the transfer to a person, and what comes after one that fails."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from nlu.dialogue import Dialogue
from nlu.meaning import Meaning
from nlu.reply import Reply
from personalization.disclosure import DisclosureGate, Line
from personalization.events import HandedOff
from personalization.phrases import Phrase, Phrases
from voice.audio import resample
from voice.channels import Floor, Tick
from voice.channels.live import LiveCall
from voice.conversation import Conversation, Engines
from voice.journal import ConversationEnded, Journal, StageTimes
from voice.line.cards import CardWatch
from voice.line.lanes import CallLanes
from voice.line.outbox import Outbox
from voice.line.settings import LineSettings
from voice.line.waiting import wait_with

__all__ = ["Handset", "Outcome", "Session", "kept_sound"]

_ROUNDS = 3
"""Transfers tried in one call."""


@dataclass
class Outcome:
    """Figures of one call; nothing of what was said."""

    way: str
    ended: str = "caller hung up"
    seconds: float = 0.0
    first_sound: float | None = None
    """Seconds from answer to the first sound."""
    answers: tuple[float, ...] = ()
    """Seconds from each end of speech to the first sound of the answer."""
    gaps: int = 0
    """Frames within a reply that weren't ready in time."""
    lost: int = 0
    """Frames of the caller's that had to be filled in."""


class Handset:
    """The call as its conversation sees it: keys are looked at first, and hanging up is for the session to do."""

    def __init__(self, call: LiveCall, watch: CardWatch) -> None:
        self.rate = call.rate
        self.first_sound: float | None = None
        self.frames = 0
        self._call, self._watch = call, watch

    async def exchange(self, out: np.ndarray | None, floor: Floor) -> Tick | None:
        if self.first_sound is None and out is not None:
            self.first_sound = self.frames * 0.02
        self.frames += 1
        self._watch.remind()
        tick = await self._call.exchange(out, floor)
        if tick is None or not tick.digits:
            return tick
        kept = "".join(digit for digit in tick.digits if not self._watch.key(digit))
        return dataclasses.replace(tick, digits=kept)

    def hang_up(self) -> None:
        pass


class Session:
    """Args:
    call: the caller.
    dialogue: theirs; nobody is known, whatever number the call shows.
    lanes: where the models work for this call.
    now: the moment, in the shop's local time.
    """

    def __init__(
        self,
        call: LiveCall,
        dialogue: Dialogue,
        engines: Engines,
        lanes: CallLanes,
        settings: LineSettings,
        outbox: Outbox,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.call, self.dialogue = call, dialogue
        self.outcome = Outcome(call.said.way)
        self.journal = Journal()
        """Of the conversation going on; in memory only."""
        self._engines, self._lanes = engines, lanes
        self._settings, self._outbox, self._now = settings, outbox, now
        self._conversation: Conversation | None = None
        self._closing = False

    async def run(self, opening: Reply | None = None) -> Outcome:
        """Until the call is over. `opening`: instead of the usual one."""
        loop = asyncio.get_running_loop()
        limit = loop.call_later(60 * self._settings.longest_call, self.finish, "line.too_long", "too long")
        try:
            opening = opening or self._opening()
            for _ in range(_ROUNDS):
                ended = await self._converse(opening)
                if ended != "handed off" or self.call.is_gone:
                    break
                if await self._pass_on():
                    break
                if self.call.is_gone or self._closing:
                    break
                opening = self.nobody_answered()
        finally:
            limit.cancel()
            self.outcome.lost += self.call.sound.lost
            self._lanes.close()
            self.call.hang_up()
        return self.outcome

    def finish(self, id: str, reason: str) -> None:
        """A last line, then the end."""
        self._closing = True
        if self._conversation is not None:
            self._conversation.finish(id, reason)

    def nobody_answered(self) -> Reply:
        """What is said when no person took the call: a call back is offered."""
        asked = self.dialogue.reply(Meaning("callback", 1.0, "", self.dialogue.language))
        return dataclasses.replace(asked, lines=(*self._lines(self._phrases.say("line.no_adviser")), *asked.lines))

    # The conversation

    async def _converse(self, opening: Reply) -> str:
        watch, journal = CardWatch(), Journal()
        self.journal = journal
        handset = Handset(self.call, watch)
        conversation = Conversation(
            handset, self.dialogue, self._engines, self._lanes, journal,
            name=self.call.said.way, discretion=watch, opening=opening, acts={"callback": self._callback},
        )  # fmt: skip
        watch.watch(conversation)
        journal.listeners.append(lambda entry: self._noted(entry.event))
        self._conversation = conversation
        try:
            await conversation.run()
        finally:
            self._conversation = None
            self._count(journal, handset, conversation)
        return self.outcome.ended

    def _count(self, journal: Journal, handset: Handset, conversation: Conversation) -> None:
        stages = [entry.event for entry in journal.of(StageTimes)]
        outcome = self.outcome
        outcome.ended = next((entry.event.reason for entry in journal.of(ConversationEnded)), "stopped")
        outcome.seconds += handset.frames * 0.02
        outcome.answers += tuple(stage.first_sound - stage.end_of_speech for stage in stages)
        outcome.gaps += len(conversation.speaker.gaps)
        if outcome.first_sound is None:
            outcome.first_sound = handset.first_sound

    def _opening(self) -> Reply:
        reply = self.dialogue.open()
        text = self._settings.emergency.get(self.dialogue.language)
        if not text:
            return reply
        return dataclasses.replace(
            reply, lines=reply.lines + self._lines(Phrase(text, "line.emergency", 1, self.dialogue.language))
        )

    def _lines(self, *phrases: Phrase) -> tuple[Any, ...]:
        return DisclosureGate().release([Line(phrase) for phrase in phrases], self._phrases)

    @property
    def _phrases(self) -> Phrases:
        return Phrases(self.dialogue.language, self.dialogue.shop.brand)

    # People

    async def _pass_on(self) -> bool:
        """Rings a person; True: the call is theirs now."""
        if not self._settings.human:
            return False
        word = kept_sound(self._engines, self._phrases.say("line.still_waiting"), self.call.rate)
        passing = asyncio.ensure_future(self.call.transfer(self._settings.human, self._settings.human_rings))
        try:
            await wait_with(self.call, passing, word)
            return await passing
        finally:
            passing.cancel()

    def _noted(self, event: Any) -> None:
        if isinstance(event, HandedOff):
            self._post("callback" if event.outcome == "callback" else "hand_off", **dataclasses.asdict(event))

    def _callback(self, detail: dict[str, Any]) -> None:
        """The caller's own wish, on a date they named: the number serves that alone."""
        told = {name: value for name, value in detail.items() if value is not None}
        self._post("callback_request", **{"number": self.call.said.caller} | told)

    def _post(self, kind: str, **more: Any) -> None:
        said = self.call.said
        self._outbox.post(
            {"kind": kind, "at": self._now().isoformat(timespec="seconds"), "way": said.way, "call": said.reference}
            | more
        )


def kept_sound(engines: Engines, phrase: Phrase, rate: int) -> np.ndarray | None:
    """(n,) int16 of a line whose sound is kept, at this rate; None where it isn't."""
    kept = engines.voices.kept(phrase, 1.0)
    return None if kept is None else kept[0] if kept[1] == rate else resample(*kept, rate)
