"""One call from answer to hang-up: the conversation, the transfer to a person, and what comes after one that fails."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from nlu.dialogue import Dialogue
from nlu.meaning import Meaning
from nlu.reply import Reply
from personalization.disclosure import DisclosureGate, Line
from personalization.events import DataRead, HandedOff
from personalization.phrases import Phrase, Phrases
from personalization.purposes import Purpose
from voice.audio import resample
from voice.channels import FRAME_SECONDS, Floor, Tick
from voice.channels.live import LiveCall
from voice.conversation import Conversation
from voice.engines.loading import Engines
from voice.journal import ConversationEnded, Journal, StageTimes
from voice.line.cards import CardWatch
from voice.line.identifying import Door, Identifying, Known
from voice.line.lanes import CallLanes
from voice.line.languages import LanguageKeys, offered
from voice.line.outbox import Outbox
from voice.line.settings import LineSettings
from voice.line.waiting import wait_with
from voice.record import groups_of

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


_TONE = 10
"""Frames (200 ms) after a key in which nothing is heard: what is left of its tone isn't speech, nor to be recorded."""


class Handset:
    """The call as its conversation sees it: keys are looked at first, and hanging up is for the session to do."""

    def __init__(
        self, call: LiveCall, watch: CardWatch, identifying: Identifying | None = None, keys: LanguageKeys | None = None
    ) -> None:
        self.rate = call.rate
        self.first_sound: float | None = None
        self.frames = 0
        self._call, self._watch, self._identifying, self._language = call, watch, identifying, keys
        self._tone = 0

    async def exchange(self, out: np.ndarray | None, floor: Floor) -> Tick | None:
        if self.first_sound is None and out is not None:
            self.first_sound = self.frames * 0.02
        self.frames += 1
        self._watch.remind()
        keying = self._identifying is not None and self._identifying.passes(FRAME_SECONDS, self.frames * FRAME_SECONDS)
        tick = await self._call.exchange(out, floor)
        if tick is None:
            return None
        self._tone = _TONE if tick.digits else max(0, self._tone - 1)
        kept = "".join(digit for digit in tick.digits if not self._taken(digit))
        sound = np.zeros_like(tick.sound) if self._tone else tick.sound
        return dataclasses.replace(tick, sound=sound, digits=kept, touched=keying or kept != tick.digits)

    def _taken(self, digit: str) -> bool:
        """Whether a key is an entry's, a card's or a language's: the conversation doesn't see it."""
        if self._watch.key(digit):
            if self._identifying is not None:
                self._identifying.forget()
            return True
        if self._identifying is not None and self._identifying.key(digit):
            return True
        return self._language is not None and self._language.key(digit)

    def hang_up(self) -> None:
        pass


class _Discretion:
    """Card numbers, and codes said aloud that should be keyed."""

    expecting = True

    def __init__(self, *watches: CardWatch | Identifying) -> None:
        self._watches = watches

    def takes(self, text: str, language: str) -> bool:
        return any(watch.takes(text, language) for watch in self._watches)


class Session:
    """Args:
    call: the caller.
    dialogue: theirs; nobody is known, whatever number the call shows.
    lanes: where the models work for this call.
    now: the moment, in the shop's local time.
    door: what judges who callers are, where the shop keeps that.
    known: who it is, where the call comes back from a transfer.
    answered: is told how long after its turn each answer began, seconds.
    desk: keeps a hand-off for staff to read, given the customer's number where it is known, and the way the call came.
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
        door: Door | None = None,
        known: Known | None = None,
        answered: Callable[[float], None] = lambda seconds: None,
        desk: Callable[[HandedOff, str | None, str], None] = lambda event, customer, way: None,
    ) -> None:
        self.call, self.dialogue = call, dialogue
        self.known = known
        self._answered, self._desk = answered, desk
        self.outcome = Outcome(call.said.way)
        self.journals: list[Journal] = []
        """One for each time the assistant has the call; in memory only."""
        self.rings: list[tuple[float, bool]] = []
        """(seconds, whether somebody answered) of each person rung."""
        self.groups: dict[str, str] = {}
        """What statistics may know of the caller, once the call is over (`voice.record.groups_of`)."""
        self.engines, self._lanes = engines, lanes
        self._settings, self._outbox, self._now = settings, outbox, now
        self._conversation: Conversation | None = None
        self._closing = False
        self._door = door
        self._recorder: Any = known.recorder() if known else None

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
            self.groups = self._groups()
            if self._recorder is not None:
                await asyncio.to_thread(self._recorder.close)
        return self.outcome

    @property
    def journal(self) -> Journal:
        """Of the conversation going on, or the last."""
        return self.journals[-1] if self.journals else Journal()

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
        self.journals.append(journal)
        identifying = self._identifying()
        keys = LanguageKeys() if self._chooses_language else None
        handset = Handset(self.call, watch, identifying, keys)
        watches = [each for each in (watch, identifying) if each is not None]
        conversation = Conversation(
            handset, self.dialogue, self.engines, self._lanes, journal,
            name=self.call.said.way, discretion=_Discretion(*watches), opening=opening,
            acts={"callback": self._callback, "erase": self._erase, "export": self._export},
        )  # fmt: skip
        for each in (watch, identifying, keys):
            if each is not None:
                each.watch(conversation)
        if self._recorder is not None:
            journal.listeners.append(self._recorder)
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
        more = [Phrase(text, "line.emergency", 1, self.dialogue.language)] if text else []
        more += offered(self.dialogue.shop.brand) if self._chooses_language else []
        return dataclasses.replace(reply, lines=reply.lines + self._lines(*more))

    @property
    def _chooses_language(self) -> bool:
        return self._settings.language_keys and self._settings.language_dialled(self.call.said.dialled) is None

    # Who it is

    def _identifying(self) -> Identifying | None:
        if self._door is None or self.known is not None:
            return None
        return Identifying(self._door, self._lanes, self.call.said.caller, self._is_known)

    def _is_known(self, known: Known) -> None:
        """From now on what the customer allows and what is used of theirs goes to the shop's ledger."""
        self.known, self._recorder = known, known.recorder()
        self.journal.listeners.append(self._recorder)

    def _erase(self, detail: dict[str, Any]) -> None:
        if self._recorder is not None:
            self._recorder.erase()
        self.known = None

    def _export(self, detail: dict[str, Any]) -> None:
        """People send the copy, by `candide shop export`: this line has no way to hand it over."""
        if self.known is not None:
            self._post("export_request", customer=self.known.customer)

    def _groups(self) -> dict[str, str]:
        if self._settings.records is None or self._recorder is None:
            return {}
        groups = groups_of(self.dialogue)
        if groups:
            self._recorder(DataRead(Purpose.IMPROVEMENT_STATISTICS, 1))
        return groups

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
        word = kept_sound(self.engines, self._phrases.say("line.still_waiting"), self.call.rate)
        passing = asyncio.ensure_future(self.call.transfer(self._settings.human, self._settings.human_rings))
        began, answered = time.monotonic(), False
        try:
            await wait_with(self.call, passing, word)
            answered = await passing
        finally:
            passing.cancel()
            self.rings.append((round(time.monotonic() - began, 2), answered))
        return answered

    def _noted(self, event: Any) -> None:
        if isinstance(event, StageTimes):
            self._answered(event.first_sound - event.end_of_speech)
        if isinstance(event, HandedOff):
            self._post("callback" if event.outcome == "callback" else "hand_off", **dataclasses.asdict(event))
            self._desk(event, self.known.customer if self.known else None, self.call.said.way)

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
