"""The kiosk's own echo: false barge-ins, echo return loss enhancement, and how soon a caller stops the assistant."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from nlu.dialogue import Dialogue
from nlu.meaning import Meaning
from nlu.reply import Reply
from personalization.disclosure import DisclosureGate, Line
from personalization.phrases import Phrase
from personalization.shop import Shop
from voice.audio import AudioError, dbfs, resample
from voice.audit.recordings import spoken_words, word_errors
from voice.channels import FRAME_SECONDS, Floor, Tick
from voice.channels.soundcard import RATE
from voice.channels.wav import pauses
from voice.conversation import Conversation
from voice.demo import sample_call
from voice.engines.loading import Engines
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.engines.whisper import LocalWhisper
from voice.journal import Interrupted, Journal, LineStarted, Resumed, SpeechStarted
from voice.kiosk.echo import EchoCanceller, erle
from voice.silence import Silence
from voice.speaking.voices import Voices, fixed_phrases
from voice.wavfile import read_wav
from voice.workers import SimulatedWorkers

LANGUAGES = ("fr", "en")
FRAME = int(RATE * FRAME_SECONDS)
NOON = datetime(2026, 11, 24, 12)
LINES = 24
"""Different lines the assistant speaks, over and over."""
_LEARNT = 5.0
"""Seconds left out of the ERLE: the canceller gets to know the room."""
_BARGE_EVERY, _TURNS = 9.0, 12


class Surroundings(NamedTuple):
    """Where the kiosk stands."""

    name: str
    delay: float
    """Seconds from giving a frame away to hearing it."""
    level_db: float
    """Of the echo, relative to what is played."""
    reverberation: float
    """RT60, seconds."""
    noise_dbfs: float
    """Pink, steady."""
    bang_dbfs: float
    """Doors, trolleys: one every five seconds or so."""


ROOMS = (
    Surroundings("quiet corner", 0.08, -14.0, 0.25, -65.0, -40.0),
    Surroundings("shop floor", 0.12, -8.0, 0.5, -52.0, -30.0),
    Surroundings("tiled hall, loud", 0.16, -3.0, 0.8, -48.0, -26.0),
)


def run(quick: bool = False) -> dict[str, Any]:
    """Simulated rooms, faster than real time; the canceller, the listener and the conversation are the real ones.

    The assistant speaks without end, half of the time in each language; whatever the listener takes for a caller is a
    false alarm. Then recorded callers (synthetic voices) speak into it. Rooms are impulse responses with a tail that
    dies exponentially, a loudspeaker with third-order distortion, pink noise and bangs; nobody else talks in them.
    """
    try:
        voices, whisper = Voices(Models()), LocalWhisper(Models().ready("whisper-base"))
        said = {language: _lines(voices, language, 8 if quick else LINES) for language in LANGUAGES}
        EchoCanceller(RATE)
    except (ModelMissing, ModelDamaged, AudioError) as missing:
        return {"skipped": str(missing)}
    minutes = 2.0 if quick else 30.0
    rooms = ROOMS[1:2] if quick else ROOMS
    figures: dict[str, Any] = {
        "minutes": minutes,
        "false_barge_ins": 0,
        "false_alarms": 0,
        "speech_s": 0.0,
        "rooms": {},
    }
    for room in rooms:
        rows = []
        for language in LANGUAGES:
            seconds = minutes * 60 / len(rooms) / len(LANGUAGES)
            rows.append(_alone(room, language, seconds, voices, whisper, said[language]))
        figures["false_barge_ins"] += sum(row["false_barge_ins"] for row in rows)
        figures["false_alarms"] += sum(row["false_alarms"] for row in rows)
        figures["speech_s"] += sum(row["speech_s"] for row in rows)
        figures["rooms"][room.name] = {"erle_db": round(statistics.mean(row["erle_db"] for row in rows), 1)}
    figures["speech_s"] = round(figures["speech_s"], 1)
    figures["erle_db"] = round(statistics.mean(row["erle_db"] for row in figures["rooms"].values()), 1)
    stops = [
        stop
        for language in LANGUAGES
        for stop in _barge_ins(rooms[0] if quick else ROOMS[1], language, 3 if quick else _TURNS, voices, whisper, said)
    ]
    return figures | _stops(stops) | {"caller": _into_ours(ROOMS[1], 3 if quick else 8, voices, whisper, said)}


def _stops(stops: list[tuple[float | None, float]]) -> dict[str, Any]:
    caught = [(stop, second) for stop, second in stops if stop is not None]
    if not caught:
        return {"barge_ins": len(stops), "barge_ins_missed": len(stops)}
    after_onset = [stop for stop, _ in caught]
    after_second = [max(0.0, stop - second) for stop, second in caught]
    return {
        "barge_ins": len(stops),
        "barge_ins_missed": len(stops) - len(caught),
        "barge_in_from_first_sound_s": round(statistics.median(after_onset), 3),
        "barge_in_stop_s": round(statistics.median(after_second), 3),
        "barge_in_stop_p95_s": round(float(np.percentile(after_second, 95)), 3),
    }


class Echoed:
    """A channel in a simulated room: what is played is heard again, with noise, and a caller where one is given."""

    rate = RATE

    def __init__(self, room: Surroundings, seconds: float, caller: np.ndarray | None = None, seed: int = 7) -> None:
        self.canceller = EchoCanceller(RATE)
        self.before: list[np.ndarray] = []
        self.after: list[np.ndarray] = []
        self.played: list[bool] = []
        self._frames = int(seconds / FRAME_SECONDS)
        self._choice = np.random.default_rng(seed)
        response = _response(room, self._choice)
        parts = np.pad(response, (0, -len(response) % FRAME)).reshape(-1, FRAME)
        self._parts = np.fft.rfft(parts, 2 * FRAME)
        self._past = np.zeros_like(self._parts)
        self._last = np.zeros(FRAME)
        self._noise = _surroundings(room, self._choice)
        self._caller = caller

    async def exchange(self, out: np.ndarray | None, floor: Floor) -> Tick | None:
        await asyncio.sleep(0)
        index = len(self.before)
        if index >= self._frames:
            return None
        played = np.zeros(FRAME, np.int16) if out is None else out
        heard = self._echo(played) + self._noise[index * FRAME % (len(self._noise) - FRAME) :][:FRAME]
        if self._caller is not None:
            said = self._caller[index * FRAME : (index + 1) * FRAME]
            heard[: len(said)] += said
        captured = np.clip(np.rint(heard), -32768, 32767).astype(np.int16)
        left = self.canceller.process(captured, played)
        self.before.append(captured)
        self.after.append(left)
        self.played.append(out is not None)
        return Tick(left, echo_changed=self.canceller.changed)

    def hang_up(self) -> None: ...

    def _echo(self, played: np.ndarray) -> np.ndarray:
        """Uniformly partitioned convolution, frame by frame."""
        driven = played / 32768.0
        driven = driven - 0.02 * driven**3
        spectrum = np.fft.rfft(np.concatenate([self._last, driven]))
        self._past = np.concatenate([spectrum[None], self._past[:-1]])
        self._last = driven
        return np.fft.irfft((self._past * self._parts).sum(axis=0))[FRAME:] * 32768


def _response(room: Surroundings, choice: np.random.Generator) -> np.ndarray:
    length = int(room.reverberation * RATE)
    tail = choice.normal(0, 1, length) * 10 ** (-3 * np.arange(length) / length) * 0.05
    tail[0] = 1.0
    for at in (0.003, 0.008, 0.015, 0.023):
        tail[int(at * RATE)] += 0.4 * choice.choice([-1, 1])
    return np.concatenate(
        [np.zeros(int(room.delay * RATE)), tail * 10 ** (room.level_db / 20) / np.sqrt(np.sum(tail**2))]
    )


def _surroundings(room: Surroundings, choice: np.random.Generator, seconds: float = 60.0) -> np.ndarray:
    """(n,) float: pink noise, and bangs that die within a quarter of a second."""
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(choice.normal(0, 1, count))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    pink = np.fft.irfft(spectrum, count)
    pink *= 32768 * 10 ** (room.noise_dbfs / 20) / np.sqrt(np.mean(pink**2))
    size = RATE // 4
    for at in choice.uniform(0, seconds - 1, int(seconds / 5)):
        bang = choice.normal(0, 1, size) * np.exp(-np.arange(size) / (0.04 * RATE))
        pink[int(at * RATE) : int(at * RATE) + size] += bang * 32768 * 10 ** (room.bang_dbfs / 20)
    return pink


class Monologue(Dialogue):
    """Speaks without end, whatever happens: a fake dialogue around the real conversation."""

    def __init__(self, shop: Shop, language: str, lines: Sequence[Phrase]) -> None:
        super().__init__(shop, None, language, "kiosk", NOON)
        self._lines = list(lines)
        self._free = DisclosureGate()

    def open(self) -> Reply:
        return Reply(self._free.release([Line(phrase) for phrase in self._lines], self.phrases))

    def reply(self, meaning: Meaning, cues: Any = None) -> Reply:
        return self.open()

    def rehearse(self, meaning: Meaning) -> tuple:
        return ()

    def not_understood(self, reason: str = "unclear", meaning: Meaning | None = None) -> Reply:
        return self.open()

    def silence(self, step: int) -> Reply:
        return self.open()


class _NoMeaning:
    """A fake understanding: the words don't matter here."""

    def understand(self, text: str, language: str, **_: Any) -> Meaning:
        return Meaning("thanks", 1.0, text, language)

    def misheard(self, text: str, language: str) -> tuple[str, ...]:
        return ()


def _lines(voices: Voices, language: str, count: int) -> list[Phrase]:
    """Lines that may be interrupted, their sound made and kept."""
    lines = [phrase for phrase in fixed_phrases(language, "Belmont") if not phrase.script and len(phrase.text) > 30]
    chosen = lines[:: max(1, len(lines) // LINES)][:count]
    voices.prepare(chosen)
    return chosen


def _talk(
    channel: Echoed,
    language: str,
    voices: Voices,
    whisper: LocalWhisper,
    lines: Sequence[Phrase],
    durations: bool = False,
) -> Journal:
    journal = Journal()
    dialogue = Monologue(_shop(), language, lines)
    conversation = Conversation(
        channel, dialogue, Engines(whisper, _NoMeaning(), voices), SimulatedWorkers(durations=durations), journal,
        detect_language=False, silence=Silence((0.4,) * 100_000),
    )  # fmt: skip
    asyncio.run(conversation.run())
    return journal


@cache
def _shop() -> Shop:
    return Shop.load(today=NOON.date())


def _alone(
    room: Surroundings, language: str, seconds: float, voices: Voices, whisper: LocalWhisper, lines: Sequence[Phrase]
) -> dict[str, Any]:
    channel = Echoed(room, seconds)
    journal = _talk(channel, language, voices, whisper, lines)
    begins = int(_LEARNT / FRAME_SECONDS)
    spoken = [index for index in range(begins, len(channel.before)) if channel.played[index]]
    before = np.concatenate([channel.before[index] for index in spoken])
    after = np.concatenate([channel.after[index] for index in spoken])
    stopped = [entry for entry in journal.of(Interrupted) if entry.at < seconds - 0.1]
    return {
        "false_barge_ins": len(stopped),
        "false_alarms": len(list(journal.of(SpeechStarted))),
        "resumed": len(list(journal.of(Resumed))),
        "erle_db": erle(before, after),
        "echo_dbfs": dbfs(before),
        "speech_s": sum(channel.played) * FRAME_SECONDS,
    }


def _barge_ins(
    room: Surroundings, language: str, count: int, voices: Voices, whisper: LocalWhisper, said: dict
) -> Iterator[tuple[float | None, float]]:
    """(seconds from the caller's first sound until the assistant stopped, None: never; end of their second word).

    Engines take the time they take here: words that stop the assistant must first be recognised.
    """
    caller, turns = _speaking(_caller(language, whisper), count)
    begins = [(at, second) for at, _, second in turns]
    channel = Echoed(room, len(caller) / RATE, caller)
    journal = _talk(channel, language, voices, whisper, said[language], durations=True)
    stops = [entry.at for entry in journal.of(Interrupted)]
    spoken = sorted(entry.at for entry in journal.of(LineStarted))
    for at, second in begins:
        if not any(started < at for started in spoken):
            continue
        stop = next((each for each in stops if at < each < at + 5.0), None)
        yield (None if stop is None else stop - at, second)


def _speaking(
    turns: Sequence[tuple[np.ndarray, float]], count: int
) -> tuple[np.ndarray, list[tuple[float, float, float]]]:
    """A caller's track, and of each of their turns: where it begins, its length, the end of its second word."""
    caller, found = np.zeros(int((12 + count * _BARGE_EVERY) * RATE)), []
    for number in range(count):
        sound, second = turns[number % len(turns)]
        at = 10.0 + number * _BARGE_EVERY
        caller[int(at * RATE) :][: len(sound)] += sound[: len(caller) - int(at * RATE)]
        found.append((at, len(sound) / RATE, second))
    return caller, found


def _into_ours(room: Surroundings, count: int, voices: Voices, whisper: LocalWhisper, said: dict) -> dict[str, Any]:
    """How many of a caller's words are misheard while the assistant speaks, beside what is heard of them alone."""
    wrong: dict[str, int] = {}
    words = 0
    for language in LANGUAGES:
        turns = _caller(language, whisper)
        caller, spoken = _speaking(turns, count)
        alone = [
            spoken_words(whisper.transcribe(_for_whisper(sound, 0.0, len(sound) / RATE), language).text, language)
            for sound, _ in (turns * count)[:count]
        ]
        words += sum(map(len, alone))
        kept = [resample(*voices.kept(phrase, 1.0), RATE) for phrase in said[language]]
        ours = np.resize(np.concatenate(kept), len(caller) // FRAME * FRAME).reshape(-1, FRAME)
        channel, suppressing = Echoed(room, len(caller) / RATE, caller), EchoCanceller(RATE)
        asyncio.run(_heard_over(channel, ours))
        suppressed = [suppressing.suppressed(*each) for each in zip(channel.before, ours, strict=True)]
        for name, sound in (("none", channel.before), ("suppressing", suppressed), ("both", channel.after)):
            left = np.concatenate(sound)
            for (at, long, _), expected in zip(spoken, alone, strict=True):
                text = whisper.transcribe(_for_whisper(left, at - 0.2, at + long + 0.3), language).text
                wrong[name] = wrong.get(name, 0) + word_errors(expected, spoken_words(text, language))
    return {"words": words, "misheard": {name: round(count / words, 3) for name, count in wrong.items()}}


async def _heard_over(channel: Echoed, ours: np.ndarray) -> None:
    for frame in ours:
        await channel.exchange(frame, Floor.ASSISTANT)


def _for_whisper(sound: np.ndarray, begin: float, end: float) -> np.ndarray:
    piece = sound[max(0, int(begin * RATE)) : int(end * RATE)]
    return resample(np.clip(np.rint(piece), -32768, 32767).astype(np.int16), RATE, 16_000)


def _caller(language: str, whisper: LocalWhisper) -> list[tuple[np.ndarray, float]]:
    """Turns of the sample call at our rate, from their first sound on, with the end of their second word, seconds."""
    sound, rate = read_wav(sample_call(language).path)
    found, at = [], 0
    for pause in pauses(sound, rate):
        piece = sound[at : pause.start]
        at = pause.end
        if len(piece) < 0.8 * rate:
            continue
        loud = np.flatnonzero(np.abs(piece.astype(np.int32)) > 600)
        piece = piece[loud[0] :]
        words = whisper.transcribe(resample(piece, rate, 16_000), language).words
        if len(words) >= 3:
            found.append((resample(piece, rate, RATE).astype(np.float64), words[1].end))
    return found
