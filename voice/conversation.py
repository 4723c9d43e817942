"""One conversation: a channel, a listener, a dialogue and a speaker around one audio clock and one journal.

Each turn of the loop is 20 ms of sound both ways. Nothing here waits for a model: jobs are asked whether they are done.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from nlu.cues import Cues
from nlu.dialogue import Dialogue
from nlu.meaning import Meaning
from nlu.phrasing.phraser import Phraser
from nlu.reply import Reply
from nlu.understanding import Understanding
from personalization.disclosure import ReleasedLine
from personalization.view import CustomerFile
from voice import entries
from voice.channels import FRAME_SECONDS, Channel, Floor
from voice.hearing.backchannel import backchannel
from voice.hearing.barge_in import AT_FIRST, BargeInRules, takes_the_floor
from voice.hearing.transcriber import LANGUAGES, Transcriber
from voice.journal import (
    ConversationEnded,
    CuesRead,
    EndpointReached,
    Journal,
    LineHeard,
    LineStarted,
    Partial,
    SpeechStarted,
    Trouble,
    Utterance,
)
from voice.listening import Anticipated, Heard, Listener
from voice.silence import Silence
from voice.speaking.own_lines import OwnLines
from voice.speaking.speaker import Speaker, Spoken
from voice.speaking.voices import Voices
from voice.workers import Job, Workers

__all__ = ["Conversation", "Discretion", "Engines"]

log = logging.getLogger(__name__)

_LONG = 1.2
"""Seconds an answer may be in preparation before the caller is told that it comes."""
_COVERED = 0.5
"""Seconds a line may be in the making before a short opener is heard in its place."""
_SURE_OF_LANGUAGE = 0.75
_ENOUGH_FOR_LANGUAGE = 0.9
"""Seconds of voice under which a detected language isn't believed."""


@dataclass(frozen=True)
class Engines:
    """What conversations share: models are loaded once, whoever speaks."""

    transcriber: Transcriber
    understanding: Understanding
    voices: Voices
    melody: Callable[[np.ndarray], float] | None = None
    """Whether a turn sounds finished, where that model is installed."""
    phraser: Phraser | None = None
    """Puts product facts in other words, where the shop runs a language model."""


class Discretion(Protocol):
    """Takes the turns whose words are nobody's business, a code said aloud: neither journaled nor answered here."""

    expecting: bool
    """Such a turn may come now: the words of the turn being heard aren't shown while it is spoken."""

    def takes(self, text: str, language: str) -> bool: ...


class Conversation:
    """Runs one call from the opening to the end.

    Args:
        channel: where the caller is.
        dialogue: this caller's, in the language of the opening.
        engines: shared.
        workers: shared.
        journal: of this conversation.
        name: identifies the conversation in the journal.
        detect_language: follow the language of the first utterances.
        facts: events known before it begins (how the caller proved who they are), recorded at its start.
        acts: what the edge does for a reply's actions, by their name; given the action's detail.
        silence: how long nobody may speak before a prompt.
        discretion: is offered each turn before anything is done with its words.
        opening: what is said first, where that isn't the dialogue's opening (the call comes back from a transfer).
    """

    def __init__(
        self,
        channel: Channel,
        dialogue: Dialogue,
        engines: Engines,
        workers: Workers,
        journal: Journal,
        *,
        name: str = "demo",
        detect_language: bool = True,
        clock: str = "real time",
        facts: Sequence[Any] = (),
        acts: Mapping[str, Callable[[dict[str, Any]], None]] | None = None,
        silence: Silence | None = None,
        discretion: Discretion | None = None,
        opening: Reply | None = None,
    ) -> None:
        self.channel = channel
        self.dialogue = dialogue
        self.journal = journal
        self._engines = engines
        self._name, self._clock, self._facts = name, clock, facts
        self._acts = acts or {}
        self._silence, self._discretion, self._opening = silence or Silence(), discretion, opening
        self._workers = workers
        self._typed: list[tuple[int, Job]] = []
        self._phrasing: tuple[Job, int, Reply, Heard | None] | None = None
        """A reply that waits for its facts in other words."""
        self.speaker = Speaker(channel.rate, engines.voices, workers)
        self.listener = Listener(
            channel.rate,
            engines.transcriber,
            self._understand,
            workers,
            None if detect_language else dialogue.language,
            engines.melody,
            engines.understanding.misheard,
        )
        self._now = 0.0
        self._turn = 0
        self._answering: Heard | None = None
        """The turn whose answer hasn't made a sound yet."""
        self._ending: str | None = None
        self._awaiting: float | None = None
        """When the turn ended that is still being understood."""
        self._interrupting = False
        self._covered = False
        """The reply has been heard already, or an opener in its place."""
        self._own_lines = OwnLines(dialogue.shop.brand)

    async def run(self) -> None:
        """Until the caller hangs up, or the assistant has said its last line."""
        self._start()
        ended = "caller hung up"
        try:
            while True:
                frame, spoken = self.speaker.frame(self._now)
                self._on_spoken(spoken)
                if self._ending and not self.speaker.active:
                    ended = self._ending
                    break
                tick = await self.channel.exchange(frame, self._floor())
                if tick is None:
                    break
                self._now += FRAME_SECONDS
                self._hear(tick.sound)
                for digit in tick.digits:
                    self._on_key(digit)
                if tick.text:
                    self._on_typed(tick.text)
                if tick.touched:
                    self._silence.caller(self._now)
                self._collect_typed()
                self._collect_phrased()
                self._watch_engines()
                self._watch_silence()
        except asyncio.CancelledError:
            ended = "stopped"
            raise
        finally:
            self._on_spoken(self.speaker.interrupt(self._now) if self.speaker.active else [])
            for event in self.dialogue.consents.end_conversation():
                self.record(event)
            self.journal.append(self._now, ConversationEnded(ended))
            self.channel.hang_up()

    def record(self, event: Any) -> None:
        """Puts a fact of the customer's floor in the journal, now."""
        self.journal.append(self._now, event)

    def authenticate(self, method: str, file: CustomerFile | None = None, full: bool = True) -> None:
        """The edge has the proof of who the caller is, perhaps only now their file: a waiting request is answered.

        Args:
            full: the proof suffices for a copy and for an erasure, too.
        """
        if file is not None:
            self.dialogue.identify(file)
        self.say(self.dialogue.authenticate(method, full))

    def say(self, reply: Reply) -> None:
        """Says a reply of the dialogue's that isn't the answer to a turn, at once."""
        self._on_spoken(self.speaker.interrupt(self._now))
        self._say(self._turn, reply)

    def hush(self) -> None:
        """Stops what is being said: the caller keys something."""
        if self.speaker.active:
            self._on_spoken(self.speaker.interrupt(self._now))
            self.speaker.forget()

    @property
    def now(self) -> float:
        """Seconds of sound so far."""
        return self._now

    def tell(self, id: str) -> None:
        """Says a fixed line that isn't part of a reply."""
        self._on_spoken(self.speaker.interrupt(self._now))
        self.speaker.forget()
        self.speaker.say(self._turn, [self._own(id)], self._now)

    def finish(self, id: str, reason: str) -> None:
        """Says a last fixed line, then the conversation ends: its time is up, or the house closes."""
        self.tell(id)
        self._ending = reason

    # The caller

    def _hear(self, sound) -> None:
        self.listener.overlapping = self.speaker.active
        for event in self.listener.push(sound, self._now):
            if isinstance(event, Heard):
                self._on_heard(event)
                continue
            if isinstance(event, Anticipated):
                self._anticipate(event.meaning)
                continue
            if not (isinstance(event, Partial) and self._discretion and self._discretion.expecting):
                self.journal.append(self._now, event)
            if isinstance(event, SpeechStarted | Partial | EndpointReached):
                self._silence.sound(self._now)
            if isinstance(event, EndpointReached):
                self._awaiting = self._now
        if self.speaker.active and self.listener.speaking and not self._interrupting and self._barges_in():
            self._interrupting = True
            self._on_spoken(self.speaker.interrupt(self._now))

    def _barges_in(self) -> bool:
        saying = " ".join(line.text for line in self.speaker.lines)
        heard, rules = self.listener, None if self.listener.echo_known else AT_FIRST
        return takes_the_floor(heard.loud, heard.recognised, self.dialogue.language, saying, rules)

    def _anticipate(self, meaning: Meaning) -> None:
        if meaning.language == self.dialogue.language and not self.speaker.active:
            try:
                self.speaker.prepare(self.dialogue.rehearse(meaning), self._now)
            except Exception as error:  # the reply itself will say what is wrong
                log.warning("no rehearsal of %s: %s", meaning.intent, type(error).__name__)

    def _on_heard(self, heard: Heard) -> None:
        self._awaiting, self._interrupting = None, False
        self._silence.sound(self._now)
        prepared = heard.prepared
        if prepared is None:
            self.journal.append(self._now, Trouble("transcription", "the recogniser failed"))
            self._say(heard.turn, self.dialogue.not_understood("failed"), heard)
            return
        hypothesis = prepared.hypothesis
        if self.speaker.active and not self.speaker.held and heard.loud < BargeInRules.echo:
            self.journal.append(self._now, Trouble("hearing", "echo"))
            return
        if self._discretion and self._discretion.takes(hypothesis.text, self.dialogue.language):
            self.speaker.forget()
            return
        self.journal.append(self._now, entries.utterance(heard))
        if not hypothesis.text or hypothesis.language not in LANGUAGES:
            self._nothing_understood(heard)
            return
        if self._only_listening(hypothesis.text):
            self._on_spoken(self.speaker.resume(self._now))
            return
        self._follow_language(heard)
        self.journal.append(self._now, CuesRead(heard.turn, dataclasses.asdict(heard.cues)))
        meaning = prepared.meaning
        if meaning.language != self.dialogue.language:
            meaning = self._understand(hypothesis.text, self.dialogue.language)
        self._answer(heard.turn, meaning, heard.cues, heard)

    def _on_typed(self, text: str) -> None:
        """A turn in writing: a person who can't speak, or would rather not."""
        language = self.dialogue.language
        self._silence.caller(self._now)
        if self._discretion and self._discretion.takes(text, language):
            return
        turn = self.listener.another_turn()
        self.journal.append(self._now, Utterance(turn, text, language, 1.0, (), self._now, self._now))
        self._typed.append((turn, self._workers.submit("typing", lambda: self._understand(text, language), self._now)))

    def _collect_typed(self) -> None:
        while self._typed and self._typed[0][1].ended(self._now):
            turn, job = self._typed.pop(0)
            for meaning in job.take(self._now):
                self._answer(turn, meaning, Cues())
            if job.error is not None:
                self.journal.append(self._now, Trouble("understanding", type(job.error).__name__))
                self._say(turn, self.dialogue.not_understood("failed"))

    def _answer(self, turn: int, meaning: Meaning, cues: Cues, heard: Heard | None = None) -> None:
        self.journal.append(self._now, entries.understood(turn, meaning))
        self._say(turn, self._reply(meaning, cues), heard)

    def _only_listening(self, text: str) -> bool:
        """ "Mm-hm" into an answer doesn't take the floor; into the question at its end, it may answer that."""
        unsaid = self.speaker.held or len(self.speaker.lines)
        question_cut = unsaid == 1 and self.dialogue.expecting is not None
        return unsaid > 0 and not question_cut and backchannel(text, self.dialogue.language)

    def _reply(self, meaning: Meaning, cues: Cues) -> Reply:
        try:
            return self.dialogue.reply(meaning, cues)
        except Exception as error:  # a caller isn't dropped for a defect: the keypad and a human remain
            log.error("no reply to %s: %s", meaning.intent, type(error).__name__)
            self.journal.append(self._now, Trouble("dialogue", type(error).__name__))
            return self.dialogue.not_understood("failed")

    def _nothing_understood(self, heard: Heard) -> None:
        hypothesis = heard.prepared.hypothesis
        foreign = hypothesis.language == "other"
        what = "another language" if foreign else hypothesis.refused or "no words"
        self.journal.append(self._now, Trouble("hearing", what))
        if not foreign and heard.voiced < 0.5:
            self._on_spoken(self.speaker.resume(self._now))  # a cough, a door
            return
        self._say(heard.turn, self.dialogue.not_understood("language" if foreign else "noise"), heard)

    def _follow_language(self, heard: Heard) -> None:
        """The first utterance long and clear enough decides the language of the conversation."""
        if self.listener.language is not None:
            return
        hypothesis = heard.prepared.hypothesis
        if hypothesis.language == self.dialogue.language:
            self.listener.language = hypothesis.language
        elif hypothesis.language_probability >= _SURE_OF_LANGUAGE and heard.voiced >= _ENOUGH_FOR_LANGUAGE:
            self.dialogue.language = hypothesis.language
            self.listener.language = hypothesis.language

    def _understand(self, text: str, language: str):
        return self._engines.understanding.understand(
            text, language, expecting=self.dialogue.expecting, today=self.dialogue.context.today
        )

    def _on_key(self, digit: str) -> None:
        reply = self.dialogue.key(digit)
        if reply is not None:
            self.say(reply)

    # The assistant

    def _start(self) -> None:
        self.journal.append(0.0, entries.started(self._name, self.dialogue, self.channel, self._clock))
        for fact in self._facts:
            self.record(fact)
        self._say(0, self._opening or self.dialogue.open())

    def _say(self, turn: int, reply: Reply, heard: Heard | None = None) -> None:
        """Says a reply; one that a language model may phrase waits for that, no longer than the phraser gives it."""
        phraser, self._phrasing = self._engines.phraser, None
        if phraser is None or reply.free is None:
            self._speak(turn, reply, heard)
        else:
            job = self._workers.submit("phrasing", lambda: phraser.phrase(reply.free), self._now)
            self._phrasing = (job, turn, reply, heard)

    def _collect_phrased(self) -> None:
        if self._phrasing and self._phrasing[0].ended(self._now):
            job, turn, reply, heard = self._phrasing
            self._phrasing = None
            text = next(iter(job.take(self._now)), None)
            self._speak(turn, self.dialogue.rephrase(reply, text) if text else reply, heard)

    def _speak(self, turn: int, reply: Reply, heard: Heard | None) -> None:
        if self.speaker.active and not self._only_added:
            self._on_spoken(self.speaker.interrupt(self._now))
        self.speaker.forget()
        self._turn = turn
        for event in reply.events:
            self.journal.append(self._now, event)
        self.journal.append(self._now, entries.replied(turn, reply))
        for action in reply.actions:
            self._act(action.name, action.detail)
        self.listener.hotwords = self.dialogue.interested_words()
        asked = self.dialogue.expecting or ""
        self.listener.more_may_follow = asked.startswith("consent:")
        self.listener.expecting_number = asked == "phone"
        self._answering, self._covered = heard, False
        self.speaker.say(turn, reply.lines, self._now)

    def _own(self, id: str) -> ReleasedLine:
        return self._own_lines.make(id, self.dialogue.language)

    @property
    def _only_added(self) -> bool:
        return self._own_lines.are_all(self.speaker.lines)

    def _act(self, name: str, detail: dict[str, Any]) -> None:
        if name in self._acts:
            self._acts[name](detail)
        if name == "change_language":
            self.listener.language = detail.get("language", self.dialogue.language)
        elif name == "adjust_speech":
            direction = detail.get("direction")
            if direction == "patient":
                self.listener.be_patient()
            self.speaker.speed *= {"slower": 0.85, "faster": 1.15}.get(direction, 1.0)
            self.speaker.gain *= {"louder": 1.4, "softer": 0.7}.get(direction, 1.0)
        elif name == "stop_cues":
            self.listener.no_more_cues()
        elif name == "hang_up":
            self._ending = "goodbye"
        elif name == "hand_off":
            self._ending = "handed off"

    def _on_spoken(self, spoken: list[Spoken]) -> None:
        for item in spoken:
            if isinstance(item.event, LineStarted):
                self._first_sound(item.at)
                self._covered = True
            self.journal.append(item.at, item.event)
            if isinstance(item.event, LineHeard):
                self._heard_by_caller(item.line, item.event)
            self._silence.sound(item.at)

    def _heard_by_caller(self, line: ReleasedLine, event: LineHeard) -> None:
        if line not in self._own_lines:
            self.dialogue.heard(line, event.complete)

    def _first_sound(self, at: float) -> None:
        if self._answering is None:
            return
        heard, self._answering = self._answering, None
        self.journal.append(at, entries.stage_times(heard, at, self.speaker.work))

    # Time

    def _floor(self) -> Floor:
        busy = self.speaker.active or self.listener.pending or self._awaiting is not None or self._ending
        return Floor.ASSISTANT if busy else Floor.CALLER

    def _watch_engines(self) -> None:
        """A slow or failed engine is never a silence (law 9)."""
        if self._awaiting is not None and self._now - self._awaiting >= _LONG and not self.speaker.active:
            self._awaiting = float("inf")  # said once a turn
            self.speaker.say(self._turn, [self._own("opener.wait")], self._now)
        if not self._covered and self.speaker.waiting(self._now) >= _COVERED and not self._only_added:
            self._covered = True  # once a reply: openers one after the other would sound broken
            self.speaker.cover(self._own("opener.so"))
        if self.speaker.failed:
            self.speaker.failed = False
            self.journal.append(self._now, Trouble("synthesis", "the voice failed"))
            sorry = self._own("trouble.voice")
            if self._engines.voices.kept(sorry.phrase, self.speaker.speed):
                self.speaker.say(self._turn, [sorry], self._now)

    def _watch_silence(self) -> None:
        if self.speaker.active or self.listener.speaking or self.listener.pending:
            (self._silence.caller if self.listener.speaking else self._silence.sound)(self._now)
            return
        prompt = self._silence.due(self._now)
        if prompt is not None:
            self._say(self._turn, self.dialogue.silence(prompt))
