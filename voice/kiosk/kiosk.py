"""The kiosk itself: one customer after the other, on one sound card and one screen, each forgotten at the end.

Between two customers the microphone is off. During a conversation the screen can do all that the voice can: whatever is
touched or typed goes the same way as what is said.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nlu.dialogue import Dialogue
from personalization.events import DataRead, HandedOff
from personalization.phrases import LANGUAGES
from personalization.purposes import Purpose
from personalization.shop import Shop
from personalization.view import CustomerFile
from voice.channels.devices import Way
from voice.channels.soundcard import RATE, SoundCard
from voice.conversation import Conversation
from voice.desk import NoDesk, StoreDesk
from voice.engines.loading import Engines
from voice.journal import ConversationEnded, Journal
from voice.journal import Entry as JournalEntry
from voice.kiosk.echo import EchoCanceller
from voice.kiosk.knowledge import everything_known
from voice.kiosk.presence import Attendance, Presence
from voice.kiosk.proof import Entry, Outcome, Prover, Verdict
from voice.kiosk.proving import LANE, Proving
from voice.kiosk.screen import Phase, Screen
from voice.kiosk.visit import Attended, CodeAloud, Visit
from voice.record import Records, groups_of, keep_record
from voice.silence import Silence
from voice.workers import ThreadWorkers, Workers

__all__ = ["Kiosk", "KioskOptions"]

log = logging.getLogger(__name__)

_SILENCES = (8.0, 14.0)
"""Seconds before a prompt and before help. Goodbye is the presence timeout's: who reads or types is silent too."""
_LONGEST_TURN = 500
"""Characters of a typed turn."""
_LAST_WORDS = 12.0
"""Seconds the end of a conversation stands on the screen."""
_UNTIL_SOMEBODY_COMES = 60.0
"""Seconds that a person was called stands there."""
_LANES = ("hearing", "speaking", "typing", "melody", LANE)
_NEXT = {Entry.PIN: "kiosk.ask_pin", Entry.ONE_TIME: "kiosk.ask_code"}


@dataclass(frozen=True)
class KioskOptions:
    input: str | None = None
    """Device number or name; None is the machine's default."""
    output: str | None = None
    echo_cancellation: bool = True
    timeout: float = 45.0
    """Seconds of nobody speaking or touching anything after which the customer is forgotten."""
    patient: bool = True
    """A device that isn't there is waited for."""


@dataclass
class Kiosk:
    """
    Args:
        engines: loaded.
        shop: asked about; an erased customer leaves it. Of one in a database, what customers allow and what is used
            of theirs goes to its ledger.
        prover: judges who a customer is.
        screen: what is shown.
        listeners: are told each event of a conversation's journal, besides the screen. The journal is kept nowhere.
        trouble: is told what is wrong with a device, "" when it works again.
        called: is told that a person is asked for, with the reason.
        clock: the shop's local time.
    """

    engines: Engines
    shop: Shop
    prover: Prover
    screen: Screen
    options: KioskOptions = field(default_factory=KioskOptions)
    listeners: list[Callable[[JournalEntry], None]] = field(default_factory=list)
    trouble: Callable[[Way, str], None] = lambda way, what: None
    called: Callable[[str], None] = lambda reason: None
    clock: Callable[[], datetime] = datetime.now
    card: Callable[..., Any] = SoundCard
    """Makes the channel; a test gives another."""
    records: Records | None = None
    """Where a line of figures for each conversation is kept, if anywhere."""
    desk: NoDesk | StoreDesk = field(default_factory=NoDesk)
    """Keeps hand-offs for staff to read."""
    may_identify: bool = True
    """There is a way to say who one is: without a screen, a PIN can't be entered."""
    visit: Visit | None = None
    _start: asyncio.Event = field(default_factory=asyncio.Event)
    _workers: Workers = field(default_factory=ThreadWorkers)

    # One customer after the other.

    async def serve(self) -> None:
        """Conversations begun on the screen, until cancelled."""
        while True:
            await self._start.wait()
            self._start.clear()
            try:
                await self.converse(self.screen.language)
            except Exception as error:  # the next customer finds a kiosk that works
                log.error("a conversation failed: %s", type(error).__name__)
            await self._last_words()

    async def converse(self, language: str) -> str:
        """One conversation, from the opening to the end; returns why it ended.

        Raises:
            DeviceError: a device can't be used, and the options don't wait for it.
        """
        now = self.clock()
        self.shop.today = now.date()
        canceller = EchoCanceller(RATE) if self.options.echo_cancellation else None
        card = self.card(self.options.input, self.options.output, canceller, self._on_device, self.options.patient)
        dialogue = Dialogue(self.shop, None, language, "kiosk", now, may_identify=self.may_identify)
        proving = Proving(self.prover, self.shop, self._workers)
        visit = self.visit = Visit(card, dialogue, Presence(self.options.timeout), proving)
        card.muted = self.screen.muted
        journal = Journal()
        journal.listeners += [self.screen.listener, lambda entry: self._noted(visit, entry), *self.listeners]
        self.screen.clear(Phase.TALKING, language=language, entry=proving.asks.value)
        ended = "stopped"
        try:
            await card.open()
            self._show_devices()
            visit.conversation = self._conversation(visit, journal)
            await visit.conversation.run()
        finally:
            ends = [entry.event.reason for entry in journal.of(ConversationEnded)]
            ended = self._why(visit, ends[-1] if ends else "stopped")
            self.visit = None
            await card.close()
            person = self.screen.person
            self.screen.clear(Phase.OVER, ended=ended, person=person)
            groups = await self._leave(visit)
            await keep_record(self.records, [journal], self.shop.catalogue, began=now, way="kiosk", groups=groups)
        return ended

    async def _last_words(self) -> None:
        """The end stands a little, unless somebody begins anew."""
        try:
            await asyncio.wait_for(self._start.wait(), _UNTIL_SOMEBODY_COMES if self.screen.person else _LAST_WORDS)
        except TimeoutError:
            self.screen.clear(Phase.IDLE)

    async def close(self) -> None:
        """Waits for models at work (what is torn down under them takes the process with it) and for the desk."""
        self._workers.close()
        for _ in range(200):
            if not any(self._workers.busy(lane, 0.0) for lane in _LANES):
                break
            await asyncio.sleep(0.05)
        await asyncio.to_thread(self.desk.close)

    def _conversation(self, visit: Visit, journal: Journal) -> Conversation:
        attended = Attended(visit, self.screen, lambda: self._judged(visit))
        journal.listeners.append(attended.listener)
        return Conversation(
            attended,
            visit.dialogue,
            self.engines,
            self._workers,
            journal,
            name="kiosk",
            acts={
                "hand_off": lambda detail: self.called(str(detail.get("reason", ""))),
                "export": lambda detail: self._show_data(True),
                "erase": lambda detail: self._erased(visit),
                "change_language": lambda detail: self._show_language(),
            },
            silence=Silence(_SILENCES),
            discretion=CodeAloud(visit, self.code, self._code_again, self._code_typed_only),
        )

    def _why(self, visit: Visit, ended: str) -> str:
        return "nobody there" if visit.presence.attendance is Attendance.GONE else ended

    # What is touched and typed. Each is one command of the page; a wrong one does nothing.

    def start(self, language: str | None = None) -> None:
        if self.visit is None:
            self.screen.show(language=language if language in LANGUAGES else self.screen.language)
            self._start.set()

    def stop(self) -> None:
        if self.visit:
            self.visit.card.hang_up()

    def say(self, text: str) -> None:
        """A turn in writing."""
        if self.visit and (text := " ".join(text.split())[:_LONGEST_TURN]):
            self.visit.card.type(text)

    def human(self) -> None:
        if self.visit:
            self.visit.card.press("0")

    def touch(self) -> None:
        if self.visit:
            self.visit.card.touch()

    def mute(self, muted: bool) -> None:
        self.screen.show(muted=bool(muted))
        if self.visit:
            self.visit.card.muted = bool(muted)
            self.visit.card.touch()

    def language(self, language: str) -> None:
        """The page's, and the conversation's from its next words on."""
        if language not in LANGUAGES:
            return
        if self.visit and self.visit.conversation:
            self.visit.card.touch()
            self.visit.conversation.listener.language = language
            self.visit.dialogue.language = language
        self.screen.show(language=language)

    def identify(self, wanted: bool = True) -> None:
        """The panel that takes a code is opened or closed."""
        if self.visit:
            self.visit.card.touch()
            self.visit.code_panel = wanted
            self.visit.proving.restart()
            self._show_identity()

    def code(self, code: str) -> None:
        """What is asked for, typed or said: a code, a customer number, a PIN. "" is of a customer who has none."""
        visit = self.visit
        if visit is None or visit.conversation is None:
            return
        visit.card.touch()
        if visit.dialogue.authenticated:
            return visit.conversation.tell("kiosk.other_customer")
        if visit.proving.enter(code, visit.conversation.now):
            self.screen.show(code_outcome="", entry=visit.proving.asks.value)
            if visit.proving.asks in _NEXT:
                visit.conversation.tell(_NEXT[visit.proving.asks])

    def data(self, wanted: bool = True) -> None:
        """ "My data" is opened or closed."""
        if self.visit:
            self.visit.card.touch()
            self._show_data(wanted)

    # Inside.

    def _judged(self, visit: Visit) -> None:
        told = visit.proving.verdict(visit.conversation.now)
        if told is None:
            return
        verdict, file = told
        if verdict is None:
            self.screen.show(code_outcome="failed")
            visit.conversation.tell("kiosk.cannot_check")
        elif verdict.outcome is Outcome.RIGHT:
            self._authenticate(visit, verdict, file)
        elif verdict.outcome is Outcome.LOCKED:
            self.screen.show(code_outcome="locked", tries_left=0, locked_seconds=round(verdict.seconds))
            visit.conversation.tell("kiosk.locked")
        else:
            alone = visit.proving.asks is Entry.CODE
            self.screen.show(code_outcome="wrong" if alone else "refused", tries_left=verdict.left)
            visit.conversation.tell("kiosk.wrong_code" if alone else "kiosk.not_right")

    def _authenticate(self, visit: Visit, verdict: Verdict, file: CustomerFile) -> None:
        visit.code_panel, visit.customer = False, verdict.customer
        if visit.recorder is not None:  # of somebody who was erased in this conversation
            self._workers.submit(LANE, visit.recorder.close, visit.conversation.now)
        visit.recorder = self.shop.recorder(verdict.customer)
        visit.conversation.authenticate(verdict.method, file, verdict.full)
        self._show_identity()

    def _noted(self, visit: Visit, entry: JournalEntry) -> None:
        if visit.recorder is not None:
            visit.recorder(entry)
        if isinstance(entry.event, HandedOff):
            self.desk.put(entry.event, visit.customer, "kiosk")

    async def _leave(self, visit: Visit) -> dict[str, str]:
        """What statistics may know of the customer (`groups_of`); what was recorded of them is in the database then."""
        groups = {} if self.records is None else groups_of(visit.dialogue)
        if visit.recorder is not None:
            if groups:
                visit.recorder(DataRead(Purpose.IMPROVEMENT_STATISTICS, 1))
            await asyncio.to_thread(visit.recorder.close)
        return groups

    def _show_identity(self) -> None:
        self.screen.show(code_wanted=bool(self.visit and self.visit.code_expected))

    def _code_again(self) -> None:
        self.screen.show(code_outcome="again")
        self.visit.conversation.tell("kiosk.code_again")

    def _code_typed_only(self) -> None:
        self.visit.code_panel = True
        self.visit.conversation.tell("kiosk.type_it")

    def _show_data(self, wanted: bool) -> None:
        self.screen.show(data=everything_known(self.visit.dialogue) if wanted and self.visit else None)

    def _show_language(self) -> None:
        if self.visit:
            self.screen.show(language=self.visit.dialogue.language)

    def _erased(self, visit: Visit) -> None:
        if visit.recorder is not None:
            visit.recorder.erase()
        self.prover.forget(visit.customer)
        visit.customer = None
        self.screen.show(authenticated=False, data=None)

    def _on_device(self, way: Way, what: str) -> None:
        self.trouble(way, what)
        self._show_devices()

    def _show_devices(self) -> None:
        if self.visit:
            troubles = self.visit.card.troubles
            self.screen.show(
                microphone="lost" if troubles["input"] else "on",
                loudspeaker="lost" if troubles["output"] else "on",
            )
