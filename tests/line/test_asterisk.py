"""Asterisk itself: the sample dialplan, AudioSocket, chan_websocket, REFER, people who answer and who don't."""

from __future__ import annotations

import asyncio
import ipaddress

import numpy as np
import pytest

pytest.importorskip("aiosipua", reason="aiosipua isn't here: pip install -e '.[line]'")
pytest.importorskip("websockets", reason="websockets isn't here: pip install -e '.[line]'")

from tests.line.asterisk import asterisk, needs_asterisk
from tests.line.peers import Echo, eventually, free_port, sipp
from tests.line.sipp import Scenario, mulaw_file
from voice.audio import dbfs
from voice.channels import Floor
from voice.channels.audiosocket import AudioSocketServer
from voice.channels.clock import FrameClock
from voice.channels.media_stream import MediaStreamServer
from voice.channels.next_steps import NextSteps
from voice.channels.sip import SipServer

pytestmark = [pytest.mark.long, needs_asterisk, sipp]

TONE = (6_000 * np.sin(2 * np.pi * 440 * np.arange(8_000 * 4) / 8_000)).astype(np.int16)
HERE = (ipaddress.ip_network("127.0.0.1"),)


class Passing(Echo):
    """Echoes until the caller presses a key, then passes the call on."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self.target = target
        self.passed: list[bool] = []

    async def __call__(self, call) -> None:
        self.calls.append(call)
        out = None
        while (tick := await call.exchange(out, Floor.CALLER)) is not None:
            out = tick.sound
            self.heard.append(tick.sound)
            self.keys += tick.digits
            if tick.digits:
                self.passed.append(await call.transfer(self.target, 5))
                return


def talking(number: int, folder, keys: str = "5", after: float = 1.0) -> Scenario:
    """A caller who speaks for two seconds, then presses keys."""
    scenario = Scenario().invite().expect(200).send("ACK").speak(mulaw_file(TONE, folder / "tone.ulaw")).pause(2)
    for key in keys:
        scenario.send("INFO", f"Signal={key}\r\nDuration=160\r\n", "application/dtmf-relay").expect(200)
    scenario = scenario.pause(after).bye()
    scenario._steps = [step.replace("sip:200@", f"sip:{number}@") for step in scenario._steps]
    return scenario


def run(number: int, folder, answer, keys: str = "5", after: float = 1.0):
    """A caller by sipp, through Asterisk, to a server of ours; what sipp says, and whom Asterisk reached."""

    async def whole():
        clock = FrameClock()
        steps = NextSteps(port=0)
        audiosocket = AudioSocketServer(answer, clock, port=0, next_steps=steps)
        streams = MediaStreamServer(answer, clock, port=0, next_steps=NextSteps())
        phone = SipServer(answer, clock, port=0, rtp=(23_600, 23_798), allow=HERE)
        servers = (steps, audiosocket, streams, phone)
        for server in servers:
            await server.start()
        ports = {"9092": audiosocket.port, "9093": steps.port, "8765": streams.port}
        try:
            async with asterisk(free_port(), 23_800, ports, phone.port) as there:
                said = await talking(number, folder, keys, after).run(there.sip, folder)
                await eventually(lambda: all(call.is_gone for call in answer.calls), 10)
                return said, there.reached(), there.log()
        finally:
            for server in servers:
                await server.close()

    return asyncio.run(whole())


@pytest.mark.parametrize(("number", "way"), [(200, "audiosocket"), (201, "asterisk"), (500, "sip")])
def test_speech_and_keys_come_through(tmp_path, number, way):
    echo = Echo()
    said, _, log = run(number, tmp_path, echo)
    assert said == "", log
    [call] = echo.calls
    assert call.said.way == way and echo.keys == "5", log
    loud = [each for each in echo.heard if dbfs(each) > -20]
    assert len(loud) > 60
    if way == "asterisk":
        assert call.rate == 16_000 and call.said.caller == "100" and call.said.dialled == "201"


@pytest.mark.parametrize(("number", "target"), [(200, "Local/300@people"), (201, "Local/300@people"), (500, "300")])
def test_a_person_asked_for_is_reached(tmp_path, number, target):
    passing = Passing(target if number != 500 else "")
    if number == 500:
        passing.target = "sip:300@127.0.0.1"
    said, reached, log = run(number, tmp_path, passing, after=2.5)
    assert said == "", log
    assert passing.passed == [True] and reached.strip() == "100", log


@pytest.mark.parametrize("number", [200, 201])
def test_a_person_who_is_busy_gives_the_call_back(tmp_path, number):
    passing = Passing("Local/301@people")
    _, reached, log = run(number, tmp_path, passing, after=3)
    assert not reached and len(passing.calls) == 2, log
    assert passing.calls[0].said.reference == passing.calls[1].said.reference
