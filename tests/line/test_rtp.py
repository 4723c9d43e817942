"""Sound and keys in RTP packets."""

from __future__ import annotations

import asyncio
import socket
import struct

import numpy as np

from tests.line.peers import Echo, eventually
from voice.audio import alaw_encode, dbfs, ulaw_decode, ulaw_encode
from voice.channels.clock import FrameClock
from voice.channels.codecs import PCMA, PCMU
from voice.channels.live import Said
from voice.channels.rtp import RtpCall, RtpPorts, parse_packet

TONE = (6_000 * np.sin(2 * np.pi * 400 * np.arange(160) / 8_000)).astype(np.int16)


def packet(kind: int, sequence: int, timestamp: int, payload: bytes, source: int = 7) -> bytes:
    return struct.pack(">BBHII", 0x80, kind, sequence, timestamp, source) + payload


def event(key: int, timestamp: int, sequence: int, end: bool = False) -> bytes:
    return packet(96, sequence, timestamp, struct.pack(">BBH", key, 0x8A if end else 0x0A, 160))


def with_call(talk, payload_type: int = PCMU):
    """Runs `talk(call, peer, to)` with a call that echoes."""

    async def run():
        echo, clock = Echo(), FrameClock()
        call = RtpCall(clock, Said("sip"), RtpPorts("127.0.0.1", 20_400, 20_498).bind(), {"127.0.0.1"})
        await call.listen()
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        call.towards(peer.getsockname(), payload_type, 96)
        answering = asyncio.create_task(echo(call))
        try:
            async with asyncio.timeout(15):
                await talk(call, peer, ("127.0.0.1", call.port))
        finally:
            call.gone()
            await answering
            peer.close()
        return call, echo

    return asyncio.run(run())


def test_both_laws_are_heard_and_spoken():
    for kind, encode in ((PCMU, ulaw_encode), (PCMA, alaw_encode)):
        found = []

        async def talk(call, peer, to, kind=kind, encode=encode, found=found):
            for number in range(20):
                peer.sendto(packet(kind, number, 160 * number, encode(TONE).tobytes()), to)
            loop = asyncio.get_running_loop()
            for _ in range(20):
                found.append(parse_packet(await loop.sock_recv(peer, 2_048)))

        _, echo = with_call(talk, kind)
        assert {each.payload_type for each in found} == {kind}
        assert [each.sequence - found[0].sequence for each in found] == list(range(20))
        assert [each.timestamp - found[0].timestamp for each in found] == list(range(0, 3_200, 160))
        assert dbfs(echo.sound[5 * 160 : 15 * 160]) > -18
        # The polarity is the sender's: in A-law some libraries turn it round.
        assert abs(np.corrcoef(echo.sound[5 * 160 : 6 * 160], TONE)[0, 1] - 1) < 0.01


def test_a_key_comes_once_however_often_its_event_is_sent():
    async def talk(call, peer, to):
        for number, (key, timestamp) in enumerate([(5, 800), (5, 2_400), (11, 4_000)]):
            for again in range(6):
                peer.sendto(event(key, timestamp, 10 * number + again, end=again > 2), to)
        await asyncio.sleep(0.2)

    assert with_call(talk)[1].keys == "55#"


def test_a_key_is_heard_when_only_its_last_packet_arrives():
    async def talk(call, peer, to):
        peer.sendto(event(0, 800, 5, end=True), to)
        await asyncio.sleep(0.2)

    assert with_call(talk)[1].keys == "0"


def test_sound_is_sent_to_where_it_comes_from():
    """Behind address translation the offered port isn't the one that arrives."""

    async def talk(call, peer, to):
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other.bind(("127.0.0.1", 0))
        other.setblocking(False)
        with other:
            other.sendto(packet(PCMU, 1, 160, ulaw_encode(TONE).tobytes()), to)
            assert len(await asyncio.get_running_loop().sock_recv(other, 2_048)) == 172

    with_call(talk)


def test_strangers_are_not_heard():
    async def talk(call, peer, to):
        call.hosts = {"192.0.2.1"}
        peer.sendto(packet(PCMU, 1, 160, ulaw_encode(TONE).tobytes()), to)
        await asyncio.sleep(0.1)

    assert dbfs(with_call(talk)[1].sound) == -100


def test_a_new_sender_begins_a_new_timeline():
    async def talk(call, peer, to):
        for number in range(10):
            peer.sendto(packet(PCMU, number, 160 * number, ulaw_encode(TONE).tobytes(), 1), to)
        await eventually(lambda: call.sent > 15)
        for number in range(10):
            peer.sendto(packet(PCMU, number, 90_000 + 160 * number, ulaw_encode(TONE).tobytes(), 2), to)
        await eventually(lambda: call.sent > 30)

    _, echo = with_call(talk)
    loud = [dbfs(each) > -20 for each in echo.heard]
    assert sum(loud) >= 20


def test_extensions_and_padding_are_left_out():
    body = ulaw_encode(TONE).tobytes()
    extended = struct.pack(">BBHII", 0x90 | 0x20, 0, 1, 2, 3) + struct.pack(">HH", 1, 1) + bytes(4) + body + b"\0\0\3"
    assert parse_packet(extended).payload == body
    assert dbfs(ulaw_decode(np.frombuffer(parse_packet(extended).payload, np.uint8))) > -20
    assert parse_packet(struct.pack(">BBHII", 0x80, 200, 1, 2, 3)) is None
