"""Sound in RTP packets (RFC 3550) with keys as telephone events (RFC 4733), coded by `codecs`.

One socket a call. Packets are taken from the other side's own addresses only, and answered to where they really come
from, so that callers behind address translation hear something and nobody else is sent sound.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from collections import deque
from dataclasses import dataclass

import numpy as np

from voice.audio import Resampler
from voice.channels.buffers import JitterBuffer
from voice.channels.channel import FRAME_SECONDS
from voice.channels.clock import FrameClock
from voice.channels.codecs import CLOCK, PCMU, Codec, codec, known
from voice.channels.live import LiveCall, PortTaken, Said

__all__ = ["Packet", "RtpCall", "RtpPorts", "parse_packet"]

EVENT_KEYS = "0123456789*#ABCD"
"""Keys by telephone event code (RFC 4733, table 3)."""

_RELATCH = 50
"""Frames (1 s) of nothing from an address before another of the peer's ports is listened to."""
_DEAD = 3_000
"""Frames (60 s) of nothing at all after which the call is over."""


@dataclass(frozen=True)
class Packet:
    payload_type: int
    sequence: int
    timestamp: int
    source: int
    """SSRC: which sender; a new one begins a new timeline."""
    payload: bytes


def parse_packet(data: bytes) -> Packet | None:
    """The packet, or None for what isn't RTP version 2 (RTCP among it)."""
    if len(data) < 12 or data[0] >> 6 != 2 or 192 <= data[1] <= 223:
        return None
    _, second, sequence, timestamp, source = struct.unpack_from(">BBHII", data)
    start = 12 + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:  # a header extension
        if len(data) < start + 4:
            return None
        start += 4 + 4 * struct.unpack_from(">H", data, start + 2)[0]
    end = len(data) - (data[-1] if data[0] & 0x20 else 0)
    if end < start:
        return None
    return Packet(second & 0x7F, sequence, timestamp, source, data[start:end])


class RtpPorts:
    """Even UDP ports for calls, each taken by one.

    Args:
        host: address they are bound to.
        first, last: the range the firewall lets through.
    """

    def __init__(self, host: str, first: int = 10_000, last: int = 10_998) -> None:
        self._host, self._first, self._last = host, first + first % 2, last
        self._next = self._first

    def bind(self) -> socket.socket:
        """A bound socket, not blocking.

        Raises:
            PortTaken: none is free.
        """
        for _ in range(self._first, self._last + 1, 2):
            port, self._next = self._next, self._next + 2 if self._next + 2 <= self._last else self._first
            bound = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET, socket.SOCK_DGRAM)
            bound.setblocking(False)
            try:
                bound.bind((self._host, port))
            except OSError:
                bound.close()
                continue
            return bound
        raise PortTaken("Sound (RTP)", self._host, self._first)


class RtpCall(LiveCall, asyncio.DatagramProtocol):
    """The sound of one call.

    Args:
        bound: the call's own socket.
        hosts: addresses packets are taken from.
    """

    def __init__(self, clock: FrameClock, said: Said, bound: socket.socket, hosts: set[str]) -> None:
        self._buffer = JitterBuffer(8_000)
        super().__init__(8_000, clock, self._buffer, said)
        self.hosts = hosts
        self._bound = bound
        self._transport: asyncio.DatagramTransport | None = None
        self._codecs: dict[int, Codec] = {}
        self._payload_type = PCMU
        self._towards: Resampler | None = None
        self._back: Resampler | None = None
        """Where the codec was changed in the call, which keeps the rate it began with."""
        self._unsent = np.zeros(0, np.int16)
        self._seen: deque[int] = deque(maxlen=16)
        """Sequence numbers of the last packets: a copy would disturb a decoder that remembers."""
        self.events_type: int | None = None
        """Payload type of telephone events."""
        self._to: tuple[str, int] | None = None
        self._from: tuple[str, int] | None = None
        self._since_packet = 0
        self._source = secrets.randbits(32)
        self._sequence, self._timestamp = secrets.randbits(16), secrets.randbits(32)
        self._first = True
        self._sender: int | None = None
        self._events: deque[int] = deque(maxlen=8)
        """Timestamps of the last keys: each event comes in several packets."""

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, sock=self._bound)

    def towards(self, address: tuple[str, int], payload_type: int, events_type: int | None) -> None:
        """Where sound goes until packets show where it comes from, and how it is coded."""
        self._to, self._from = address, None
        self._payload_type, rate = payload_type, self._codec(payload_type).rate
        if not self.sent and self._transport is None:
            self._begin_at(rate)
        self._towards = Resampler(self.rate, rate) if rate != self.rate else None
        self._unsent = np.zeros(0, np.int16)
        self.events_type = events_type

    def _begin_at(self, rate: int) -> None:
        """The first agreement decides at which rate the call is heard and spoken."""
        if rate != self.rate:
            self.set_rate(rate)
            self.sound = self._buffer = JitterBuffer(rate)

    def _codec(self, payload_type: int) -> Codec:
        return self._codecs.setdefault(payload_type, self._codecs.get(payload_type) or codec(payload_type))

    @property
    def port(self) -> int:
        return self._bound.getsockname()[1]

    def gone(self) -> None:
        super().gone()
        if self._transport is not None:
            self._transport.close()
        else:
            self._bound.close()

    # Sound in

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def error_received(self, exc: Exception) -> None:
        """The other side's port isn't open (yet): what is sent is lost, no more."""

    def datagram_received(self, data: bytes, address: tuple) -> None:
        packet = parse_packet(data)
        if packet is None or not self._ours((address[0], address[1])):
            return
        if packet.payload_type == self.events_type:
            self._event(packet)
        elif packet.payload_type in known():
            if packet.source != self._sender:
                self._sender = packet.source
                self._seen.clear()
                self._buffer.restart()
            if packet.sequence not in self._seen:
                self._seen.append(packet.sequence)
                self._hear(packet)

    def _hear(self, packet: Packet) -> None:
        coded = self._codec(packet.payload_type)
        pcm = coded.decode(packet.payload)
        if coded.rate != self.rate:
            if self._back is None or self._back.source_rate != coded.rate:
                self._back = Resampler(coded.rate, self.rate)
            pcm = self._back.push(pcm)
        self._buffer.push(packet.timestamp * (self.rate // CLOCK) & 0xFFFFFFFF, pcm)

    def _ours(self, address: tuple[str, int]) -> bool:
        if address != self._from:
            if address[0] not in self.hosts or (self._from is not None and self._since_packet < _RELATCH):
                return False
            self._from = self._to = address
        self._since_packet = 0
        return True

    def _event(self, packet: Packet) -> None:
        if len(packet.payload) < 4 or packet.payload[0] >= len(EVENT_KEYS) or packet.timestamp in self._events:
            return
        self._events.append(packet.timestamp)
        self.press(EVENT_KEYS[packet.payload[0]])

    # Sound out

    def _send(self, frame: np.ndarray) -> None:
        self._since_packet += 1
        if self._since_packet > _DEAD:
            self.hang_up()
            return
        coded = self._codec(self._payload_type)
        if self._towards is not None:
            made = np.concatenate([self._unsent, self._towards.push(frame)])
            size = int(coded.rate * FRAME_SECONDS)
            frame, self._unsent = np.pad(made[:size], (max(0, size - len(made)), 0)), made[size:]
        second = self._payload_type | (0x80 if self._first else 0)  # the marker bit: speech begins
        header = struct.pack(">BBHII", 0x80, second, self._sequence, self._timestamp, self._source)
        self._first = False
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + len(frame) // coded.scale) & 0xFFFFFFFF
        if self._transport is not None and self._to is not None:
            self._transport.sendto(header + coded.encode(frame), self._to)
