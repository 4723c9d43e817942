"""A call over WebSocket, whichever protocol it speaks: sent from a short queue, so that a slow peer holds up nobody."""

from __future__ import annotations

import asyncio
from typing import Any

from voice.channels.buffers import StreamBuffer
from voice.channels.clock import FrameClock
from voice.channels.live import LiveCall, Said

__all__ = ["SocketCall"]

_UNSENT = 100
"""Messages a peer may leave unread (2 s of sound). Then it is taken to be gone."""


class SocketCall(LiveCall):
    def __init__(self, rate: int, clock: FrameClock, said: Said) -> None:
        self.buffer = StreamBuffer(rate)
        super().__init__(rate, clock, self.buffer, said)
        self._queue: asyncio.Queue[str | bytes | None] = asyncio.Queue()

    def post(self, message: str | bytes) -> None:
        if self._queue.qsize() > _UNSENT:
            self.gone()
        else:
            self._queue.put_nowait(message)

    async def deliver(self, socket: Any) -> None:
        """Sends what is posted until the call ends."""
        while (message := await self._queue.get()) is not None:
            await socket.send(message)

    def take(self, message: str | bytes) -> None:
        """A message of the peer's; one that makes no sense is left out."""
        raise NotImplementedError

    def _end(self) -> None:
        self._queue.put_nowait(None)
