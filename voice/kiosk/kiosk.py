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
from personalization.phrases import LANGUAGES
from personalization.shop import Shop, UnknownCustomer
from voice.channels.devices import Way
from voice.channels.soundcard import RATE, SoundCard
from voice.conversation import Conversation
from voice.engines.loading import Engines
from voice.journal import ConversationEnded, Entry, Journal
from voice.kiosk.echo import EchoCanceller
from voice.kiosk.identity import Codes, Outcome
from voice.kiosk.knowledge import everything_known
from voice.kiosk.presence import Attendance, Presence
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
        shop: asked about; an erased customer leaves it.
        codes: that prove who a customer is.
        screen: what is shown.
        listeners: are told each event of a conversation's journal, besides the screen. The journal is kept nowhere.
        trouble: is told what is wrong with a device, "" when it works again.
        called: is told that a person is asked for, with the reason.
        clock: the shop's local time.
    """

    engines: Engines
    shop: Shop
    codes: Codes
    screen: Screen
    options: KioskOptions = field(default_factory=KioskOptions)
    listeners: list[Callable[[Entry], None]] = field(default_factory=list)
    trouble: Callable[[Way, str], None] = lambda way, what: None
    called: Callable[[str], None] = lambda reason: None
    clock: Callable[[], datetime] = datetime.now
    card: Callable[..., Any] = SoundCard
    """Makes the channel; a test gives another."""
    records: Records | None = None
    """Where a line of figures for each conversation is kept, if anywhere."""
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
        dialogue = Dialogue(self.shop, None, language, "kiosk", now, may_identify=True)
        visit = self.visit = Visit(card, dialogue, Presence(self.options.timeout))
        card.muted = self.screen.muted
        journal = Journal()
        journal.listeners += [self.screen.listener, *self.listeners]
        self.screen.clear(Phase.TALKING, language=language)
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
            await keep_record(
                self.records, [journal], self.shop.catalogue, began=now, way="kiosk", groups=groups_of(dialogue)
            )
        return ended

    async def _last_words(self) -> None:
        """The end stands a little, unless somebody begins anew."""
        try:
            await asyncio.wait_for(self._start.wait(), _UNTIL_SOMEBODY_COMES if self.screen.person else _LAST_WORDS)
        except TimeoutError:
            self.screen.clear(Phase.IDLE)

    async def close(self) -> None:
        """Waits for models at work: what is torn down under them takes the process with it."""
        self._workers.close()
        for _ in range(200):
            if not any(self._workers.busy(lane, 0.0) for lane in ("hearing", "speaking", "typing", "melody")):
                return
            await asyncio.sleep(0.05)

    def _conversation(self, visit: Visit, journal: Journal) -> Conversation:
        attended = Attended(visit, self.screen)
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
                "erase": lambda detail: self._erased(),
                "change_language": lambda detail: self._show_language(),
            },
            silence=Silence(_SILENCES),
            discretion=CodeAloud(visit, lambda code: self.code(code, "said"), self._code_again),
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
            self._show_identity()

    def code(self, code: str, how: str = "typed") -> None:
        """A code, typed or said."""
        visit = self.visit
        if visit is None or visit.conversation is None or not code.strip():
            return
        visit.card.touch()
        verdict = self.codes.check(code)
        if verdict.outcome is Outcome.RIGHT:
            return self._authenticate(visit, verdict.customer, "one-time code" if verdict.once else "loyalty code")
        self.screen.show(
            code_outcome=verdict.outcome.value, tries_left=verdict.left, locked_seconds=round(verdict.seconds)
        )
        return visit.conversation.tell("kiosk.locked" if verdict.outcome is Outcome.LOCKED else "kiosk.wrong_code")

    def data(self, wanted: bool = True) -> None:
        """ "My data" is opened or closed."""
        if self.visit:
            self.visit.card.touch()
            self._show_data(wanted)

    # Inside.

    def _authenticate(self, visit: Visit, customer: str, method: str) -> None:
        if visit.dialogue.authenticated:
            return visit.conversation.tell("kiosk.other_customer")
        try:
            file = self.shop.open_file(customer)
        except UnknownCustomer:  # erased meanwhile
            self.codes.forget(customer)
            return visit.conversation.tell("kiosk.wrong_code")
        visit.code_panel = False
        visit.conversation.authenticate(method, file)
        return self._show_identity()

    def _show_identity(self) -> None:
        self.screen.show(code_wanted=bool(self.visit and self.visit.code_expected))

    def _code_again(self) -> None:
        self.screen.show(code_outcome="again")
        self.visit.conversation.tell("kiosk.code_again")

    def _show_data(self, wanted: bool) -> None:
        self.screen.show(data=everything_known(self.visit.dialogue) if wanted and self.visit else None)

    def _show_language(self) -> None:
        if self.visit:
            self.screen.show(language=self.visit.dialogue.language)

    def _erased(self) -> None:
        names = {each.id for each in self.shop.customers}
        for customer in self.codes.customers - names:
            self.codes.forget(customer)
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
