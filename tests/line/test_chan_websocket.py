"""chan_websocket, by a peer that does what Asterisk's documentation says; `test_asterisk` has Asterisk itself."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("websockets", reason="websockets isn't here: pip install -e '.[line]'")

from websockets.asyncio.client import connect

from tests.line.peers import Echo, eventually
from voice.audio import dbfs, ulaw_encode
from voice.channels import Floor
from voice.channels.chan_websocket import ChanWebSocketCall, event_of
from voice.channels.clock import FrameClock
from voice.channels.media_stream import MediaStreamServer
from voice.channels.next_steps import NextSteps

RATES = {"ulaw": 8_000, "alaw": 8_000, "slin": 8_000, "slin16": 16_000, "g722": 16_000}
START = {"event": "MEDIA_START", "connection_id": "candide", "channel": "WebSocket/candide/0x1", "channel_id": "1.1"}


def tone(rate: int) -> np.ndarray:
    return (6_000 * np.sin(2 * np.pi * 440 * np.arange(rate // 50) / rate)).astype(np.int16)


class Peer:
    """Asterisk's side: a queue that is played 20 ms each 20 ms, and the commands it takes."""

    def __init__(self, socket, plain: bool, form: str) -> None:
        self.socket, self.plain, self.form = socket, plain, form
        self.queue: list[bytes] = []
        self.commands: list[str] = []
        self.frames = 0

    async def event(self, name: str, **detail) -> None:
        if self.plain:
            await self.socket.send(" ".join([name, *(f"{key}:{value}" for key, value in detail.items())]))
        else:
            await self.socket.send(json.dumps({"event": name, "channel_id": "1.1", **detail}))

    async def start(self) -> None:
        detail = {key: value for key, value in START.items() if key != "event"}
        await self.event("MEDIA_START", **detail, format=self.form, optimal_frame_size=160, ptime=20)

    async def speak(self, frames: int, payload: bytes) -> None:
        for _ in range(frames):
            await self.socket.send(payload)
            await asyncio.sleep(0.005)

    async def read(self) -> None:
        async for message in self.socket:
            if isinstance(message, bytes):
                self.queue.append(message)
                self.frames += 1
                if len(self.queue) == 900:
                    await self.event("MEDIA_XOFF")
                continue
            self.commands.append(message if self.plain else json.loads(message)["command"])
            if self.commands[-1] == "FLUSH_MEDIA":
                self.queue.clear()
            if self.commands[-1] == "HANGUP":
                return


def with_peer(talk, answer, plain: bool = False, form: str = "slin16", path: str = "/asterisk"):
    """Runs `talk(peer, server)`; returns the peer when its side was hung up."""

    async def run():
        server = MediaStreamServer(answer, FrameClock(), port=0, next_steps=NextSteps())
        await server.start()
        try:
            async with asyncio.timeout(15):
                address = f"ws://127.0.0.1:{server.port}{path}"
                async with connect(address, subprotocols=["media"]) as socket:
                    assert socket.subprotocol == "media"
                    peer = Peer(socket, plain, form)
                    reading = asyncio.create_task(peer.read())
                    await peer.start()
                    try:
                        found = await talk(peer, server)
                    finally:
                        reading.cancel()
                        await asyncio.gather(reading, return_exceptions=True)
                    return peer, found
        finally:
            await server.close()

    return asyncio.run(run())


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("form", ["ulaw", "slin", "slin16"])
def test_sound_goes_both_ways_and_keys_are_heard(form, plain):
    echo = Echo()
    pcm = tone(RATES[form])
    payload = ulaw_encode(pcm).tobytes() if form == "ulaw" else pcm.astype("<i2").tobytes()

    async def talk(peer, server):
        await peer.speak(30, payload)
        await peer.event("DTMF_END", digit="5")
        await peer.event("DTMF_END", digit="#")
        await eventually(lambda: echo.keys == "5#" and len(peer.queue) > 40)

    peer, _ = with_peer(talk, echo, plain, form, "/asterisk?call=40325ec2&caller=%2B33100000001&dialled=200")
    [call] = echo.calls
    assert call.rate == RATES[form]
    assert (call.said.way, call.said.reference, call.said.caller) == ("asterisk", "40325ec2", "+33100000001")
    assert {len(each) for each in peer.queue} == {len(payload)}
    assert sum(dbfs(each) > -20 for each in echo.heard) >= 25


@pytest.mark.parametrize("plain", [False, True])
def test_we_hang_up_in_the_form_the_peer_speaks(plain):
    async def talk(peer, server):
        await eventually(lambda: "HANGUP" in peer.commands)

    peer, _ = with_peer(talk, Echo(frames=10), plain)
    assert peer.commands == ["HANGUP"]


def test_a_full_queue_is_thrown_away_and_sound_goes_on():
    """Nobody wants to hear what was said 18 seconds ago."""
    echo = Echo()

    async def talk(peer, server):
        await eventually(lambda: len(peer.queue) > 5)
        peer.queue += [bytes(640)] * (899 - len(peer.queue))
        await eventually(lambda: "FLUSH_MEDIA" in peer.commands)
        frames = peer.frames
        await eventually(lambda: peer.frames > frames + 20)

    peer, _ = with_peer(talk, echo)
    assert len(peer.queue) < 100


def test_a_call_passed_on_ends_here_and_the_dialplan_is_told_once_where_to():
    passed = []

    async def answer(call):
        while await call.exchange(None, Floor.CALLER) is not None and call.sent < 5:
            pass
        passed.append(await call.transfer("PJSIP/300"))

    async def talk(peer, server):
        await eventually(lambda: "HANGUP" in peer.commands)

        def ask() -> bytes:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/next/77", timeout=5) as said:
                return said.read()

        return [await asyncio.to_thread(ask) for _ in range(2)]

    _, told = with_peer(talk, answer, path="/asterisk?call=77")
    assert passed == [True] and told == [b"PJSIP/300", b""]


def test_a_format_that_is_not_understood_is_hung_up(caplog):
    echo = Echo()

    async def talk(peer, server):
        await eventually(lambda: "HANGUP" in peer.commands)

    with_peer(talk, echo, form="opus")
    assert not echo.calls and "slin16" in caplog.text


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=80), st.binary(max_size=80), st.builds(json.dumps, st.recursive(
    st.none() | st.integers() | st.text(max_size=8), lambda inner: st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5))))  # fmt: skip
def test_any_message_is_taken_without_a_crash(message):
    async def take():
        call = ChanWebSocketCall(FrameClock(), {**START, "format": "slin16"}, False, "/asterisk?%%&call")
        call.take(message)
        call.gone()

    asyncio.run(take())


def test_events_in_both_forms():
    assert event_of("DTMF_END digit:5") == {"event": "DTMF_END", "digit": "5"}
    assert event_of('{"event": "DTMF_END", "digit": "5"}') == {"event": "DTMF_END", "digit": "5"}
    assert event_of("") == event_of("{") == event_of("[]"[:0]) == {}
