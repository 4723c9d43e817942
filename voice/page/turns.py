"""The journal read turn by turn: what the page, the terminal view and the transcript all show.

Nothing is computed here that the journal doesn't say: events are only gathered by the turn they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from personalization import events as customer
from voice import journal as j

__all__ = ["Conversation", "SpokenLine", "Stage", "Turn", "clock", "one_line", "percentile", "read_turns", "stages"]


@dataclass
class SpokenLine:
    """One line of the assistant, and how much of it reached the caller's ear."""

    turn: int
    line: int
    text: str
    phrase: str
    version: int
    language: str
    script: bool
    source: str
    began: float
    """First sample, seconds on the audio clock."""
    ended: float | None = None
    """Last sample heard; None while it is spoken."""
    heard: str = ""
    complete: bool = False
    interrupted: bool = False
    resumed: bool = False

    @property
    def role(self) -> str:
        """ "disclosure", "opening", "reason", "consent" or "": read from the phrase's id."""
        head = self.phrase.split(".", 1)[0]
        known = {"why": "reason", "explain": "reason", "reason": "reason", "consent": "consent", "ask": ""}
        if head in ("opening", "disclosure"):
            return head
        return known.get(head, "")

    @property
    def unheard(self) -> str:
        """The end of the line that the caller did not hear."""
        if self.complete or self.ended is None:
            return ""
        return self.text[len(self.heard) :].strip() if self.text.startswith(self.heard) else self.text


@dataclass
class Turn:
    """The caller's words, what was understood, what was answered and on which data. Turn 0 is the opening."""

    number: int
    at: float = 0.0
    utterance: j.Utterance | None = None
    partials: list[tuple[float, j.Partial]] = field(default_factory=list)
    endpoint: j.EndpointReached | None = None
    cues: dict[str, Any] | None = None
    understood: j.Understood | None = None
    replied: j.Replied | None = None
    lines: list[SpokenLine] = field(default_factory=list)
    times: j.StageTimes | None = None
    suggested: list[customer.Suggested] = field(default_factory=list)
    suppressed: list[customer.Suppressed] = field(default_factory=list)
    consents: list[customer.ConsentChanged] = field(default_factory=list)
    reads: list[customer.DataRead] = field(default_factory=list)
    explained: list[customer.Explained] = field(default_factory=list)
    refused: list[customer.Refused] = field(default_factory=list)
    authenticated: list[customer.Authenticated] = field(default_factory=list)
    handed_off: customer.HandedOff | None = None
    troubles: list[j.Trouble] = field(default_factory=list)

    @property
    def response_s(self) -> float | None:
        """End of the caller's speech to the first sample of the answer, seconds."""
        return self.times.first_sound - self.times.end_of_speech if self.times else None


@dataclass(frozen=True)
class Stage:
    """One bar of a turn's waterfall; seconds after the end of speech."""

    name: str
    """"endpoint", "transcription", "understanding" or "first sound"."""
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


@dataclass
class Conversation:
    """A whole journal, gathered by turn."""

    started: j.ConversationStarted | None = None
    ended: j.ConversationEnded | None = None
    turns: list[Turn] = field(default_factory=list)
    consents: list[tuple[float, customer.ConsentChanged]] = field(default_factory=list)
    length: float = 0.0
    """Seconds, to the last thing the journal knows of."""

    @property
    def language(self) -> str:
        return self.started.language if self.started else "en"

    @property
    def lines(self) -> list[SpokenLine]:
        return sorted((line for turn in self.turns for line in turn.lines), key=lambda line: line.began)

    @property
    def responses(self) -> list[float]:
        """Seconds from end of speech to first sound, one per answered turn."""
        return [turn.response_s for turn in self.turns if turn.response_s is not None]

    @property
    def disclosures(self) -> int:
        """Disclosures the caller heard to their end, the opening included."""
        return sum(line.role in ("disclosure", "opening") and line.complete for line in self.lines)

    @property
    def suggestions(self) -> list[customer.Suggested]:
        return [suggested for turn in self.turns for suggested in turn.suggested]

    @property
    def verified(self) -> tuple[int, int]:
        """Suggestions whose evidence was verified, and suggestions that cite evidence (a popular one cites none)."""
        citing = [offer.verified for offer in self.suggestions if offer.evidence]
        return sum(citing), len(citing)


def stages(times: j.StageTimes) -> tuple[Stage, ...]:
    """The waterfall of one turn; the stages follow one another, so their lengths add up to the response time."""
    start = times.end_of_speech
    edges = [0.0] + [
        moment - start for moment in (times.endpoint, times.transcribed, times.understood, times.first_sound)
    ]
    names = ("endpoint", "transcription", "understanding", "first sound")
    return tuple(Stage(name, begin, end) for name, begin, end in zip(names, edges, edges[1:], strict=False))


def clock(seconds: float) -> str:
    """Minutes and seconds of the audio clock: 01:04.2."""
    tenths = round(seconds * 10)
    return f"{tenths // 600:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


def one_line(text: str) -> str:
    """The text without line breaks or control characters: a caller's words must not steer a terminal."""
    kept = (sign if sign.isprintable() or sign.isspace() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return " ".join("".join(kept).split())


def percentile(values: Iterable[float], share: float) -> float | None:
    """The value below which a share (0 to 1) of the values lies, linearly interpolated; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def read_turns(entries: Iterable[j.Entry]) -> Conversation:
    """Gather a journal's entries by turn.

    Events of the customer's floor carry no turn: they belong to the turn last understood or answered, not to one the
    caller has merely begun (a barge-in), because the assistant acts only on a finished turn.
    """
    reader = _Reader()
    for entry in entries:
        reader.take(entry)
    reader.conversation.turns.sort(key=lambda turn: turn.number)
    return reader.conversation


class _Reader:
    def __init__(self) -> None:
        self.conversation = Conversation()
        self._turns: dict[int, Turn] = {}
        self._acting = 0
        self._last: SpokenLine | None = None

    def take(self, entry: j.Entry) -> None:
        event = entry.event
        conversation = self.conversation
        conversation.length = max(conversation.length, entry.at)
        if isinstance(event, j.ConversationStarted):
            conversation.started = event
        elif isinstance(event, j.ConversationEnded):
            conversation.ended = event
        elif hasattr(event, "turn"):
            self._of_turn(entry.at, event, self._turn(event.turn, entry.at))
        else:
            self._of_customer(entry.at, event, self._turn(self._acting, entry.at))

    def _turn(self, number: int, at: float) -> Turn:
        if number not in self._turns:
            self._turns[number] = Turn(number, at)
            self.conversation.turns.append(self._turns[number])
        return self._turns[number]

    def _of_turn(self, at: float, event: Any, turn: Turn) -> None:
        if isinstance(event, (j.EndpointReached, j.Utterance, j.Understood, j.Replied)):
            self._acting = turn.number
        if isinstance(event, j.SpeechStarted):
            turn.at = event.began
        elif isinstance(event, j.Partial):
            turn.partials.append((at, event))
        elif isinstance(event, j.EndpointReached):
            turn.endpoint = event
        elif isinstance(event, j.Utterance):
            turn.utterance, turn.at = event, event.began
        elif isinstance(event, j.CuesRead):
            turn.cues = event.cues
        elif isinstance(event, j.Understood):
            turn.understood = event
        elif isinstance(event, j.Replied):
            turn.replied = event
        elif isinstance(event, j.StageTimes):
            turn.times = event
        else:
            self._of_line(at, event, turn)

    def _of_line(self, at: float, event: Any, turn: Turn) -> None:
        if isinstance(event, j.LineStarted):
            self._last = SpokenLine(
                turn.number,
                event.line,
                event.text,
                event.phrase,
                event.version,
                event.language,
                event.script,
                event.source,
                at,
            )
            turn.lines.append(self._last)
            return
        line = next((line for line in reversed(turn.lines) if line.line == event.line), None)
        if line is None:
            return
        if isinstance(event, j.LineHeard):
            line.ended, line.heard, line.complete = at, event.text, event.complete
        elif isinstance(event, j.Interrupted):
            line.interrupted = True
        elif isinstance(event, j.Resumed):
            line.interrupted, line.resumed = False, True

    def _of_customer(self, at: float, event: Any, turn: Turn) -> None:
        if isinstance(event, customer.ConsentChanged):
            self.conversation.consents.append((at, event))
        if isinstance(event, customer.HandedOff):
            turn.handed_off = event
            return
        shelf = {
            customer.Suggested: turn.suggested,
            customer.Suppressed: turn.suppressed,
            customer.ConsentChanged: turn.consents,
            customer.DataRead: turn.reads,
            customer.Explained: turn.explained,
            customer.Refused: turn.refused,
            customer.Authenticated: turn.authenticated,
            j.Trouble: turn.troubles,
        }.get(type(event))
        if shelf is not None:
            shelf.append(event)
