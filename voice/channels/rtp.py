"""Sound in RTP packets (RFC 3550) with keys as telephone events (RFC 4733), G.711 both ways.

One socket a call. Packets are taken from the other side's own addresses only, and answered to where they really come
from, so that callers behind address translation hear something and nobody else is sent sound.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voice.audio import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from voice.channels.buffers import JitterBuffer
from voice.channels.clock import FrameClock
from voice.channels.live import LiveCall, PortTaken, Said

__all__ = ["CODECS", "Packet", "RtpCall", "RtpPorts", "parse_packet"]

PCMU, PCMA = 0, 8
CODECS: dict[int, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    PCMU: (ulaw_encode, ulaw_decode),
    PCMA: (alaw_encode, alaw_decode),
}
"""By static payload type (RFC 3551): encoder and decoder."""
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
        self._encode, self._payload_type = ulaw_encode, PCMU
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
        self._payload_type, self._encode = payload_type, CODECS[payload_type][0]
        self.events_type = events_type

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
        elif packet.payload_type in CODECS:
            if packet.source != self._sender:
                self._sender = packet.source
                self._buffer.restart()
            codes = np.frombuffer(packet.payload, np.uint8)
            self._buffer.push(packet.timestamp, CODECS[packet.payload_type][1](codes))

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
        second = self._payload_type | (0x80 if self._first else 0)  # the marker bit: speech begins
        header = struct.pack(">BBHII", 0x80, second, self._sequence, self._timestamp, self._source)
        self._first = False
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + len(frame)) & 0xFFFFFFFF
        if self._transport is not None and self._to is not None:
            self._transport.sendto(header + self._encode(frame).tobytes(), self._to)
