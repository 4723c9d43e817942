"""The caller's side of a conversation: frames in, partials and finished turns out.

Models run in the "hearing" lane of the workers; what is here only counts samples. The final decode and the
understanding are prepared as soon as a silence begins, and thrown away if the caller goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nlu.cues import Cues
from nlu.meaning import Meaning
from voice.audio import Resampler, dbfs
from voice.heard import Anticipated, Heard, Prepared
from voice.hearing.barge_in import EchoLeft, Recognised
from voice.hearing.endpoint import Endpoint, Turn, TurnEvent
from voice.hearing.finished import melody_tells
from voice.hearing.partials import LocalAgreement
from voice.hearing.prosody import ProsodyTracker
from voice.hearing.transcriber import Hypothesis, Misheard, Transcriber
from voice.hearing.vad import FRAME, VoiceActivity
from voice.journal import EndpointReached, Partial, SpeechStarted
from voice.workers import Job, Workers

__all__ = ["Listener", "Understand"]

RATE = 16_000
_BEFORE = 0.3
"""Seconds kept before the first voiced frame: a soft consonant begins earlier than its voice."""
_AFTER = 0.2
"""Seconds of silence given to the final decode after the last voiced frame."""
_PARTIAL_EVERY = 0.5
"""Seconds of new sound between two partial decodes."""

_SOON, _AGAIN = 0.24, 0.16
"""The same while the assistant speaks, for the first and for the next: two words stop it as soon as they are read."""

_GAP = 0.2
"""Seconds between two loud frames of one voice: a stop consonant is silent for half of that, and a canceller mutes a
caller for as long while both speak."""

_PATIENCE = 1.5
_TOLERANCE = 1e-6  # seconds: sums of 0.02 are not exact
_SURE = 0.75
"""Confidence from which a turn counts as a request that can be answered."""
_GIVEN_UP = 8.0
"""Seconds after which a recogniser that doesn't answer counts as failed."""

_HOTWORDS = 4
"""Names given to the decoder at most: twenty irrelevant ones cost 2.5 points of word error rate in French."""

Understand = Callable[[str, str], Meaning]
"""(text, language) -> meaning; called in a worker thread."""


@dataclass
class _Turn:
    """The turn being heard."""

    number: int
    began: float
    agreement: LocalAgreement = field(default_factory=LocalAgreement)
    partial: Job | None = None
    partial_until: float = 0.0
    recognised: Recognised | None = None
    prepared_until: float = 0.0
    final: Job | None = None
    wanted: object | None = None
    """Stands for the final text that is being made; another one, or none, when the caller has gone on."""
    anticipated: bool = False
    melody: Job | None = None
    melody_until: float = 0.0
    over: Turn | None = None
    voiced: float = 0.0
    loud: float = 0.0
    """Voiced, and louder than what is left of the assistant's own voice."""
    lasting: float = 0.0
    """The same with the gaps between two of them that a consonant, or the canceller, makes."""
    loud_until: float = 0.0
    work: dict[str, float] = field(default_factory=dict)

    def louder(self, until: float) -> None:
        """A voiced frame, ending then, that no echo makes."""
        self.loud += FRAME / RATE
        gap = until - FRAME / RATE - self.loud_until
        self.lasting += FRAME / RATE + (gap if gap <= _GAP + _TOLERANCE else 0.0)
        self.loud_until = until


class Listener:
    """Hears one caller.

    Args:
        rate: of the frames pushed, Hz.
        transcriber: shared by all conversations; called in the hearing lane.
        understand: made with each turn's text, in the same lane.
        workers: where the models work.
        language: "fr", "en", or None until the first utterance has told.
        melody: probability that a turn sounds finished, from its (n,) int16 at 16 kHz; called in its own lane.
        misheard: names that a text may be a mishearing of; called in the transcriber's own thread.
    """

    def __init__(
        self,
        rate: int,
        transcriber: Transcriber,
        understand: Understand,
        workers: Workers,
        language: str | None = None,
        melody: Callable[[np.ndarray], float] | None = None,
        misheard: Misheard | None = None,
    ) -> None:
        self.language = language
        self._melody, self._misheard = melody, misheard
        self.hotwords: Sequence[str] = ()
        self.expecting_number = False
        self.overlapping = False
        """The assistant speaks: partials come sooner."""
        self.more_may_follow = False
        """The question just asked has an answer in parts (a consent and its scope)."""
        self.reads_cues = True
        self._transcriber = transcriber
        self._understand = understand
        self._workers = workers
        self._resampler = Resampler(rate, RATE) if rate != RATE else None
        self._vad = VoiceActivity(RATE)
        self._endpoint = Endpoint()
        self._prosody = ProsodyTracker()
        self._echo = EchoLeft()
        self._waiting = np.zeros(0, np.int16)
        self._sound = bytearray()
        self._sound_begins = 0
        self._heard_until = 0
        self._turns = 0
        self._turn: _Turn | None = None
        self._finishing: list[_Turn] = []

    @property
    def speaking(self) -> bool:
        """The caller is in the middle of a turn."""
        return self._endpoint.speaking

    @property
    def pending(self) -> bool:
        """A finished turn is still being understood."""
        return bool(self._finishing)

    def another_turn(self) -> int:
        """Number of a turn that came another way than by voice."""
        self._turns += 1
        return self._turns

    def forget_sound(self) -> None:
        """Drops the sound heard so far, at once: a card number was in it."""
        self._sound, self._sound_begins = bytearray(), self._heard_until

    def forget_echo(self) -> None:
        """What is left of the assistant's own voice isn't what it was: it is listened for anew."""
        self._echo = EchoLeft()

    @property
    def voiced(self) -> float:
        """Seconds of voice in the turn being heard."""
        return self._turn.voiced if self._turn else 0.0

    @property
    def loud(self) -> float:
        """Seconds of them that are louder than what is left of the assistant's own voice: a person's."""
        return self._turn.loud if self._turn else 0.0

    @property
    def lasting(self) -> float:
        """Seconds such a voice has gone on, short gaps included."""
        return self._turn.lasting if self._turn else 0.0

    @property
    def echo_known(self) -> bool:
        """What is left of the assistant's own voice in this room has been heard for long enough."""
        return self._echo.known

    @property
    def loud_room(self) -> bool:
        """That voice has lately passed for somebody's turn, more than once."""
        return self._echo.loud_room

    @property
    def recognised(self) -> Recognised | None:
        """What the latest partial made of the turn being heard; None before the first."""
        return self._turn.recognised if self._turn else None

    def push(
        self, frame: np.ndarray, now: float
    ) -> list[SpeechStarted | Partial | EndpointReached | Anticipated | Heard]:
        """One frame, (n,) int16 at the channel's rate, ending at `now`; returns what it brought, in order."""
        sound = self._resampler.push(frame) if self._resampler else frame
        self._waiting = np.concatenate([self._waiting, sound])
        out: list = []
        while len(self._waiting) >= FRAME:
            piece, self._waiting = self._waiting[:FRAME], self._waiting[FRAME:]
            self._heard_until += FRAME
            self._sound += piece.tobytes()
            self._one(piece, now, out)
        self._collect(now, out)
        return out

    def _one(self, piece: np.ndarray, now: float, out: list) -> None:
        activity = self._vad.push(piece)
        if self._turn and activity.speech:
            level = dbfs(piece)
            self._turn.voiced += FRAME / RATE
            if self._echo.louder(level):
                self._turn.louder(self._heard_until / RATE)
            if self.overlapping:
                self._echo.during(level)
        elif self._turn is None and self.overlapping:
            self._echo.heard(dbfs(piece))
        for turn in self._endpoint.feed(self._heard_until / RATE, activity.speech):
            self._on_turn(turn, now, out)
        if self._turn is None:
            self._forget_before(self._heard_until - int((_BEFORE + 0.3) * RATE))
        elif activity.speech:
            self._maybe_partial(now)

    def _on_turn(self, turn: Turn, now: float, out: list) -> None:
        if turn.event is TurnEvent.STARTED:
            self._turns += 1
            self._turn = _Turn(self._turns, turn.began, voiced=self._endpoint.rules.start)
            self._turn.loud = self._turn.lasting = self._turn.voiced
            self._turn.loud_until = turn.at
            self._echo.begins()
            self._turn.partial_until = turn.began
            out.append(SpeechStarted(self._turns, turn.began))
        current = self._turn
        if current is None:
            return
        if turn.event is TurnEvent.MAYBE_OVER:
            self._prepare(current, turn, now)
            self._ask_melody(current, turn, now)
        elif turn.event is TurnEvent.WENT_ON and current.final:
            current.final.cancel()
            current.final, current.wanted, current.anticipated = None, None, False
        elif turn.event is TurnEvent.OVER:
            current.over = turn
            if current.final is None:
                self._prepare(current, turn, now)
            if self.overlapping:
                self._echo.nobody()
            out.append(EndpointReached(current.number, turn.silence))
            self._finishing.append(current)
            self._turn = None

    def _maybe_partial(self, now: float) -> None:
        turn = self._turn
        fresh = self._heard_until / RATE - turn.partial_until
        if turn.partial or turn.final or fresh < self._every(turn) or self._workers.busy("hearing", now):
            return
        turn.partial_until = self._heard_until / RATE
        sound, language, prefix = self._slice(turn.began, turn.partial_until), self.language, turn.agreement.prefix
        # A thread of its own: a final text must not wait for a partial that waits for its turn.
        turn.partial = self._workers.submit(
            "hearing.partials", lambda: self._transcriber.transcribe(sound, language, prefix=prefix, final=False), now
        )

    def _every(self, turn: _Turn) -> float:
        if not self.overlapping:
            return _PARTIAL_EVERY
        return _AGAIN if turn.recognised else _SOON

    def _prepare(self, current: _Turn, turn: Turn, now: float) -> None:
        if current.partial:
            current.partial.cancel()
        began = max(0.0, turn.began - _BEFORE)
        sound = self._slice(turn.began, min(turn.at, turn.ended + _AFTER))
        voice = self._slice(turn.began, turn.ended, before=0.0)
        language, hotwords, draft = self.language, tuple(self.hotwords)[:_HOTWORDS], current.agreement.latest
        current.prepared_until = min(turn.at, turn.ended + _AFTER)
        current.wanted = this = object()

        def work() -> Prepared:
            clock = [time.perf_counter()]
            hypothesis = self._transcriber.transcribe(
                sound, language, prefix=draft, hotwords=hotwords, final=True, misheard=self._misheard,
                wanted=lambda: current.wanted is this,
            )  # fmt: skip
            clock.append(time.perf_counter())
            known = hypothesis.text and hypothesis.language != "other"
            meaning = self._understand(hypothesis.text, hypothesis.language) if known else None
            clock.append(time.perf_counter())
            spent = np.diff(clock).tolist()
            stages = dict(zip(("transcription", "understanding"), spent, strict=True))
            return Prepared(hypothesis, meaning, voice, began, stages)

        current.final = self._workers.submit("hearing", work, now)

    def _ask_melody(self, current: _Turn, turn: Turn, now: float) -> None:
        if self._melody is None or not melody_tells(self.language):
            return
        sound, ask = self._slice(turn.began, turn.at), self._melody
        current.melody_until = turn.at
        current.melody = self._workers.submit("melody", lambda: ask(sound), now)

    def _collect(self, now: float, out: list) -> None:
        turn = self._turn
        if turn and turn.melody and turn.melody.ended(now):
            for finished in turn.melody.take(now):
                self._endpoint.sounded(finished, turn.melody_until)
            turn.melody = None
        if turn and turn.partial and turn.partial.ended(now):
            for hypothesis in turn.partial.take(now):
                self._on_partial(turn, hypothesis, out)
            turn.partial = None
        if turn and turn.final and turn.final.ended(now):
            for prepared in turn.final.peek(now):
                self._hint(prepared.hypothesis, turn.prepared_until, prepared.meaning)
                if prepared.meaning and not turn.anticipated:
                    turn.anticipated = True
                    out.append(Anticipated(turn.number, prepared.meaning))
        while self._finishing and self._settled(self._finishing[0], now):
            out.append(self._finish(self._finishing.pop(0), now))

    def _on_partial(self, turn: _Turn, hypothesis: Hypothesis, out: list) -> None:
        if hypothesis.refused != "too late":
            turn.recognised = Recognised(
                hypothesis.text, min((each.probability for each in hypothesis.words), default=0.0)
            )
        if turn.partial_until - turn.began < _PARTIAL_EVERY - _TOLERANCE:
            return  # enough to take the floor, too little to settle words with
        committed, tentative = turn.agreement.update([word.text for word in hypothesis.words])
        if committed or tentative:
            out.append(Partial(turn.number, " ".join(committed), " ".join(tentative)))
        self._hint(hypothesis, turn.partial_until)

    @staticmethod
    def _settled(turn: _Turn, now: float) -> bool:
        if turn.final.ended(now):
            return True
        late = now - turn.over.at > _GIVEN_UP
        if late:
            turn.final.cancel()
            turn.wanted = None
        return late

    def _hint(self, hypothesis: Hypothesis, heard_until: float, meaning: Meaning | None = None) -> None:
        if hypothesis.text and hypothesis.language != "other":
            understood = meaning is not None and meaning.confidence >= _SURE and meaning.intent != "out_of_scope"
            self._endpoint.hint(
                hypothesis.text, hypothesis.language, heard_until, self.expecting_number, self.more_may_follow,
                understood, hypothesis.ending,
            )  # fmt: skip

    def _finish(self, turn: _Turn, now: float) -> Heard:
        results = turn.final.take(now)
        prepared: Prepared | None = results[0] if results else None
        endpoint = turn.over.at
        understood = max(endpoint, now)
        after = prepared.seconds["understanding"] if prepared else 0.0
        return Heard(
            turn=turn.number,
            prepared=prepared,
            cues=self._cues(prepared),
            began=turn.over.began,
            ended=turn.over.ended,
            endpoint=endpoint,
            transcribed=max(endpoint, understood - after),
            understood=understood,
            work=dict(prepared.seconds) if prepared else {"transcription": turn.final.seconds},
            voiced=turn.voiced,
            loud=turn.loud,
        )

    def _cues(self, prepared: Prepared | None) -> Cues:
        """Measured for turns that are over only: the caller's own start of the call must not count a turn twice."""
        if prepared is None or not prepared.hypothesis.text or not self.reads_cues:
            return Cues()
        return self._prosody.utterance(prepared.voice, prepared.hypothesis.text, prepared.hypothesis.language)

    def be_patient(self) -> None:
        """The caller pauses a lot: wait longer before a silence ends the turn."""
        self._endpoint.patience = _PATIENCE

    def no_more_cues(self) -> None:
        """The caller switched them off."""
        self.reads_cues = False
        self._prosody.forget()

    def _slice(self, start: float, end: float, before: float = _BEFORE) -> np.ndarray:
        first = max(0, int((start - before) * RATE) - self._sound_begins)
        last = max(first, int(end * RATE) - self._sound_begins)
        return np.frombuffer(bytes(self._sound[2 * first : 2 * last]), np.int16)

    def _forget_before(self, sample: int) -> None:
        if sample - self._sound_begins > RATE:  # in steps of a second, not at every frame
            del self._sound[: 2 * (sample - self._sound_begins)]
            self._sound_begins = sample
