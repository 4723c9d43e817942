"""A call on a telephone line, whichever way it came in: a channel for `Conversation`, and what a line does besides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from voice.channels.channel import FRAME_SECONDS, Floor, Tick
from voice.channels.clock import FrameClock

__all__ = ["KEYS", "Answer", "LiveCall", "PortTaken", "Said"]

KEYS = frozenset("0123456789*#ABCD")
_KEYS_KEPT = 64
_LONGEST_HOLD = 30_000
"""Frames (10 min) a call may be on hold; then nobody comes back to it."""


class PortTaken(Exception):
    """Something else listens there already; the message says what to do."""

    def __init__(self, what: str, host: str, port: int) -> None:
        super().__init__(
            f"{what} can't listen on {host}:{port}: another program uses it. Stop that one or choose another port."
        )


@dataclass(frozen=True)
class Said:
    """What the other side says of a call. Hints, never proofs: anybody can write anything there."""

    way: str
    """"sip", "audiosocket", "asterisk", "twilio", "l16"."""
    caller: str = ""
    dialled: str = ""
    reference: str = ""
    """The other side's name for the call."""


class _Buffer(Protocol):
    lost: int

    def pull(self) -> np.ndarray: ...


class LiveCall:
    """A `Channel` paced by the process's one clock.

    A way in derives from it: it fills `sound`, calls `press` and `gone`, and implements `_send`, `_end` and, where the
    other side can, `transfer`.

    Args:
        rate: Hz, both ways.
        clock: shared by all calls.
        sound: where what comes in is pulled from.
    """

    def __init__(self, rate: int, clock: FrameClock, sound: _Buffer, said: Said) -> None:
        self.said = said
        self.sound = sound
        self.sent = 0
        """Frames sent, silence included."""
        self.held = False
        """The other side put the call on hold: nothing is sent, and nothing said to it is heard."""
        self._clock = clock
        self._slot: int | None = clock.join()
        self.set_rate(rate)
        self._digits = ""
        self._gone = asyncio.Event()

    def set_rate(self, rate: int) -> None:
        """Before the first frame alone: what is agreed with the other side decides."""
        self.rate = rate
        self._silence = np.zeros(int(rate * FRAME_SECONDS), np.int16)

    async def exchange(self, out: np.ndarray | None, floor: Floor) -> Tick | None:
        """One frame each way, by the clock. None: the caller is gone."""
        if self._gone.is_set():
            return None
        await self._clock.tick(self._slot)
        held = 0
        while self.held and not self._gone.is_set():
            await self._clock.tick(self._slot)
            self.sound.pull()
            held += 1
            if held > _LONGEST_HOLD:
                self.hang_up()
        if self._gone.is_set():
            return None
        self._send(self._silence if out is None else out)
        self.sent += 1
        digits, self._digits = self._digits, ""
        return Tick(self.sound.pull(), digits)

    def hang_up(self) -> None:
        if not self._gone.is_set():
            self.gone()
            self._end()

    def press(self, keys: str) -> None:
        """Keys the caller pressed; what isn't on a telephone is left out."""
        self._digits = (self._digits + "".join(key for key in keys.upper() if key in KEYS))[:_KEYS_KEPT]

    def gone(self) -> None:
        """The caller, or the line to them, is gone."""
        self._gone.set()
        if self._slot is not None:
            self._clock.leave(self._slot)
            self._slot = None

    @property
    def is_gone(self) -> bool:
        return self._gone.is_set()

    async def wait_gone(self) -> None:
        await self._gone.wait()

    def flush(self) -> None:
        """What was sent and not played yet isn't wanted any more. A line that plays at once has nothing to do."""

    async def transfer(self, target: str, within: float = 30.0) -> bool:
        """Passes the call on to a person; False: it couldn't be done, the caller is still here."""
        return False

    def _send(self, frame: np.ndarray) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        """Ends the call on the other side."""
        raise NotImplementedError


Answer = Callable[[LiveCall], Awaitable[None]]
"""What is done with a call that has come in; the call is over when it returns."""
