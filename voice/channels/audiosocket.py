"""Asterisk's AudioSocket: a TCP connection a call, messages of a type, a length and a payload.

Type u8, length u16 big-endian, payload. 00 hang-up, 01 the call's UUID (16 bytes), 03 a key (one ASCII character),
10 to 18 signed linear sound, little-endian, at the rate the type tells; ff an error. Asterisk drops a call that gets no
sound for 2 s, so silence is sent like speech. (res_audiosocket.h of Asterisk 22; its wiki's AudioSocket page.)
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import uuid
from collections.abc import Iterator

import numpy as np

from voice.audio import Resampler
from voice.channels.buffers import StreamBuffer
from voice.channels.clock import FrameClock
from voice.channels.live import Answer, LiveCall, PortTaken, Said
from voice.channels.networks import Network, allowed
from voice.channels.next_steps import NextSteps

__all__ = ["AudioSocketCall", "AudioSocketServer", "Messages", "message"]

HANG_UP, CALL, KEY, ERROR = 0x00, 0x01, 0x03, 0xFF
SOUND = {0x10: 8_000, 0x11: 12_000, 0x12: 16_000, 0x13: 24_000, 0x14: 32_000, 0x15: 44_100, 0x16: 48_000, 0x17: 96_000}
"""Sample rates by message type, Hz."""

_FIRST_WORD = 5.0
"""Seconds a connection has to say which call it is."""
_UNREAD = 64_000
"""Bytes a peer may leave unread: 4 s of sound. Then it is taken to be gone."""


def message(kind: int, payload: bytes = b"") -> bytes:
    return struct.pack(">BH", kind, len(payload)) + payload


class Messages:
    """Cuts a stream of bytes into (type, payload); holds one message at most, so 64 KiB."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        self._rest += data
        at = 0
        while len(self._rest) - at >= 3:
            kind, length = struct.unpack_from(">BH", self._rest, at)
            if len(self._rest) - at - 3 < length:
                break
            yield kind, bytes(self._rest[at + 3 : at + 3 + length])
            at += 3 + length
        del self._rest[:at]


class AudioSocketCall(LiveCall):
    """One call, at 8 kHz towards Asterisk whatever comes from it."""

    def __init__(
        self, clock: FrameClock, writer: asyncio.StreamWriter, reference: str, next_steps: NextSteps | None = None
    ) -> None:
        buffer = StreamBuffer(8_000)
        super().__init__(8_000, clock, buffer, Said("audiosocket", reference=reference))
        self._buffer = buffer
        self._writer = writer
        self._next_steps = next_steps
        self._resampler: Resampler | None = None

    def take(self, kind: int, payload: bytes) -> None:
        """A message from Asterisk; one that makes no sense is left out."""
        if kind in SOUND:
            self._hear(np.frombuffer(payload[: len(payload) // 2 * 2], "<i2"), SOUND[kind])
        elif kind == KEY:
            self.press(payload[:1].decode("ascii", "ignore"))
        elif kind in (HANG_UP, ERROR):
            self.gone()

    async def transfer(self, target: str, within: float = 30.0) -> bool:
        """Ends our part; the dialplan asks `NextSteps` and dials. Where nobody answers it comes back, same UUID."""
        return self._next_steps is not None and self._next_steps.pass_on(self, target)

    def _hear(self, pcm: np.ndarray, rate: int) -> None:
        if rate != self.rate:
            if self._resampler is None or self._resampler.source_rate != rate:
                self._resampler = Resampler(rate, self.rate)
            pcm = self._resampler.push(pcm)
        self._buffer.push(pcm)

    def _send(self, frame: np.ndarray) -> None:
        if self._writer.is_closing() or self._writer.transport.get_write_buffer_size() > _UNREAD:
            self.gone()
            return
        self._writer.write(message(0x10, frame.astype("<i2").tobytes()))

    def _end(self) -> None:
        """Asterisk's dialplan goes on after the AudioSocket line: there a call that asked for a human is passed on."""
        with contextlib.suppress(OSError, RuntimeError):
            self._writer.write(message(HANG_UP))


class AudioSocketServer:
    """Listens for Asterisk.

    Args:
        answer: what is done with each call.
        clock: shared by all calls.
        allow: networks connections are taken from; none: this machine only.
        next_steps: by which calls are passed on to people.
    """

    def __init__(
        self,
        answer: Answer,
        clock: FrameClock,
        host: str = "127.0.0.1",
        port: int = 9092,
        allow: tuple[Network, ...] = (),
        next_steps: NextSteps | None = None,
    ) -> None:
        self._answer, self._clock = answer, clock
        self._host, self._port = host, port
        self._allow, self._next_steps = allow, next_steps
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return self._server.sockets[0].getsockname()[1] if self._server else self._port

    async def start(self) -> None:
        """Raises: PortTaken."""
        try:
            self._server = await asyncio.start_server(self._connected, self._host, self._port, limit=65_536)
        except OSError as error:
            raise PortTaken("AudioSocket", self._host, self._port) from error

    async def close(self) -> None:
        """No new calls; those there are ended."""
        if self._server:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._connections.add(task)
        try:
            peer = writer.get_extra_info("peername")
            if peer and allowed(peer[0], self._allow):
                await self._serve(reader, writer)
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass  # cancelled: the server closes
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        messages = Messages()
        async with asyncio.timeout(_FIRST_WORD):
            reference, early = await _first(reader, messages)
        if reference is None:
            writer.write(message(ERROR))
            return
        call = AudioSocketCall(self._clock, writer, reference, self._next_steps)
        for kind, payload in early:
            call.take(kind, payload)
        answering = asyncio.ensure_future(self._answer(call))
        reading = asyncio.ensure_future(_read(reader, messages, call))
        try:
            await answering
            await writer.drain()
        finally:
            call.hang_up()
            reading.cancel()
            answering.cancel()
            await asyncio.gather(reading, answering, return_exceptions=True)


async def _first(reader: asyncio.StreamReader, messages: Messages) -> tuple[str | None, list[tuple[int, bytes]]]:
    """The call's UUID, which comes before anything else, and the messages that came with it."""
    while data := await reader.read(4_096):
        found = list(messages.feed(data))
        if found:
            (kind, payload), *early = found
            good = kind == CALL and len(payload) == 16
            return (str(uuid.UUID(bytes=payload)) if good else None), early
    return None, []


async def _read(reader: asyncio.StreamReader, messages: Messages, call: AudioSocketCall) -> None:
    try:
        while data := await reader.read(4_096):
            for kind, payload in messages.feed(data):
                call.take(kind, payload)
    except ConnectionError:
        pass
    finally:
        call.gone()
