"""The assistant's side of a conversation: released lines in, 20 ms frames out, and a true record of what was heard.

Lines are made ahead in the "speaking" lane of the workers while the one before is played. Of all calls, the line that
is needed soonest is made first, and a line begins when the rest of it will be there in time. A line counts as heard up
to the last sample that left; nothing that was made but not played was said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from personalization.disclosure import ReleasedLine
from voice.audio import Resampler
from voice.channels import FRAME_SECONDS
from voice.journal import Interrupted, LineHeard, LineStarted, Resumed
from voice.speaking.voices import Voices
from voice.workers import Job, Workers

__all__ = ["Speaker", "Spoken"]

_BETWEEN_LINES = 0.15
"""Seconds of silence between two lines of a reply."""
_OPENER = "opener."
"""Beginning of the ids of lines such as "Well,": who says one may still think."""
_PREPARED = 2
"""Lines that are made before it is sure that they will be said."""
_MARGIN = 1.25
"""The rest of a line may take that much longer than the last ones did."""
_LETTERS, _DIGIT = 15.0, 4
"""Letters spoken in a second, about, and how many a digit stands for."""
_FIRST, _PERHAPS = 0.8, 4.0
"""When what nobody hears yet is needed, seconds: a reply's first line after what would leave a gap in another call's; a
line that may never be said after all others."""


@dataclass(frozen=True)
class Spoken:
    """Something that happened while a frame was played."""

    at: float
    """Seconds on the audio clock."""
    event: LineStarted | LineHeard | Interrupted | Resumed
    line: ReleasedLine


@dataclass
class _Line:
    turn: int
    number: int
    released: ReleasedLine
    job: Job | None
    source: str
    sound: list[np.ndarray] = field(default_factory=list)
    """Made and not played yet, at the channel's rate."""
    complete: bool = False
    """All its sound has been made."""
    failed: bool = False
    """The synthesizer gave up before its end."""
    started: bool = False
    played: int = 0
    made: int = 0

    def take(self, count: int) -> np.ndarray:
        out: list[np.ndarray] = []
        while count and self.sound:
            piece = self.sound[0][:count]
            self.sound[0] = self.sound[0][count:]
            if not len(self.sound[0]):
                self.sound.pop(0)
            out.append(piece)
            count -= len(piece)
        taken = np.concatenate(out) if out else np.zeros(0, np.int16)
        self.played += len(taken)
        return taken

    def receive(self, pieces: Iterable[np.ndarray]) -> None:
        for piece in pieces:
            self.made += len(piece)
            if len(piece):
                self.sound.append(piece)


class Speaker:
    """Speaks to one caller.

    Args:
        rate: of the frames made, Hz.
        voices: gives each line's sound, from the cache or a synthesizer.
        workers: where synthesizers work.
    """

    def __init__(self, rate: int, voices: Voices, workers: Workers) -> None:
        self.rate = rate
        self.speed = 1.0
        """Of speech; above 1 is faster."""
        self.gain = 1.0
        self.gaps: list[float] = []
        """Moments within a reply, but for its opener, at which the next sound wasn't ready (audio clock, seconds)."""
        self.work = 0.0
        """Seconds synthesizers worked for the lines of the last `say` that are finished."""
        self.failed = False
        """A line could not be made, or not to its end; whoever reads it resets it."""
        self._size = int(rate * FRAME_SECONDS)
        self._voices = voices
        self._workers = workers
        self._lines: list[_Line] = []
        self._pause = 0
        self._stopping = False
        self._held: list[_Line] = []
        self._ahead: dict[tuple[str, str, float], Job] = {}
        """Lines being made that may be said next."""
        self._said_at = 0.0
        self._sounding: int | None = None
        """The turn whose reply has begun to be heard."""

    @property
    def active(self) -> bool:
        """A reply is being spoken or made."""
        return bool(self._lines)

    @property
    def lines(self) -> list[ReleasedLine]:
        """What is being spoken, and what comes after it."""
        return [line.released for line in self._lines]

    @property
    def held(self) -> int:
        """Lines that a barge-in left unsaid, the one it cut among them."""
        return len(self._held)

    @property
    def finishing_script(self) -> bool:
        """The line being spoken is a legal script: it is finished before anything else."""
        return bool(self._lines) and self._lines[0].released.phrase.script and self._lines[0].started

    def say(self, turn: int, lines: Iterable[ReleasedLine], now: float) -> None:
        """Puts lines at the end of what is to be said. What a barge-in left unsaid is forgotten."""
        self._held = []
        self.work = 0.0
        if not self._lines:
            self._sounding = None
        for number, released in enumerate(lines):
            kept = self._voices.kept(released.phrase, self.speed)
            line = _Line(turn, number, released, None, "synthesis" if kept is None else "cache")
            if kept is None:
                line.job = self._ahead.pop(self._key(released), None) or self._made(released, now)
                line.job.due = partial(self._due, line)
            else:
                line.receive(self._at_rate(*kept))
                line.complete = True
            self._lines.append(line)
        self._said_at = now
        self._drop_ahead()

    def prepare(self, lines: Iterable[ReleasedLine], now: float) -> None:
        """Begins to make the first lines of a reply that may come; what was prepared before is dropped."""
        wanted = [line for line in list(lines)[:_PREPARED] if self._voices.kept(line.phrase, self.speed) is None]
        ahead = {self._key(line): self._ahead.pop(self._key(line), None) or self._made(line, now) for line in wanted}
        self._drop_ahead()
        self._ahead = ahead

    def waiting(self, now: float) -> float:
        """Seconds the reply has been waiting for its first sound; 0 when it is heard already, or there is none."""
        return now - self._said_at if self._lines and not self._lines[0].started else 0.0

    def delay(self, now: float) -> float:
        """Seconds until the reply's first sound can be there, by the pace of the last lines; 0 where it isn't known."""
        line = self._lines[0] if self._lines else None
        if line is None or line.started or line.job is None:
            return 0.0
        return max(0.0, self._to_make(line) - (now - line.job.asked))

    def cover(self, released: ReleasedLine) -> bool:
        """Puts a kept line before what isn't ready yet; False where its sound isn't kept.

        At the usual speed where it isn't kept at the caller's: better than a silence.
        """
        kept = self._voices.kept(released.phrase, self.speed) or self._voices.kept(released.phrase, 1.0)
        if kept is None or not self._lines:
            return False
        line = _Line(self._lines[0].turn, -1, released, None, "cache", complete=True)
        line.receive(self._at_rate(*kept))
        self._lines.insert(0, line)
        return True

    def _key(self, released: ReleasedLine) -> tuple[str, str, float]:
        return released.phrase.language, released.phrase.text, self.speed

    def _made(self, released: ReleasedLine, now: float) -> Job:
        job = self._workers.stream("speaking", self._maker(released, self.speed), now, lambda: _PERHAPS)
        job.asked = now
        return job

    def _due(self, line: _Line) -> float:
        """Seconds until the line's sound is needed (asked by a thread of the workers)."""
        lines, ahead = list(self._lines), 0.0
        for each in lines:
            if each is line:
                return ahead if lines[0].started else max(ahead, _FIRST)
            ahead += self._buffered(each) + (0.0 if each.complete else self._left(each))
        return _PERHAPS

    def _buffered(self, line: _Line) -> float:
        return sum(len(piece) for piece in list(line.sound)) / self.rate

    def _left(self, line: _Line) -> float:
        """Seconds of the line that aren't made yet, about."""
        text = line.released.text
        letters = len(text) + _DIGIT * sum(each.isdigit() for each in text)
        return max(0.0, letters / _LETTERS / self.speed - line.made / self.rate)

    def _in_time(self, line: _Line) -> bool:
        """The line may be heard from now on: what is made lasts until the next piece will be there."""
        if line.complete or line.started:
            return line.complete or bool(line.sound)
        return bool(line.sound) and self._buffered(line) >= _MARGIN * self._to_make(line)

    def _to_make(self, line: _Line) -> float:
        """Seconds until the next piece of a line is made, by the pace of the last ones."""
        language = line.released.phrase.language
        return self._voices.pace(language) * min(self._left(line), self._voices.longest_piece(language))

    def _drop_ahead(self) -> None:
        for job in self._ahead.values():
            job.cancel()
        self._ahead = {}

    def frame(self, now: float) -> tuple[np.ndarray | None, list[Spoken]]:
        """The frame to play from `now` on ((rate * 0.02,) int16, None: nothing to play), and what it brings."""
        for line in self._lines:
            self._collect(line, now)
        out = np.zeros(self._size, np.int16)
        filled, spoken = 0, []
        while self._lines and filled < self._size:
            if self._pause:
                step = min(self._pause, self._size - filled)
                self._pause -= step
                filled += step
                continue
            line = self._lines[0]
            if not self._in_time(line):
                if line.started or line.turn == self._sounding:
                    self.gaps.append(now)
                break
            at = now + filled / self.rate
            if not line.started and line.sound:
                line.started = True
                if not line.released.phrase.id.startswith(_OPENER):
                    self._sounding = line.turn
                spoken.append(Spoken(at, self._started(line), line.released))
            piece = line.take(self._size - filled)
            out[filled : filled + len(piece)] = piece
            filled += len(piece)
            if line.complete and not line.sound:
                self._end(line, now + filled / self.rate, spoken)
        if not filled:
            return None, spoken
        if self.gain != 1.0:
            out = np.clip(out * self.gain, -32768, 32767).astype(np.int16)
        return out, spoken

    def interrupt(self, now: float) -> list[Spoken]:
        """The caller speaks: stop. A legal script finishes its line first; the rest can be resumed."""
        if not self._lines or self._stopping:
            return []
        if self.finishing_script:
            self._held = self._lines[1:]
            self._lines = self._lines[:1]
            self._stopping = True
            return []
        spoken = self._cut(now)
        self._held, self._lines = self._lines, []
        return spoken

    def resume(self, now: float) -> list[Spoken]:
        """It was a false alarm: go on where it was."""
        if not self._held:
            return []
        self._lines, self._held = self._lines + self._held, []
        self._stopping = False
        first = self._lines[0]
        return [Spoken(now, Resumed(first.turn, first.number), first.released)]

    def forget(self) -> None:
        """What a barge-in left unsaid is not wanted any more."""
        for line in self._held:
            if line.job:
                line.job.cancel()
        self._held = []
        self._stopping = False

    def _cut(self, now: float) -> list[Spoken]:
        line = self._lines[0]
        if not line.started:
            return []
        return [
            Spoken(now, LineHeard(line.turn, line.number, self._words_heard(line), False), line.released),
            Spoken(now, Interrupted(line.turn, line.number), line.released),
        ]

    @staticmethod
    def _words_heard(line: _Line) -> str:
        """Words that were played, in proportion to the line's length (estimated while it isn't all made)."""
        words = line.released.text.split()
        length = line.made if line.complete and not line.failed else max(line.made, line.played * 2)
        return " ".join(words[: round(len(words) * line.played / max(1, length))])

    def _collect(self, line: _Line, now: float) -> None:
        if line.job is None:
            return
        line.receive(line.job.take(now))
        if line.job.ended(now):
            line.complete = True
            line.failed = line.job.error is not None
            self.failed |= line.failed
            self.work += line.job.seconds
            line.job = None

    def _end(self, line: _Line, at: float, spoken: list[Spoken]) -> None:
        self._lines.pop(0)
        if line.started:
            words = self._words_heard(line) if line.failed else line.released.text
            spoken.append(Spoken(at, LineHeard(line.turn, line.number, words, not line.failed), line.released))
        if self._lines:
            self._pause = int(_BETWEEN_LINES * self.rate)
        elif self._stopping:
            self._stopping = False
            spoken.append(Spoken(at, Interrupted(line.turn, line.number), line.released))

    def _started(self, line: _Line) -> LineStarted:
        phrase = line.released.phrase
        return LineStarted(
            line.turn, line.number, phrase.text, phrase.id, phrase.version, phrase.language, phrase.script, line.source
        )

    def _maker(self, released: ReleasedLine, speed: float):
        def make() -> Iterator[np.ndarray]:
            voice = self._voices.voice(released.phrase.language)
            resampler = Resampler(voice.rate, self.rate) if voice.rate != self.rate else None
            for sound in self._voices.make(released.phrase, speed):
                yield resampler.push(sound) if resampler else sound
            if resampler:
                yield resampler.flush()

        return make

    def _at_rate(self, sound: np.ndarray, rate: int) -> list[np.ndarray]:
        if rate == self.rate:
            return [sound]
        resampler = Resampler(rate, self.rate)
        return [resampler.push(sound), resampler.flush()]
