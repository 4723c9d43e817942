"""A conversation over this machine's microphone and loudspeaker.

The microphone is the clock: each 20 ms it captured are one exchange. The loudspeaker is fed through a short cushion
that takes up the unevenness between the two and the drift of their crystals. A card that fails, or isn't there, is
replaced by silence at the same pace until it is back, so that the conversation can go on by touch and in writing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from voice.audio import SILENCE_DBFS, Resampler, dbfs
from voice.channels.channel import FRAME_SECONDS, Floor, Tick
from voice.channels.devices import DeviceError, Way, choose, devices, open_stream, rescan
from voice.channels.echo_guard import EchoGuard
from voice.channels.playback import Playback

__all__ = ["Canceller", "SoundCard"]

RATE = 32_000
"""Hz, both ways: all of the voices' band, and a rate echo cancellers work at."""
_STALLED = 0.4
"""Seconds without a sample after which a microphone counts as gone."""
_FIRST = 1.0
"""Seconds more it may take for its first one."""
_AGAIN = 1.0
"""Seconds between two attempts to open what is missing."""
_REFERENCE = 0.2
"""Seconds of played sound that may wait for the canceller: an echo is later than its cause, but not by that much."""
_MARGIN = 2
"""Frames of it that wait usually, so that uneven hand-overs don't tear it."""

Told = Callable[[Way, str], None]
"""(which device, a sentence on what is wrong with it; "" when it works)"""


class Canceller(Protocol):
    """Takes the loudspeaker's sound out of the microphone's."""

    def process(self, captured: np.ndarray, played: np.ndarray) -> np.ndarray:
        """20 ms of both, (640,) int16 at 32 kHz. Returns what is left, the same shape."""

    @property
    def changed(self) -> bool:
        """What is left in the last frame is of another kind than in the one before."""

    def lost(self) -> None:
        """Sound was torn: the echo is later, or sooner, than it was."""


class SoundCard:
    """A `Channel` over sounddevice.

    Args:
        input, output: a device's number or (part of a) name; None is the machine's default.
        canceller: takes our own voice out of what the microphone hears; None leaves it in (headphones).
        told: is told what is wrong with a device, and when it works again.
        patient: a device that isn't there is waited for; else `open` raises.
    """

    rate = RATE

    def __init__(
        self,
        input: str | None = None,
        output: str | None = None,
        canceller: Canceller | None = None,
        told: Told = lambda way, what: None,
        patient: bool = False,
    ) -> None:
        self.level = SILENCE_DBFS
        """Of the last frame heard, echo taken out, dBFS."""
        self.lost = 0
        """Times the card dropped samples because nobody took them in time."""
        self.muted = False
        """The loudspeaker is silent; everything else goes on."""
        self.playback: Playback | None = None
        self.names: dict[Way, str] = {}
        """The devices in use."""
        self.troubles: dict[Way, str] = {"input": "", "output": ""}
        self._wanted: dict[Way, str | None] = {"input": input, "output": output}
        self._canceller, self._told, self._patient = canceller, told, patient
        self._size = int(RATE * FRAME_SECONDS)
        self._silence = np.zeros(self._size, np.int16)
        self._streams: dict[Way, Any] = {}
        self._to_us: Resampler | None = None
        self._to_card: Resampler | None = None
        self._back: Resampler | None = None
        """The loudspeaker's sound at our rate again: the canceller is given what was really played."""
        self._played = np.zeros(0, np.int16)
        self._underruns = 0
        self._guard = EchoGuard()
        self._captured: deque[np.ndarray] = deque()
        self._heard = np.zeros(0, np.int16)
        self._arrived = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last_sample = 0.0
        self._next_silence = 0.0
        self._mending: asyncio.Task | None = None
        self._digits, self._text, self._touched = "", "", False
        self._gone = False

    # What the edge does.

    async def open(self) -> None:
        """Opens both devices.

        Raises:
            DeviceError: one can't be used (unless patient).
        """
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._open_missing)
        if not self._patient and (what := self.troubles["input"] or self.troubles["output"]):
            await self.close()
            raise DeviceError(what)
        self._next_silence = time.monotonic()

    async def close(self) -> None:
        """Gives the devices back; the microphone is off."""
        self._gone = True
        self._arrived.set()
        if self._mending:
            self._mending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._mending
        await asyncio.to_thread(self._close_all)

    def press(self, keys: str) -> None:
        self._digits += keys
        self._touched = True

    def type(self, text: str) -> None:
        """A turn in writing; a second one within 20 ms is put behind it."""
        self._text = f"{self._text} {text}".strip()
        self._touched = True

    def touch(self) -> None:
        self._touched = True

    # What the conversation does.

    async def exchange(self, out: np.ndarray | None, floor: Floor) -> Tick | None:
        if self._gone:
            return None
        self._play(self._silence if out is None or self.muted else out, out is None)
        captured = await self._frame()
        if self._gone:
            return None
        changed = False
        if self._canceller is not None:
            reference = self._reference()
            captured = self._guard.pass_on(captured, self._canceller.process(captured, reference), reference)
            changed = self._canceller.changed
        self.level = dbfs(captured)
        tick = Tick(captured, self._digits, self._text, self._touched, changed)
        self._digits, self._text, self._touched = "", "", False
        return tick

    def hang_up(self) -> None:
        self._gone = True
        self._arrived.set()

    # The microphone.

    def _on_captured(self, sound: np.ndarray, lost: bool) -> None:
        """In PortAudio's thread."""
        self.lost += lost
        self._captured.append(sound)
        self._last_sample = time.monotonic()
        with contextlib.suppress(RuntimeError):  # the loop is closing
            self._loop.call_soon_threadsafe(self._arrived.set)

    async def _frame(self) -> np.ndarray:
        """20 ms of the microphone, or of silence while there is none."""
        while len(self._heard) < self._size and not self._gone:
            if self._captured:
                self._take_captured()
                continue
            self._arrived.clear()
            if self._captured:
                continue
            if not await self._waits_for_sound():
                return self._silence
        frame, self._heard = self._heard[: self._size], self._heard[self._size :]
        self._next_silence = time.monotonic()
        return frame

    def _take_captured(self) -> None:
        sound = self._captured.popleft()
        if self.troubles["input"]:
            self._trouble("input", None)
        if self._to_us is not None:
            sound = self._to_us.push(sound)
        self._heard = np.concatenate([self._heard, sound])

    async def _waits_for_sound(self) -> bool:
        """False: there is none now, and 20 ms have passed by the machine's clock."""
        if "input" in self._streams and time.monotonic() - self._last_sample < _STALLED:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), _STALLED)
            return True
        self._mend()
        now = time.monotonic()
        self._next_silence = max(self._next_silence + FRAME_SECONDS, now - 0.5)
        await asyncio.sleep(max(0.0, self._next_silence - now))
        return False

    # The loudspeaker.

    def _play(self, sound: np.ndarray, silent: bool) -> None:
        playback = self.playback
        if playback is None:
            return
        stream = self._streams.get("output")
        if stream is None or not stream.active:
            self._mend()
            return
        playback.push(self._to_card.push(sound) if self._to_card else sound.copy(), silent)

    def _reference(self) -> np.ndarray:
        """What the loudspeaker took while this frame was captured: what was left out or came late isn't in the echo."""
        lost = False
        for sound in self.playback.given() if self.playback else ():
            self._played = np.concatenate([self._played, self._back.push(sound) if self._back else sound])
        if len(self._played) > int(_REFERENCE * RATE):
            self._played, lost = self._played[-_MARGIN * self._size :], True
        if len(self._played) < self._size:
            self._played, lost = np.concatenate([self._played, np.zeros(_MARGIN * self._size, np.int16)]), True
        if self.playback is not None and self.playback.underruns != self._underruns:
            self._underruns, lost = self.playback.underruns, True
        if lost:
            self._guard.lost()
            self._canceller.lost()
        taken, self._played = self._played[: self._size], self._played[self._size :]
        return taken

    # Devices that come and go.

    def _mend(self) -> None:
        if self._mending is None or self._mending.done():
            self._mending = asyncio.get_running_loop().create_task(self._mend_until_whole())

    async def _mend_until_whole(self) -> None:
        first = True
        while not self._gone and (first or any(self.troubles.values())):
            await asyncio.to_thread(self._drop_dead)
            if not first:
                await asyncio.sleep(_AGAIN)
            first = False
            await asyncio.to_thread(self._open_missing)

    def _drop_dead(self) -> None:
        """Closes what doesn't work any more; everything, where devices must be looked for anew."""
        stalled = time.monotonic() - self._last_sample > _STALLED
        for way, stream in list(self._streams.items()):
            if not stream.active or (way == "input" and stalled):
                self._close(way)
                self._trouble(way, DeviceError(f"The {_WHAT[way]} {self.names[way]!r} stopped: plug it in again."))

    def _open_missing(self) -> None:
        missing: list[Way] = [way for way in ("input", "output") if way not in self._streams]
        if not missing:
            return
        try:
            if not self._streams:
                rescan()
            found = devices()
        except DeviceError as error:
            for way in missing:
                self._trouble(way, error)
            return
        for way in missing:
            try:
                self._open(way, found)
                if way == "output" or not self.troubles["input"]:
                    self._trouble(way, None)  # a microphone that failed works again once it is heard
            except DeviceError as error:
                self._trouble(way, error)

    def _open(self, way: Way, found: list) -> None:
        device = choose(found, self._wanted[way], way)
        if way == "input":
            self._captured.clear()
            stream, rate = open_stream(device, way, RATE, self._on_captured)
            self._to_us = Resampler(rate, RATE) if rate != RATE else None
            self._last_sample = time.monotonic() + _FIRST
        else:
            stream, rate = open_stream(device, way, RATE, self._pull)
            self._to_card = Resampler(RATE, rate) if rate != RATE else None
            self._back = Resampler(rate, RATE) if rate != RATE else None
            self.playback = Playback(rate)
        self._streams[way] = stream
        self.names[way] = device.name

    def _pull(self, count: int) -> np.ndarray:
        """In PortAudio's thread."""
        playback = self.playback
        return np.zeros(count, np.int16) if playback is None else playback.pull(count)

    def _trouble(self, way: Way, error: DeviceError | None) -> None:
        what = str(error) if error else ""
        if what != self.troubles[way]:
            self.troubles[way] = what
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._told, way, what)

    def _close(self, way: Way) -> None:
        stream = self._streams.pop(way)
        if way == "output":
            self.playback = None
        stream.abort(ignore_errors=True)
        stream.close(ignore_errors=True)

    def _close_all(self) -> None:
        for way in list(self._streams):
            self._close(way)


_WHAT: dict[Way, str] = {"input": "microphone", "output": "loudspeaker"}
