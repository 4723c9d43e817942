"""When a caller's turn begins and ends: a state machine that is told frames and times, and asks no clock.

A short silence ends a finished answer; a hesitation, a trailing preposition or a number being dictated waits longer.
The rules on text are in `voice.hearing.completeness`; here only arithmetic on seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from voice.hearing.completeness import Completeness, completeness
from voice.hearing.finished import finished
from voice.hearing.transcriber import Ending

__all__ = ["Endpoint", "EndpointRules", "Turn", "TurnEvent"]

_LIKELY, _AS_LIKELY, _IF_UNDERSTOOD = 0.65, 0.5, 0.3
_ANSWER = 3  # words: a short answer that is complete is over, however it sounds
_TOLERANCE = 1e-6  # seconds: sums of 0.02 are not exact


class TurnEvent(Enum):
    STARTED = "started"
    """The caller speaks; `began` is the first voiced sample."""
    MAYBE_OVER = "maybe over"
    """A first silence: the moment to prepare the final decode."""
    WENT_ON = "went on"
    """Speech again after MAYBE_OVER: throw away what was prepared."""
    OVER = "over"
    """The turn is over; `ended` is the last voiced sample."""


@dataclass(frozen=True)
class Turn:
    """An event of the turn, on the clock of the frames given (seconds)."""

    event: TurnEvent
    at: float
    """End of the frame that decided it."""
    began: float
    ended: float
    """Last voiced sample so far."""
    forced: bool = False
    """OVER because the turn reached its maximum length, not because of a silence."""

    @property
    def silence(self) -> float:
        """Seconds from the last voiced sample to the decision."""
        return self.at - self.ended


@dataclass(frozen=True)
class EndpointRules:
    """Durations in seconds."""

    start: float = 0.08
    """Voiced time, within `start_window`, that makes a start."""
    start_window: float = 0.16
    maybe: float = 0.14
    finished: float = 0.26
    """Silence after a complete short answer, or a text that looks like a finished sentence."""
    open: float = 0.7
    """After a short answer where more may follow."""
    usual: float = 0.48
    hesitating: float = 1.2
    """After a hesitation, or a word that calls for another ("avec", "the")."""
    dictating: float = 1.6
    """After a number that may go on."""
    most: float = 1.8
    """However patient."""
    longest: float = 30.0
    """A turn of this length is over whatever is heard."""
    stale: float = 0.35
    """A text that covers less than all but this much of the speech says nothing about its end."""
    old: float = 0.1
    """The same of its punctuation."""
    resume: float = 0.04
    """Voiced time that makes WENT_ON after MAYBE_OVER (a click must not)."""

    doubtful: float = 0.7
    """After a request that is understood though its end is unlikely, and until the whole text is there."""
    unsure: float = 0.85
    """Where an end is as likely as not."""
    going_on: float = 1.4
    """Where an end is unlikely."""

    def silence_for(self, kind: Completeness, likely: float | None = None, understood: bool = False) -> float:
        """What the words ask for; how likely the turn is over decides where they don't.

        Args:
            likely: probability that the turn is over (`voice.hearing.finished`); None where nothing tells.
            understood: the words so far are a request that can be answered.
        """
        silence = {
            Completeness.FINISHED: self.finished,
            Completeness.OPEN: self.open,
            Completeness.UNKNOWN: self.usual,
            Completeness.HESITATING: self.hesitating,
            Completeness.DICTATING: self.dictating,
        }[kind]
        if likely is None or kind in (Completeness.OPEN, Completeness.DICTATING):
            return silence
        if kind is Completeness.HESITATING:
            return silence if likely >= _AS_LIKELY else self.going_on
        if likely >= _LIKELY:
            return self.finished
        if understood:
            return self.usual if likely >= _IF_UNDERSTOOD and kind is Completeness.FINISHED else self.doubtful
        return self.unsure if likely >= _AS_LIKELY else self.going_on


class Endpoint:
    """One caller's turns. Feed every frame in order; hints come whenever a partial text is known."""

    def __init__(self, rules: EndpointRules | None = None) -> None:
        self.rules = rules or EndpointRules()
        self.patience = 1.0
        """Silences are this much longer, for a caller who pauses a lot."""
        self._now = 0.0
        self._reset()

    def _reset(self) -> None:
        self._speaking = False
        self._maybe = False
        self._began = self._ended = self._now
        self._run = 0.0  # voiced seconds up to now without a gap
        self._recent: deque[tuple[float, float]] = deque()  # voiced frames (begin, end) that may become a start
        self._hint = Completeness.UNKNOWN
        self._language = "en"
        self._understood = self._answered = False
        self._ending: Ending | None = None
        self._hint_until = 0.0
        self._melody: float | None = None
        self._melody_until = 0.0

    @property
    def speaking(self) -> bool:
        """Between STARTED and OVER."""
        return self._speaking

    @property
    def needed_silence(self) -> float:
        """Seconds of silence that end the turn, as things stand."""
        stale = self._ended > self._hint_until + self.rules.stale
        old = self._ending is not None and self._ended > self._hint_until + self.rules.old
        melody = self._melody if self._ended <= self._melody_until + _TOLERANCE else None
        likely = finished(self._language, self._hint, None if stale or old else self._ending, melody)
        if self._answered and not stale:
            likely = 1.0
        silence = self.rules.silence_for(Completeness.UNKNOWN if stale else self._hint, likely, self._understood)
        if stale:
            # No answer can begin before the words are known: an end before them would only risk cutting the caller off.
            told = melody is not None or self._ending is not None
            silence = max(silence, self.rules.doubtful if told else self.rules.usual)
        elif old:
            silence = max(silence, self.rules.doubtful)
        return min(silence * self.patience, max(silence, self.rules.most))

    def hint(
        self,
        text: str,
        language: str,
        heard_until: float | None = None,
        expecting_number: bool = False,
        more_may_follow: bool = False,
        understood: bool = False,
        ending: Ending | None = None,
    ) -> None:
        """What the caller said so far in this turn. Ignored outside a turn.

        Args:
            heard_until: the end of the sound this text was recognised from; now, if not given. Speech well past it
                makes the hint worthless.
            expecting_number: the assistant asked for an order number, a postcode, a phone number.
            more_may_follow: it asked something whose answer has parts, so that a "yes" may be its beginning.
            understood: the text is a request that can be answered.
            ending: what the recogniser's punctuation tells of the sentence's end.
        """
        if self._speaking:
            self._hint = completeness(text, language, expecting_number)
            self._hint_until = self._now if heard_until is None else heard_until
            self._language, self._understood, self._ending = language, understood, ending
            self._answered = self._hint is Completeness.FINISHED and len(text.split()) <= _ANSWER
            if self._answered and more_may_follow:
                self._hint = Completeness.OPEN

    def sounded(self, finished: float, heard_until: float) -> None:
        """A model's opinion of the turn's melody; speech after `heard_until` makes it worthless.

        Args:
            finished: probability that the turn is over.
            heard_until: end of the sound it was given, seconds.
        """
        if self._speaking:
            self._melody, self._melody_until = finished, heard_until

    def feed(self, seconds: float, speech: bool) -> list[Turn]:
        """One frame.

        Args:
            seconds: where the frame ends, on the audio clock; frames are contiguous.
            speech: what voice activity detection said of it.

        Returns:
            The events it caused, usually none.
        """
        frame_began, self._now = self._now, seconds
        self._run = self._run + seconds - frame_began if speech else 0.0
        if not self._speaking:
            return self._wait_for_start(frame_began, seconds, speech)
        events = []
        if self._run >= self.rules.resume - _TOLERANCE:
            self._ended = seconds
            if self._maybe:
                self._maybe = False
                events.append(self._event(TurnEvent.WENT_ON))
        silence = seconds - self._ended + _TOLERANCE
        if seconds - self._began >= self.rules.longest - _TOLERANCE:
            return [*events, self._over(forced=True)]
        if not self._maybe and silence >= self.rules.maybe:
            self._maybe = True
            events.append(self._event(TurnEvent.MAYBE_OVER))
        if silence >= self.needed_silence:
            events.append(self._over())
        return events

    def _wait_for_start(self, began: float, ended: float, speech: bool) -> list[Turn]:
        if speech:
            self._recent.append((began, ended))
        while self._recent and self._recent[0][0] < ended - self.rules.start_window - _TOLERANCE:
            self._recent.popleft()
        if not speech or sum(end - begin for begin, end in self._recent) < self.rules.start - _TOLERANCE:
            return []
        self._speaking = True
        self._began, self._ended = self._recent[0][0], ended
        self._recent.clear()
        return [self._event(TurnEvent.STARTED)]

    def _event(self, event: TurnEvent, forced: bool = False) -> Turn:
        return Turn(event, self._now, self._began, self._ended, forced)

    def _over(self, forced: bool = False) -> Turn:
        turn = self._event(TurnEvent.OVER, forced)
        self._reset()
        return turn
