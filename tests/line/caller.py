"""A caller who says prepared turns, each when the assistant has finished, and remembers what they heard and when.

Pure: fed 20 ms of what is heard, gives 20 ms of what is said. `run` brings it to an AudioSocket, Twilio or raw stream.
As a program (`python -m tests.line.caller PORT COUNT LANGUAGE [short|mixed|burst]`) it makes many calls by AudioSocket
and prints a JSON object for each: all say the same, or (mixed and burst, French) each what callers.yaml has for them.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from voice.audio import dbfs, ulaw_decode, ulaw_encode
from voice.channels.audiosocket import SOUND, Messages, message
from voice.channels.wav import pauses
from voice.demo import sample_call
from voice.wavfile import read_wav, synthetic_speech, write_wav

__all__ = ["Caller", "by_audiosocket", "by_l16", "by_twilio", "mixed", "turns_of"]

SIZE = 160
_LOUD = -45.0
_AFTER = 60
"""Frames of quiet (1.2 s) after which the assistant has finished."""
_PATIENCE = 600
"""Frames (12 s) without an answer after which the caller says the next turn anyway."""


def turns_of(language: str, wanted: tuple[int, ...]) -> tuple[list[np.ndarray], list[str]]:
    """Turns of a sample call, (n,) int16 at 8 kHz each, and their words."""
    sample = sample_call(language)
    sound, rate = read_wav(sample.path)
    assert rate == 8_000
    ends = [0, *(pause.end for pause in pauses(sound, rate))]
    starts = [pause.start for pause in pauses(sound, rate)]
    cut = [sound[max(0, ends[turn] - 800) : starts[turn] + 1_600] for turn in wanted]
    return cut, [sample.turns[turn] for turn in wanted]


@dataclass
class Caller:
    """Args:
    turns: (n,) int16 at 8 kHz each.
    """

    turns: list[np.ndarray]
    heard: list[np.ndarray] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    """Seconds from the last loud sample of a turn to the first loud one of its answer."""
    first_sound: float | None = None
    """Seconds from the first frame to the first sound."""
    _left: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int16))
    _quiet: int = 0
    _answered: bool = False
    _since: int | None = None
    _frames: int = 0

    def step(self, frame: np.ndarray) -> np.ndarray:
        self.heard.append(frame)
        self._frames += 1
        loud = dbfs(frame) > _LOUD
        self._quiet = 0 if loud else self._quiet + 1
        if loud and self.first_sound is None:
            self.first_sound = self._frames * 0.02
        if self._since is not None:
            self._since += 1
        if loud and self._since is not None and not self._answered and not len(self._left):
            self.answers.append(self._since * 0.02)
        if loud and not len(self._left):
            self._answered = True
        patience = self._since is None or self._since > _PATIENCE
        if (
            self.turns
            and not len(self._left)
            and self._quiet > _AFTER
            and (self._answered or (patience and self._since))
        ):
            self._left, self._answered = self.turns.pop(0), False
            last = np.flatnonzero(np.abs(self._left.astype(np.int32)) > 700)
            self._since = -(int(last[-1] if len(last) else len(self._left)) // SIZE)
        out, self._left = self._left[:SIZE], self._left[SIZE:]
        return np.pad(out, (0, SIZE - len(out)))

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.heard) if self.heard else np.zeros(0, np.int16)


async def by_audiosocket(
    port: int, caller: Caller, most: float = 180.0, keys: str = "", call: str | None = None
) -> None:
    """A call as Asterisk makes it, until it is hung up. `call`: the UUID of one that was passed on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(message(0x01, (uuid.UUID(call) if call else uuid.uuid4()).bytes))
    messages = Messages()
    try:
        async with asyncio.timeout(most):
            while data := await reader.read(4_096):
                for kind, payload in messages.feed(data):
                    if kind == 0:
                        return
                    if kind in SOUND:
                        said = caller.step(np.frombuffer(payload, "<i2"))
                        writer.write(message(0x10, said.astype("<i2").tobytes()))
                        if keys and len(caller.heard) == 100:
                            writer.write(b"".join(message(0x03, key.encode()) for key in keys))
    except TimeoutError:
        pass
    finally:
        writer.close()


async def by_twilio(port: int, caller: Caller, most: float = 180.0) -> None:
    from websockets.asyncio.client import connect

    start = {"event": "start", "start": {"streamSid": "MZ1", "callSid": "CA1", "customParameters": {"From": "+3310"}}}
    async with connect(f"ws://127.0.0.1:{port}/twilio") as socket:
        await socket.send(json.dumps(start))
        async with asyncio.timeout(most):
            async for text in socket:
                event = json.loads(text)
                if event["event"] == "media":
                    codes = np.frombuffer(base64.b64decode(event["media"]["payload"]), np.uint8)
                    said = ulaw_encode(caller.step(ulaw_decode(codes)))
                    media = {"track": "inbound", "payload": base64.b64encode(said.tobytes()).decode()}
                    await socket.send(json.dumps({"event": "media", "media": media}))


async def by_l16(port: int, caller: Caller, most: float = 180.0) -> None:
    """As mod_audio_fork: it begins by sending sound, and bridges the call when told to."""
    from websockets.asyncio.client import connect

    async with connect(f"ws://127.0.0.1:{port}/l16") as socket:
        await socket.send(json.dumps({"caller": "100"}))
        async with asyncio.timeout(most):
            async for data in socket:
                if isinstance(data, str):
                    return  # "transfer": the call is bridged elsewhere
                await socket.send(caller.step(np.frombuffer(data, "<i2")).astype("<i2").tobytes())


def mixed() -> list[list[np.ndarray]]:
    """The turns of each caller of callers.yaml, (n,) int16 at 8 kHz each; spoken once, then kept in the cache."""
    listed = yaml.safe_load(Path(__file__).with_name("callers.yaml").read_text(encoding="utf-8"))
    return [[_spoken(text) for text in turns] for turns in listed]


def _spoken(text: str) -> np.ndarray:
    from personalization.user_cache import cache_dir
    from voice.audio import resample
    from voice.engines.models import Models
    from voice.engines.synthesizer import load_synthesizer

    models = Models()
    name = models.voice_for("fr")
    path = cache_dir() / "bench" / "callers" / f"{hashlib.sha256(f'{name} {text}'.encode()).hexdigest()[:16]}.wav"
    if not path.exists():
        voice = load_synthesizer(name, models)
        sound = ulaw_decode(ulaw_encode(resample(np.concatenate(list(voice.synthesize(text))), voice.rate, 8_000)))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, sound, 8_000, synthetic_speech(name))
    return read_wav(path)[0]


async def _many(port: int, count: int, language: str, how: str) -> None:
    whole = (0, 2, 4, 5, 7, 9, 10) if language == "fr" else (0, 2, 3, 5, 7, 9, 10)
    different = how in ("mixed", "burst")
    same = [] if different else turns_of(language, (0, 2, 9, 10) if how == "short" else whole)[0]
    calls = mixed() if different else [same]
    apart = 2.0 if how == "mixed" else 0.7

    async def one(number: int) -> None:
        await asyncio.sleep(number * apart)  # calls don't begin at the same moment
        caller = Caller(list(calls[number % len(calls)]))
        turns = len(caller.turns)
        began = time.monotonic()
        await by_audiosocket(port, caller, 240)
        row = {"seconds": time.monotonic() - began, "first_sound": caller.first_sound, "answers": caller.answers}
        print(json.dumps(row | {"turns": turns, "left": len(caller.turns)}), flush=True)

    await asyncio.gather(*(one(number) for number in range(count)))


if __name__ == "__main__":
    asyncio.run(_many(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], *sys.argv[4:] or ["whole"]))
