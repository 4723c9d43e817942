"""One conversation: a channel, a listener, a dialogue and a speaker around one audio clock and one journal.

Each turn of the loop is 20 ms of sound both ways. Nothing here waits for a model: jobs are asked whether they are done.
The caller's side is in `voice.turns`, the assistant's in `voice.answers`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nlu.dialogue import Dialogue
from nlu.meaning import Meaning
from nlu.reply import Reply
from personalization.view import CustomerFile
from voice import entries
from voice.answers import Answers
from voice.channels import FRAME_SECONDS, Channel, Floor
from voice.engines.loading import Engines
from voice.journal import ConversationEnded, Journal
from voice.listening import Listener
from voice.silence import Silence
from voice.turns import CallerTurns, Discretion
from voice.workers import Workers

__all__ = ["Conversation"]


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
        self._understanding = engines.understanding
        self._name, self._clock, self._facts, self._opening = name, clock, facts, opening
        self._silence = silence or Silence()
        self.listener = Listener(
            channel.rate,
            engines.transcriber,
            self._understand,
            workers,
            None if detect_language else dialogue.language,
            engines.melody,
            engines.understanding.misheard,
        )
        self._answers = Answers(
            channel.rate, dialogue, self.listener, engines, workers, journal, self._silence, acts or {}
        )
        self.speaker = self._answers.speaker
        self._turns = CallerTurns(
            dialogue, self.listener, self._answers, self._understand, workers, journal, self._silence, discretion
        )
        self._now = 0.0

    async def run(self) -> None:
        """Until the caller hangs up, or the assistant has said its last line."""
        self._start()
        ended = "caller hung up"
        try:
            while True:
                frame = self._answers.frame(self._now)
                if self._answers.ending and not self.speaker.active:
                    ended = self._answers.ending
                    break
                tick = await self.channel.exchange(frame, self._floor())
                if tick is None:
                    break
                self._now += FRAME_SECONDS
                if tick.echo_changed:
                    self.listener.forget_echo()
                self._turns.hear(tick.sound, self._now)
                for digit in tick.digits:
                    self._turns.key(digit, self._now)
                if tick.text:
                    self._turns.read(tick.text, self._now)
                if tick.touched:
                    self._silence.caller(self._now)
                self._turns.collect(self._now)
                self._answers.collect(self._now)
                self._turns.watch(self._now)
                self._answers.watch(self._now)
                self._watch_silence()
        except asyncio.CancelledError:
            ended = "stopped"
            raise
        finally:
            self._answers.interrupt(self._now)
            for event in self.dialogue.consents.end_conversation():
                self.record(event)
            self.journal.append(self._now, ConversationEnded(ended))
            self.channel.hang_up()

    @property
    def now(self) -> float:
        """Seconds of sound so far."""
        return self._now

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
        self._answers.say(reply, self._now)

    def hush(self) -> None:
        """Stops what is being said: the caller keys something."""
        self._answers.hush(self._now)

    def tell(self, id: str) -> None:
        """Says a fixed line that isn't part of a reply. Raises KeyError for an id without wording."""
        self._answers.tell(id, self._now)

    def finish(self, id: str, reason: str) -> None:
        """Says a last fixed line, then the conversation ends: its time is up, or the house closes."""
        self.tell(id)
        self._answers.ending = reason

    def _start(self) -> None:
        self.journal.append(0.0, entries.started(self._name, self.dialogue, self.channel, self._clock))
        for fact in self._facts:
            self.record(fact)
        self.say(self._opening or self.dialogue.open())

    def _understand(self, text: str, language: str) -> Meaning:
        return self._understanding.understand(
            text, language, expecting=self.dialogue.expecting, today=self.dialogue.context.today
        )

    def _floor(self) -> Floor:
        busy = self.speaker.active or self.listener.pending or self._turns.awaiting or self._answers.ending
        return Floor.ASSISTANT if busy else Floor.CALLER

    def _watch_silence(self) -> None:
        if self.speaker.active or self.listener.speaking or self.listener.pending:
            (self._silence.caller if self.listener.speaking else self._silence.sound)(self._now)
            return
        prompt = self._silence.due(self._now)
        if prompt is not None:
            self.say(self.dialogue.silence(prompt))
