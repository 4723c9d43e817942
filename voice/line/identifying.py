"""A caller proves who they are on the keypad (SCRIPTS row 6): customer number, PIN, one-time code; never out loud.

Keys go to `keypad.Keypad` and to the check, nowhere else: not to the conversation, its journal, the hand-off or a log.
The check works in a lane of its own, and after three refusals a person takes over. A caller's number counts tries that
come from the same telephone; it proves nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from nlu.spoken_code import spoken_code
from personalization.view import CustomerFile
from voice.conversation import Conversation
from voice.journal import Entry, Replied
from voice.line.keypad import Asks, Keypad, Step
from voice.workers import Job, Workers

__all__ = ["METHOD", "Door", "Identifying", "Known"]

log = logging.getLogger(__name__)

METHOD = "PIN and one-time code, keyed"
_TRIES = 3
_ASK = {Step.NUMBER: "line.ask_number", Step.PIN: "line.ask_pin", Step.CODE: "line.ask_code"}
_LANE = "identity"


@dataclass(frozen=True)
class Known:
    """Who it is, once proved."""

    customer: str
    """Their number."""
    file: CustomerFile = field(repr=False)
    recorder: Callable[[], Any] = field(repr=False)
    """Makes what keeps their lasting consents and the ledger (`personalization.store.recorder`)."""


class Door(Protocol):
    """Judges what was keyed; both calls block, and are made from a lane."""

    sends: bool
    """It sends one-time codes; else callers read them off an authenticator."""

    def send(self, number: str, caller: str | None) -> float:
        """Sends a code; seconds to wait where too much was tried. Whether one was sent isn't told."""
        ...

    def check(self, number: str, pin: str, code: str, caller: str | None) -> Known | float | None:
        """Who it is; None where something is wrong; the seconds to wait where too much was tried."""
        ...


class Identifying:
    """Of one conversation. Its dialogue says when: a request waits for the caller to prove who they are.

    Args:
        door: what judges.
        lanes: where it works.
        caller: the number the call shows.
        known: is told who it is, before anything of theirs is said.
    """

    def __init__(self, door: Door, lanes: Workers, caller: str, known: Callable[[Known], None]) -> None:
        self._door, self._lanes, self._caller, self._known = door, lanes, caller or None, known
        self._keypad = Keypad()
        self._conversation: Conversation | None = None
        self._waiting: Any = None
        """The request this is for."""
        self._to_ask = False
        """The entry hasn't been asked for yet: something else is being said."""
        self._leads = False
        """What is said goes about this; False once the caller talks of something else."""
        self._job: Job | None = None
        self._wrong = 0

    def watch(self, conversation: Conversation) -> None:
        self._conversation = conversation
        conversation.journal.listeners.append(self._noted)

    @property
    def expecting(self) -> bool:
        """Keys are taken as entries."""
        return self._waiting is not None

    def takes(self, text: str, language: str) -> bool:
        """Whether the turn is digits said aloud where they should be keyed: it is dropped, and the caller told."""
        if not self._leads or spoken_code(text, language) is None:
            return False
        self._conversation.listener.forget_sound()
        self._conversation.tell("line.key_it")
        return True

    def key(self, key: str) -> bool:
        """Whether the key was an entry's."""
        menu = self._conversation is not None and self._conversation.dialogue.context.keypad_offered
        if not self.expecting or (menu and not self._leads):
            return False
        if self._job is None:
            self._leads, self._to_ask = True, False
            self._conversation.hush()
            self._do(self._keypad.key(key))
        return True

    def forget(self) -> None:
        """What was keyed of this entry was something else."""
        self._keypad.clear()

    def passes(self, seconds: float, now: float) -> bool:
        """A frame has passed. Returns whether the caller is busy keying: nobody asks whether they are there."""
        if not self.expecting:
            return False
        if self._job is not None:
            if self._job.ended(now):
                job, self._job = self._job, None
                self._judged(job, now)
            return True
        if self._conversation.speaker.active or self._conversation.listener.speaking or not self._leads:
            return False
        if self._to_ask:
            self._ask()
        else:
            self._do(self._keypad.passes(seconds))
        return self.expecting

    # Inside

    def _noted(self, entry: Entry) -> None:
        """Each reply shows whether a request waits for a proof, and whether it still is what is talked about."""
        if not isinstance(entry.event, Replied):
            return
        dialogue = self._conversation.dialogue
        waiting = None if dialogue.authenticated else dialogue.waiting
        self._leads = waiting is not None and waiting is not self._waiting
        if self._leads:
            self._keypad.again()
            self._to_ask = True
        self._waiting = waiting

    def _do(self, asks: Asks | None) -> None:
        if asks is Asks.NEXT:
            if self._keypad.step is Step.CODE and self._door.sends and len(self._keypad.entries) == 2:
                self._begin(lambda number=self._keypad.entries[0]: self._door.send(number, self._caller))
            else:
                self._ask()
        elif asks is Asks.CHECK:
            entries = tuple(self._keypad.entries)
            self._conversation.tell("line.checking")
            self._begin(lambda: self._door.check(*entries, self._caller))
        elif asks is Asks.HUMAN:
            self._end(self._conversation.dialogue.key("0"))
        elif asks is Asks.NOBODY:
            self._give_up("line.not_keyed", "not identified")

    def _ask(self) -> None:
        self._to_ask = False
        sent = self._keypad.step is Step.CODE and self._door.sends
        self._conversation.tell("line.ask_sent_code" if sent else _ASK[self._keypad.step])

    def _begin(self, work: Any) -> None:
        self._job = self._lanes.submit(_LANE, work, self._conversation.now)

    def _judged(self, job: Job, now: float) -> None:
        results = job.take(now)
        asked_to_send = len(self._keypad.entries) == 2
        if job.error is not None or not results:
            log.error("a caller couldn't be identified: %s", type(job.error).__name__)
            self._give_up("line.cannot_check", "identification failed")
        elif isinstance(results[0], float) and results[0] > 0:
            self._give_up("line.locked", "locked out")
        elif asked_to_send:
            self._ask()
        elif results[0] is not None:
            self._waiting = None
            self._keypad.again()
            self._known(results[0])
            self._conversation.authenticate(METHOD, results[0].file)
        else:
            self._wrong += 1
            self._keypad.again()
            if self._wrong >= _TRIES:
                self._give_up("line.locked", "locked out")
            else:
                self._conversation.tell("line.wrong")
                self._to_ask = True

    def _give_up(self, phrase: str, reason: str) -> None:
        self._end(self._conversation.dialogue.not_proved(phrase, reason))

    def _end(self, reply: Any) -> None:
        self._waiting = self._conversation.dialogue.waiting = None
        self._keypad.again()
        self._conversation.say(reply)
