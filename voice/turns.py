"""The caller's turns, heard, typed or keyed: which take the floor, what they mean, and the reply each is given."""

from __future__ import annotations

import dataclasses
import logging
import math
from typing import Protocol

import numpy as np

from nlu.cues import Cues
from nlu.dialogue import Dialogue
from nlu.meaning import Meaning
from nlu.reply import Reply
from voice import entries
from voice.answers import Answers
from voice.heard import Anticipated, Heard
from voice.hearing.backchannel import backchannel
from voice.hearing.barge_in import AT_FIRST, LOUD_ROOM, BargeInRules, Recognised, takes_the_floor, was_a_person
from voice.hearing.transcriber import LANGUAGES, Hypothesis
from voice.journal import CuesRead, EndpointReached, Journal, Partial, SpeechStarted, Trouble, Utterance
from voice.keyed import KeyedEntry
from voice.listening import Listener, Understand
from voice.silence import Silence
from voice.workers import Job, Workers

__all__ = ["CallerTurns", "Discretion"]

log = logging.getLogger(__name__)

_LONG = 1.2
"""Seconds an answer may be in preparation before the caller is told that it comes."""
_NUMBER = 10
"""Digits that a number to call back has, or more: little is waited for then."""
_SURE_OF_LANGUAGE = 0.75
_ENOUGH_FOR_LANGUAGE = 0.9
"""Seconds of voice under which a detected language isn't believed."""


class Discretion(Protocol):
    """Takes the turns whose words are nobody's business, a code said aloud: neither journaled nor answered here."""

    expecting: bool
    """Such a turn may come now: the words of the turn being heard aren't shown while it is spoken."""

    def takes(self, text: str, language: str) -> bool: ...


class CallerTurns:
    """Takes one caller's turns as they come. `now` is always seconds of sound so far.

    Args:
        dialogue: replies to them.
        listener: hears them.
        answers: says the replies, and stops when the caller takes the floor.
        understand: what a text means; called in a worker thread for typed ones.
        workers: where typed turns are understood.
        journal: where what was heard and meant is written.
        silence: is told that the caller is there.
        discretion: is offered each turn before anything is done with its words.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        listener: Listener,
        answers: Answers,
        understand: Understand,
        workers: Workers,
        journal: Journal,
        silence: Silence,
        discretion: Discretion | None = None,
    ) -> None:
        self._dialogue, self._listener, self._answers = dialogue, listener, answers
        self._understand, self._workers = understand, workers
        self._journal, self._silence, self._discretion = journal, silence, discretion
        self._speaker = answers.speaker
        self._typed: list[tuple[int, Job]] = []
        self._keyed, self._keyed_at = KeyedEntry(_NUMBER), 0.0
        self._awaiting: float | None = None
        """When the turn ended that is still being understood."""
        self._interrupting = False

    @property
    def awaiting(self) -> bool:
        """A spoken turn is over, and still being understood."""
        return self._awaiting is not None

    # How they come

    def hear(self, sound: np.ndarray, now: float) -> None:
        """The caller's sound, (n,) int16 at the channel's rate, up to `now`."""
        self._listener.overlapping = self._speaker.active
        for event in self._listener.push(sound, now):
            if isinstance(event, Heard):
                self._on_heard(event, now)
                continue
            if isinstance(event, Anticipated):
                self._anticipate(event.meaning, now)
                continue
            if not (isinstance(event, Partial) and self._discretion and self._discretion.expecting):
                self._journal.append(now, event)
            if isinstance(event, SpeechStarted | Partial | EndpointReached):
                self._silence.sound(now)
            if isinstance(event, EndpointReached):
                self._awaiting = now
        if self._speaker.active and self._listener.speaking and not self._interrupting and self._barges_in():
            self._interrupting = True
            self._answers.interrupt(now)

    def read(self, text: str, now: float) -> None:
        """A turn in writing: a person who can't speak, or would rather not."""
        language = self._dialogue.language
        self._silence.caller(now)
        if self._discretion and self._discretion.takes(text, language):
            return
        turn = self._listener.another_turn()
        self._journal.append(now, Utterance(turn, text, language, 1.0, (), now, now))
        self._typed.append((turn, self._workers.submit("typing", lambda: self._understand(text, language), now)))

    def key(self, digit: str, now: float) -> None:
        """A key of the telephone's: of the number that was asked for, or a choice."""
        if self._dialogue.expecting != "phone":
            self._choose(digit, now)
            return
        if not self._keyed.digits and self._speaker.active:
            self._answers.interrupt(now)
        self._silence.caller(now)
        self._keyed_at = now
        if self._keyed.key(digit):
            self._end_keyed(now)

    def _choose(self, digit: str, now: float) -> None:
        reply = self._dialogue.key(digit)
        if reply is not None:
            self._answers.say(reply, now)

    def _end_keyed(self, now: float) -> None:
        person, number = self._keyed.calls_a_person, self._keyed.take()
        if person:
            self._choose("0", now)
        elif number:
            self.read(number, now)

    # What is asked at each frame

    def collect(self, now: float) -> None:
        """Answers the typed turns that are understood by now."""
        while self._typed and self._typed[0][1].ended(now):
            turn, job = self._typed.pop(0)
            for meaning in job.take(now):
                self._reply(turn, meaning, Cues(), now)
            if job.error is not None:
                self._journal.append(now, Trouble("understanding", type(job.error).__name__))
                self._answers.answer(turn, self._dialogue.not_understood("failed"), now)

    def watch(self, now: float) -> None:
        """A recogniser that takes long is never a silence (law 9); nor is somebody who keys a number."""
        if self._keyed.over(now - self._keyed_at):
            self._end_keyed(now)
        if self._awaiting is not None and now - self._awaiting >= _LONG and not self._speaker.active:
            self._awaiting = float("inf")  # said once a turn
            self._answers.add("opener.wait", now)

    # While one is spoken

    def _barges_in(self) -> bool:
        saying = " ".join(line.text for line in self._speaker.lines)
        heard = self._listener
        return takes_the_floor(heard.lasting, heard.recognised, self._dialogue.language, saying, self._rules())

    def _rules(self) -> BargeInRules | None:
        if not self._listener.echo_known:
            return AT_FIRST
        return LOUD_ROOM if self._listener.loud_room else None

    def _anticipate(self, meaning: Meaning, now: float) -> None:
        if meaning.language == self._dialogue.language and not self._speaker.active:
            try:
                self._speaker.prepare(self._dialogue.rehearse(meaning), now)
            except Exception as error:  # the reply itself will say what is wrong
                log.warning("no rehearsal of %s: %s", meaning.intent, type(error).__name__)

    # Once it was heard

    def _on_heard(self, heard: Heard, now: float) -> None:
        self._awaiting, self._interrupting = None, False
        self._silence.sound(now)
        prepared = heard.prepared
        if prepared is None:
            self._journal.append(now, Trouble("transcription", "the recogniser failed"))
            self._answers.answer(heard.turn, self._dialogue.not_understood("failed"), now, heard)
            return
        hypothesis = prepared.hypothesis
        interrupts = self._speaker.active and not self._speaker.held
        if interrupts and not was_a_person(heard.loud, _read(hypothesis), self._rules()):
            self._journal.append(now, Trouble("hearing", "echo"))
            return
        if self._discretion and self._discretion.takes(hypothesis.text, self._dialogue.language):
            self._speaker.forget()
            return
        self._journal.append(now, entries.utterance(heard))
        if not hypothesis.text or hypothesis.language not in LANGUAGES:
            self._nothing_understood(heard, now)
            return
        if self._only_listening(hypothesis.text):
            self._answers.resume(now)
            return
        self._follow_language(heard)
        self._journal.append(now, CuesRead(heard.turn, dataclasses.asdict(heard.cues)))
        meaning = prepared.meaning
        if meaning.language != self._dialogue.language:
            meaning = self._understand(hypothesis.text, self._dialogue.language)
        self._reply(heard.turn, meaning, heard.cues, now, heard)

    def _only_listening(self, text: str) -> bool:
        """ "Mm-hm" into an answer doesn't take the floor; into the question at its end, it may answer that."""
        unsaid = self._speaker.held or len(self._speaker.lines)
        question_cut = unsaid == 1 and self._dialogue.expecting is not None
        return unsaid > 0 and not question_cut and backchannel(text, self._dialogue.language)

    def _nothing_understood(self, heard: Heard, now: float) -> None:
        hypothesis = heard.prepared.hypothesis
        foreign = hypothesis.language == "other"
        what = "another language" if foreign else hypothesis.refused or "no words"
        self._journal.append(now, Trouble("hearing", what))
        if not foreign and heard.voiced < 0.5:
            self._answers.resume(now)  # a cough, a door
            return
        reply = self._dialogue.not_understood("language" if foreign else "noise")
        self._answers.answer(heard.turn, reply, now, heard)

    def _follow_language(self, heard: Heard) -> None:
        """The first utterance long and clear enough decides the language of the conversation."""
        if self._listener.language is not None:
            return
        hypothesis = heard.prepared.hypothesis
        if hypothesis.language == self._dialogue.language:
            self._listener.language = hypothesis.language
        elif hypothesis.language_probability >= _SURE_OF_LANGUAGE and heard.voiced >= _ENOUGH_FOR_LANGUAGE:
            self._dialogue.language = hypothesis.language
            self._listener.language = hypothesis.language

    # Once it is understood

    def _reply(self, turn: int, meaning: Meaning, cues: Cues, now: float, heard: Heard | None = None) -> None:
        self._journal.append(now, entries.understood(turn, meaning))
        self._answers.answer(turn, self._reply_to(meaning, cues, now), now, heard)

    def _reply_to(self, meaning: Meaning, cues: Cues, now: float) -> Reply:
        try:
            return self._dialogue.reply(meaning, cues)
        except Exception as error:  # a caller isn't dropped for a defect: the keypad and a human remain
            log.error("no reply to %s: %s", meaning.intent, type(error).__name__)
            self._journal.append(now, Trouble("dialogue", type(error).__name__))
            return self._dialogue.not_understood("failed")


def _read(hypothesis: Hypothesis) -> Recognised:
    return Recognised(hypothesis.text, math.exp(hypothesis.mean_logprob))
