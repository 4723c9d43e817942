"""The line: every way in, all calls on one set of engines, the limits, and an end that drops nobody without a word."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nlu.dialogue import Dialogue
from personalization.phrases import LANGUAGES, Phrases
from personalization.shop import Shop
from voice.channels.clock import FrameClock
from voice.channels.live import LiveCall
from voice.desk import desk_of
from voice.engines.loading import Engines
from voice.engines.local import SharedTranscriber
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.engines.synthesizer import load_synthesizer
from voice.line.degradation import Load, Measures, Recent, plan
from voice.line.identifying import Door
from voice.line.lanes import SHARED, CallLanes, Slots
from voice.line.outbox import Outbox
from voice.line.session import Outcome, Session, kept_sound
from voice.line.settings import LineSettings
from voice.line.waiting import play, wait_with
from voice.line.warm import warm_up
from voice.priority import others_give_way
from voice.record import keep_record, shop_records
from voice.speaking.voices import Voices, fixed_phrases
from voice.workers import ThreadWorkers

__all__ = ["LineService", "line_engines"]

log = logging.getLogger(__name__)

RATE = 8_000
_KEPT_LINES = 600
_NICE = 8
"""How much the models give way to the loop that sends each call its frame every 20 ms, a core if need be."""
_CHOICE = 8.0
"""Seconds a caller who can't be served has to press 1."""
_BACK = 120.0
"""Seconds within which a call the dialplan could not pass on is taken up where it was."""


def line_engines(engines: Engines, shop: Shop, languages: tuple[str, ...] = LANGUAGES) -> Engines:
    """The engines for many calls: one transcriber that batches, and every line a caller must hear at once kept.

    Blocks for as long as lines have to be made; the first time that is minutes, where the voice is slow.
    """
    engines = dataclasses.replace(engines, plain=_plain_voices(engines.voices, shop, languages))
    for voices in filter(None, (engines.voices, engines.plain)):
        voices.keep_at(RATE, _KEPT_LINES)
        for language in languages:
            own = [each for each in fixed_phrases(language, shop.brand) if each.id.startswith("line.")]
            voices.prepare(fixed_phrases(language, shop.brand, scripts_only=True) + own)
    warm_up(engines, shop, languages)
    return dataclasses.replace(engines, transcriber=SharedTranscriber(engines.transcriber))


def _plain_voices(usual: Voices, shop: Shop, languages: Sequence[str]) -> Voices | None:
    """The same voices, but for those that are slow; None where none is, or no other is to be had."""
    models = Models()
    plain = {
        language: models.listed.plain_voices[language]
        for language in languages
        if usual.slow(language) and language in models.listed.plain_voices
    }
    try:
        for name in plain.values():
            load_synthesizer(name, models)
    except (ModelMissing, ModelDamaged) as error:
        log.warning("when many call at once, all hear the slow voice: %s", error)
        return None
    said = {language: shop.catalogue.said(language) for language in languages}
    return Voices(models, said=said, names=plain) if plain else None


@dataclass(frozen=True, eq=False)
class _Passed:
    """A call given back to Asterisk's dialplan, which may bring it here again: no person answered."""

    session: Session
    began: datetime
    since: float
    """Of the monotonic clock."""


class LineService:
    """Answers calls, from whichever way they come.

    Args:
        engines: of `line_engines`.
        tell: one sentence at a time for whoever watches; nothing personal is in them.
        now: the shop's local time.
        door: what judges who callers are (`voice.line.door`); none: nobody can say who they are.

    Raises:
        OSError: the folder of records can't be made.
        StoreError: the shop's settings hold a period that can't be.
    """

    def __init__(
        self,
        shop: Shop,
        engines: Engines,
        settings: LineSettings,
        tell: Callable[[str], None] = lambda sentence: None,
        now: Callable[[], datetime] = datetime.now,
        door: Door | None = None,
    ) -> None:
        self.clock = FrameClock()
        self.outcomes: list[Outcome] = []
        """The last thousand calls' figures."""
        self.answered = 0
        self.outbox = Outbox(settings.webhook)
        self._shop, self._engines, self._settings = shop, engines, settings
        self._tell, self._now, self._door = tell, now, door
        self._records = shop_records(settings.records, shop)
        self._desk = desk_of(shop)
        self._workers = ThreadWorkers(SHARED, _NICE)
        self._slots = Slots(settings.most_calls)
        self._sessions: set[Session] = set()
        self._refused = 0
        self._servers: list[Any] = []
        self._passed: OrderedDict[str, _Passed] = OrderedDict()
        self._recording: set[asyncio.Future[None]] = set()
        self._recent, self._measures = Recent(), Measures()
        self._closing = False
        self._bringing: asyncio.Task[None] | None = None

    # Ways in

    async def start(self) -> list[str]:
        """Opens every way the settings name; says where.

        Raises:
            PortTaken: a port is another program's; what was opened is closed again.
        """
        where: list[str] = []
        try:
            for server, sentence in self._ways():
                await server.start()
                self._servers.append(server)
                where.append(sentence.format(port=server.port))
        except BaseException:
            await self._close_servers()
            raise
        others_give_way(_NICE)
        self._bringing = asyncio.create_task(self._bring_kept_lines())
        return where

    async def _bring_kept_lines(self) -> None:
        """Fixed lines that earlier calls have made are brought to the line's rate beside the calls, one by one."""
        for voices in filter(None, (self._engines.voices, self._engines.plain)):
            for language in LANGUAGES:
                for phrase in fixed_phrases(language, self._shop.brand):
                    await asyncio.to_thread(voices.kept, phrase, 1.0)
                    await asyncio.sleep(0.2)

    def _ways(self) -> list[tuple[Any, str]]:
        settings, ways = self._settings, []
        if settings.audiosocket:
            from voice.channels.audiosocket import AudioSocketServer
            from voice.channels.next_steps import NextSteps

            own = settings.audiosocket
            steps = NextSteps(own.host, own.port + 1 if own.port else 0, settings.networks)
            server = AudioSocketServer(self.answer, self.clock, own.host, own.port, settings.networks, steps)
            ways += [(steps, f"next step for the dialplan: http://{own.host}:{{port}}/next/UUID")]
            ways += [(server, f"AudioSocket (Asterisk): {own.host}:{{port}}")]
        if settings.media_streams:
            ways.append((self._media_streams(), f"media streams: ws://{settings.media_streams.host}:{{port}}"))
        if settings.sip:
            ways.append((self._sip(), f"SIP: {settings.sip.host}:{{port}}/udp"))
        return ways

    def _media_streams(self) -> Any:
        from voice.channels.media_stream import MediaStreamServer
        from voice.channels.twilio_rest import TwilioRest

        own = self._settings.media_streams
        rest = TwilioRest(own.twilio_account, own.twilio_token) if own.twilio_account and own.twilio_token else None
        return MediaStreamServer(
            self.answer, self.clock, own.host, own.port, token=own.twilio_token, public=own.public,
            allow=self._settings.networks, redirect=rest,
        )  # fmt: skip

    def _sip(self) -> Any:
        from voice.channels.codecs import NAMES
        from voice.channels.sip import Account, SipServer

        own = self._settings.sip
        account = (
            Account(own.user, own.password or "", own.registrar, own.domain) if own.user and own.registrar else None
        )
        return SipServer(
            self.answer, self.clock, own.host, own.port, public=own.public, rtp=(own.rtp_first, own.rtp_last),
            allow=self._settings.networks, rings=own.rings, early=own.early,
            codecs=tuple(NAMES[each] for each in own.codecs), account=account,
        )  # fmt: skip

    async def close(self, at_once: bool = False) -> None:
        """No new calls; those there may go on for `closing` seconds, then end with a sentence."""
        self._closing = True
        if self._bringing:
            self._bringing.cancel()
        for server in self._servers:
            server.closing = True
        if not at_once:
            await self._until_empty(self._settings.closing)
            for session in list(self._sessions):
                session.finish("line.closing", "closing")
            await self._until_empty(10.0)
        await self._close_servers()
        for reference in list(self._passed):
            self._over(reference)
        await asyncio.gather(*self._recording)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.outbox.close(), 15)
        await asyncio.to_thread(self._desk.close)
        await asyncio.to_thread(self._workers.close, 60.0)

    async def _close_servers(self) -> None:
        for server in self._servers:
            await server.close()
        self._servers = []

    async def _until_empty(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._sessions or self._refused:
                    await asyncio.sleep(0.1)

    # Calls

    @property
    def calls(self) -> int:
        return len(self._sessions)

    def measures(self) -> Measures:
        """What is left out now (`degradation`)."""
        now = time.monotonic()
        return plan(
            Load(
                len(self._sessions), self._settings.most_calls, self._recent.percentile(now),
                slow_voice=self._engines.plain is not None,
            )
        )  # fmt: skip

    def _note_answer(self, seconds: float) -> None:
        self._recent.add(time.monotonic(), seconds)
        self._apply()

    def _apply(self) -> None:
        measures, before = self.measures(), self._measures
        self._measures = measures
        self._engines.transcriber.no_partials = measures.no_partials
        for session in self._sessions:
            session.dialogue.context.line_busy = measures.brief
        if measures.because != before.because:
            self._tell(f"load: {', '.join(measures.because) or 'as usual again'}")

    async def answer(self, call: LiveCall) -> None:
        """What every way in does with a call."""
        self.answered += 1
        number, began = self.answered, time.monotonic()
        try:
            shut = self._closing or not self._settings.open_at(self._now()) or self.measures().refuse
            slot = None if shut else self._slots.take()
            if slot is None:
                ended = await self._refuse(call)
            else:
                self._tell(f"call {number} began ({call.said.way})")
                ended = await self._serve(call, slot)
        except Exception as error:
            # A defect of ours ends one call, never the line; what was said isn't in the message.
            log.exception("call %d failed: %s", number, type(error).__name__)
            ended = "failed"
        finally:
            call.hang_up()
        self._tell(f"call {number} ended after {time.monotonic() - began:.0f} s: {ended}")

    async def _serve(self, call: LiveCall, slot: int) -> str:
        passed = self._passed.pop(call.said.reference, None)
        back, known = (passed.session.dialogue, passed.session.known) if passed else (None, None)
        now, language = self._now(), self._settings.language_of(call.said.dialled)
        self._shop.today = now.date()
        dialogue = back or Dialogue(
            self._shop, None, language, "phone", now, may_identify=self._door is not None,
        )  # fmt: skip
        engines = passed.session.engines if passed else self._engines  # who comes back hears the same voice
        if not passed and self.measures().plain_voice and engines.plain is not None:
            engines = dataclasses.replace(engines, voices=engines.plain)
        session = Session(
            call, dialogue, engines, CallLanes(self._workers, slot), self._settings, self.outbox, self._now,
            self._door, known, self._note_answer, self._desk.put,
        )  # fmt: skip
        began = now
        if passed:
            began = passed.began
            session.journals += passed.session.journals
            session.rings += [*passed.session.rings[:-1], (round(time.monotonic() - passed.since, 2), False)]
        self._sessions.add(session)
        self._apply()
        try:
            outcome = await session.run(session.nobody_answered() if back else None)
        finally:
            self._sessions.discard(session)
            self._apply()
            self._slots.give_back(slot)
            self.outcomes = [*self.outcomes[-999:], session.outcome]
            if session.outcome.ended == "handed off" and call.said.way in ("audiosocket", "asterisk"):
                self._pass(call.said.reference, _Passed(session, began, time.monotonic()))
            else:
                await self._record(session, began)
        return outcome.ended

    def _pass(self, reference: str, passed: _Passed) -> None:
        """The dialplan has the call now; it may bring it back."""
        self._passed[reference] = passed
        while len(self._passed) > 100:
            self._over(next(iter(self._passed)))
        asyncio.get_running_loop().call_later(_BACK, self._over, reference, passed)

    def _over(self, reference: str, passed: _Passed | None = None) -> None:
        """The call won't come back: somebody answered."""
        if passed in (None, self._passed.get(reference)) and (found := self._passed.pop(reference, None)):
            task = asyncio.ensure_future(self._record(found.session, found.began))
            self._recording.add(task)
            task.add_done_callback(self._recording.discard)

    async def _record(self, session: Session, began: datetime) -> None:
        await keep_record(
            self._records, session.journals, self._shop.catalogue, began=began, way=session.outcome.way,
            rings=session.rings, groups=session.groups,
        )  # fmt: skip

    async def _refuse(self, call: LiveCall) -> str:
        """A polite sentence, and a person or a call back: full, closed, or about to stop."""
        if self._refused >= 2 * self._settings.most_calls + 10:
            return "refused at once"
        self._refused += 1
        try:
            phrases = Phrases(self._settings.language_of(call.said.dialled), self._shop.brand)
            open_now = self._settings.open_at(self._now())
            if open_now and not self._closing and self._settings.human and await self._straight_to_human(call, phrases):
                return "full: passed on"
            keys = await self._play(call, phrases.say("line.full" if open_now else "line.closed"), _CHOICE)
            if "1" not in keys or not call.said.caller:
                return "full" if open_now else "closed"
            self.outbox.post({"kind": "callback_request", "number": call.said.caller, "way": call.said.way})
            await self._play(call, phrases.say("line.number"))
            return "call back asked for"
        finally:
            self._refused -= 1

    async def _straight_to_human(self, call: LiveCall, phrases: Phrases) -> bool:
        await self._play(call, phrases.say("line.full_human"))
        passing = asyncio.ensure_future(call.transfer(self._settings.human, self._settings.human_rings))
        try:
            await wait_with(call, passing, None)
            return await passing
        finally:
            passing.cancel()

    async def _play(self, call: LiveCall, phrase: Any, listen: float = 0.0) -> str:
        sound = kept_sound(self._engines, phrase, call.rate)
        return "" if sound is None else await play(call, sound, listen)
