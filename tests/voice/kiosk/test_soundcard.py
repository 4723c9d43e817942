"""The real thing: PortAudio on PulseAudio null sinks, a loudspeaker the microphone hears, a recorded caller."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from personalization.shop import Shop
from tests.voice.calls import TUESDAY, of
from tests.voice.kiosk.acoustics import voices_in
from tests.voice.kiosk.pulse import Room, room
from voice.audio import dbfs
from voice.channels import FRAME_SECONDS, Floor
from voice.channels.soundcard import RATE, SoundCard
from voice.channels.wav import pauses
from voice.demo import sample_call
from voice.journal import Entry
from voice.kiosk.echo import EchoCanceller, erle
from voice.kiosk.identity import Codes
from voice.kiosk.kiosk import Kiosk, KioskOptions
from voice.kiosk.screen import Screen
from voice.wavfile import read_wav

FRAME = int(RATE * FRAME_SECONDS)


@pytest.fixture(scope="module")
def heard_room() -> Iterator[Room]:
    pytest.importorskip("sounddevice", reason="pip install 'candide-voice[kiosk]'", exc_type=Exception)
    pytest.importorskip("livekit", reason="pip install 'candide-voice[kiosk]'")
    with room() as made:
        yield made


class Recorder:
    """The real canceller, with what went in and what came out kept for the test."""

    def __init__(self) -> None:
        self.canceller, self.played, self.before, self.after = EchoCanceller(RATE), [], [], []

    def process(self, captured: np.ndarray, played: np.ndarray) -> np.ndarray:
        left = self.canceller.process(captured, played)
        self.played.append(played)
        self.before.append(captured)
        self.after.append(left)
        return left

    @property
    def changed(self) -> bool:
        return self.canceller.changed

    def lost(self) -> None:
        self.canceller.lost()

    def sounds(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What was played, heard and left of it, each (n,) int16."""
        played, before, after = (np.concatenate(each) for each in (self.played, self.before, self.after))
        return played, before, after


def lags(played: np.ndarray, heard: np.ndarray, step: int, most: int = RATE // 2) -> list[int]:
    """Samples by which each `step` of what is heard is later than what was played: where their correlation peaks."""
    found = []
    for at in range(0, len(heard) - step + 1, step):
        cause = np.concatenate([np.zeros(max(0, most - at)), played[max(0, at - most) : at + step]])
        size = 2 * len(cause)
        both = np.conj(np.fft.rfft(heard[at : at + step].astype(float), size)) * np.fft.rfft(cause, size)
        found.append(most - int(np.argmax(np.fft.irfft(both, size)[: most + 1])))
    return found


def untorn_seconds(played: np.ndarray, heard: np.ndarray, before: int = 3) -> list[int]:
    """First samples of the seconds in which, and in the `before` ones before, the echo came equally late.

    A sound server that gets no processor in time leaves sound out, and the echo's delay jumps: no canceller knows of
    that beforehand.
    """
    late = lags(played, heard, RATE)
    return [
        at * RATE for at in range(before, len(late) - 1) if np.ptp(late[at - before : at + 1]) <= RATE // 1000
    ]


async def play(card: SoundCard, sound: np.ndarray) -> None:
    for at in range(0, len(sound) - FRAME + 1, FRAME):
        assert await card.exchange(sound[at : at + FRAME], Floor.ASSISTANT) is not None


async def listen(card: SoundCard, seconds: float) -> np.ndarray:
    ticks = [await card.exchange(None, Floor.CALLER) for _ in range(round(seconds / FRAME_SECONDS))]
    return np.concatenate([tick.sound for tick in ticks])


def test_what_is_played_is_heard_and_the_canceller_takes_it_out(heard_room):
    said = voices_in("en", 12.0)

    async def run() -> Recorder:
        recorder = Recorder()
        card = SoundCard("test_microphone", "test_loudspeaker", recorder)
        await card.open()
        await play(card, said)
        await card.close()
        return recorder

    for _ in range(4):
        played, before, after = asyncio.run(run()).sounds()
        assert dbfs(before[4 * RATE :]) > -40, "the loudspeaker is heard"
        seconds = untorn_seconds(played, before)
        if len(seconds) >= 3:
            break
    else:
        pytest.skip("this machine is too busy for live sound now: its sound server tears what it plays")
    lowered = [erle(before[at : at + RATE], after[at : at + RATE]) for at in seconds]
    assert np.median(lowered) >= 20, lowered


def test_somebody_who_speaks_is_heard(heard_room):
    caller = voices_in("en", 3.0)

    async def run() -> np.ndarray:
        card = SoundCard("test_microphone", "test_loudspeaker", EchoCanceller(RATE))
        await card.open()
        await listen(card, 0.5)
        said = heard_room.say(caller, RATE)
        heard = await listen(card, 4.0)
        await asyncio.to_thread(said.wait)
        await card.close()
        return heard

    heard = asyncio.run(run())
    assert dbfs(heard) > dbfs(caller) - 10


@pytest.mark.parametrize("how", ["the microphone falls silent", "the sound server dies"])
def test_what_fails_is_told_the_conversation_goes_on_and_it_comes_back(how, heard_room):
    told: list[tuple[str, str]] = []

    def fail() -> None:
        if "dies" in how:
            heard_room.close()
        else:
            heard_room.control("suspend-source", "microphone", "1")

    def mend() -> None:
        if "dies" in how:
            heard_room.open()
        else:
            heard_room.control("suspend-source", "microphone", "0")

    async def run() -> None:
        card = SoundCard(
            "test_microphone", "test_loudspeaker", told=lambda way, what: told.append((way, what)), patient=True
        )
        await card.open()
        await listen(card, 0.5)
        assert not any(card.troubles.values())
        await asyncio.to_thread(fail)
        for _ in range(100):
            silent = await listen(card, 0.1)
            if card.troubles["input"]:
                break
        assert card.troubles["input"] and not silent.any(), "the conversation goes on"
        await asyncio.to_thread(mend)
        for _ in range(200):
            await listen(card, 0.1)
            if not any(card.troubles.values()):
                break
        assert not any(card.troubles.values())
        said = heard_room.say(voices_in("en", 2.0), RATE)
        heard = await listen(card, 3.0)
        await asyncio.to_thread(said.wait)
        assert dbfs(heard) > -50, "and it hears again"
        await card.close()

    asyncio.run(run())
    sentences = [what for way, what in told if way == "input" and what]
    assert sentences and all("microphone" in what for what in sentences)
    assert told[-1][1] == "", "it was told that it works again"


def test_a_machine_whose_sound_server_is_gone_still_has_a_kiosk(monkeypatch):
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/native")
    pytest.importorskip("sounddevice", reason="pip install 'candide-voice[kiosk]'", exc_type=Exception)

    async def run() -> None:
        card = SoundCard(patient=True)
        await card.open()
        card.type("hello")
        tick = await card.exchange(None, Floor.CALLER)
        assert tick.text == "hello" and not tick.sound.any() and card.troubles["input"]
        await card.close()

    asyncio.run(run())


def turns_of(language: str, *numbers: int) -> tuple[list[np.ndarray], int]:
    """Turns of the recorded call, cut at its pauses."""
    sound, rate = read_wav(sample_call(language).path)
    edge, pieces, at = int(0.1 * rate), [], 0
    for pause in pauses(sound, rate):
        if pause.start - at > 0.4 * rate:
            pieces.append(sound[max(0, at - edge) : pause.start + edge])
        at = pause.end
    return [pieces[number] for number in numbers], rate


class Caller:
    """The recorded caller: waits until the assistant has finished, then says the next turn into the room."""

    def __init__(self, made: Room, kiosk: Kiosk, turns: list[np.ndarray], rate: int) -> None:
        self.room, self.kiosk, self.turns, self.rate = made, kiosk, turns, rate
        self.torn = 0
        """Times the loudspeaker ran dry."""

    async def live(self) -> None:
        while not (self.kiosk.visit and self.kiosk.visit.conversation):
            await asyncio.sleep(0.1)
        for turn in self.turns:
            await self._assistant_has_finished()
            said = self.room.say(turn, self.rate)
            await asyncio.to_thread(said.wait)
        await self._assistant_has_finished()
        if self.kiosk.visit and self.kiosk.visit.card.playback:
            self.torn = self.kiosk.visit.card.playback.underruns
        self.kiosk.stop()

    async def _assistant_has_finished(self) -> None:
        quiet = -5
        while quiet < 8 and self.kiosk.visit:
            await asyncio.sleep(0.1)
            quiet = quiet + 1 if self.kiosk.visit and self.kiosk.visit.conversation._floor() is Floor.CALLER else 0


@pytest.mark.long  # sound torn by a busy machine makes the canceller lose the echo: one run in five heard itself
@pytest.mark.parametrize(("language", "numbers"), [("en", (0, 3)), ("fr", (0, 4))])
def test_a_whole_conversation_through_the_air_in_which_the_assistant_does_not_interrupt_itself(
    language, numbers, heard_room
):
    from voice.engines.loading import load_engines
    from voice.engines.models import ModelDamaged, ModelMissing

    shop = Shop.load(today=TUESDAY.date())
    try:
        loaded = load_engines(shop, (language,), first=language, quiet=True)
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    entries: list[Entry] = []

    async def run() -> tuple[str, int]:
        kiosk = Kiosk(
            loaded, shop, Codes(), Screen(shop.brand, language),
            KioskOptions("test_microphone", "test_loudspeaker", patient=False), [entries.append], clock=noon,
        )  # fmt: skip
        caller = Caller(heard_room, kiosk, *turns_of(language, *numbers))
        living = asyncio.create_task(caller.live())
        ended = await asyncio.wait_for(kiosk.converse(language), 180)
        await living
        await kiosk.close()
        return ended, caller.torn

    ended, torn = asyncio.run(run())
    rows: list[dict[str, Any]] = [entry.as_dict() for entry in entries]
    slow = [row for row in of(rows, "StageTimes") if row["transcribed"] - row["endpoint"] > 2.0]
    slow += [row for row in of(rows, "Trouble") if row["where"] == "transcription"]
    if torn > 2 or slow:
        pytest.skip(f"this machine is too busy for live sound now: torn {torn} times, {len(slow)} slow turns")
    assert ended == "caller hung up"
    assert [row["intent"] for row in of(rows, "Understood")] == ["recommend", "price"]
    assert all(row["complete"] for row in of(rows, "LineHeard")) and not of(rows, "Interrupted")
    assert len(of(rows, "Replied")) >= 3


def noon() -> datetime:
    return TUESDAY
