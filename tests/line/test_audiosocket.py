"""Asterisk's AudioSocket: what its channel driver sends, byte by byte."""

from __future__ import annotations

import asyncio
import socket
import struct
import uuid

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.line.peers import Echo, eventually
from voice.audio import dbfs
from voice.channels.audiosocket import AudioSocketServer, Messages, message
from voice.channels.clock import FrameClock
from voice.channels.live import PortTaken

CALL = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
TONE = (6_000 * np.sin(2 * np.pi * 440 * np.arange(160) / 8_000)).astype("<i2")


def with_server(talk, answer=None):
    """Runs `talk(server, reader, writer, answer)` against a server on this machine."""

    async def run():
        server = AudioSocketServer(answer, FrameClock(), port=0)
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            async with asyncio.timeout(15):
                return await talk(reader, writer)
        finally:
            writer.close()
            await server.close()

    return asyncio.run(run())


async def received(reader, frames: int) -> list[tuple[int, bytes]]:
    messages, found = Messages(), []
    while len(found) < frames and (data := await reader.read(4_096)):
        found += messages.feed(data)
    return found


def test_sound_goes_both_ways_and_keys_are_heard():
    echo = Echo()

    async def talk(reader, writer):
        writer.write(message(0x01, CALL.bytes))
        for _ in range(25):
            writer.write(message(0x10, TONE.tobytes()))
        writer.write(message(0x03, b"5") + message(0x03, b"#"))
        found = await received(reader, 20)
        writer.write(message(0x00))
        await eventually(lambda: echo.calls and echo.calls[0].is_gone)
        return found

    found = with_server(talk, echo)
    assert {kind for kind, _ in found} == {0x10}
    assert {len(payload) for _, payload in found} == {320}
    assert dbfs(np.frombuffer(found[15][1], "<i2")) > -20
    assert echo.keys == "5#"
    assert echo.calls[0].said.reference == str(CALL)


def test_silence_is_sent_when_there_is_nothing_to_say():
    """Asterisk drops a call that gets no sound for two seconds."""

    async def silent(call):
        while await call.exchange(None, None) is not None:
            pass

    async def talk(reader, writer):
        writer.write(message(0x01, CALL.bytes))
        return await received(reader, 10)

    assert all(payload == bytes(320) for _, payload in with_server(talk, silent))


def test_hanging_up_is_told():
    async def talk(reader, writer):
        writer.write(message(0x01, CALL.bytes))
        return await received(reader, 10_000)

    assert with_server(talk, Echo(frames=5))[-1] == (0x00, b"")


def test_other_rates_are_brought_to_8_khz():
    echo = Echo()

    async def talk(reader, writer):
        wide = (6_000 * np.sin(2 * np.pi * 400 * np.arange(320) / 16_000)).astype("<i2")
        writer.write(message(0x01, CALL.bytes) + message(0x12, wide.tobytes()) * 25)
        await received(reader, 25)

    with_server(talk, echo)
    spectrum = np.abs(np.fft.rfft(echo.sound[5 * 160 : 20 * 160]))
    assert abs(np.argmax(spectrum) * 8_000 / (15 * 160) - 400) < 5


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n" + bytes(70_000), message(0x10, bytes(320)), message(0x01)])
def test_a_connection_that_does_not_say_which_call_it_is_is_closed(first):
    echo = Echo()

    async def talk(reader, writer):
        writer.write(first)
        return await reader.read()

    assert with_server(talk, echo) in (message(0xFF), b"")
    assert not echo.calls


def test_a_taken_port_is_said_in_a_sentence():
    async def run():
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with pytest.raises(PortTaken, match="another program uses it"):
                await AudioSocketServer(Echo(), FrameClock(), port=taken.getsockname()[1]).start()

    asyncio.run(run())


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=400)), max_size=20), st.data())
def test_messages_survive_any_cutting(sent, data):
    stream, messages, found = b"".join(message(*each) for each in sent), Messages(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += messages.feed(stream[:cut])
        stream = stream[cut:]
    assert found == sent


@settings(deadline=None)
@given(st.binary(max_size=4_000))
def test_any_bytes_are_taken_without_a_crash(data):
    messages = Messages()
    for kind, payload in messages.feed(data):
        assert 0 <= kind <= 255 and len(payload) < 65_536
    assert len(messages._rest) < 65_539


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=700)), max_size=30))
def test_a_call_takes_any_message(sent):
    from voice.channels.audiosocket import AudioSocketCall

    call = AudioSocketCall(FrameClock(), None, "")
    for kind, payload in sent:
        call.take(kind, payload)
    assert call.sound.pull().shape == (160,)
    assert struct.calcsize(">BH") == 3
