"""The SIP endpoint, called by sipp."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import re
import socket

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("aiosipua", reason="aiosipua isn't here: pip install -e '.[line]'")

from tests.line.peers import Echo, eventually, sipp
from tests.line.sipp import Scenario, mulaw_file
from voice.audio import dbfs
from voice.channels import Floor
from voice.channels.clock import FrameClock
from voice.channels.live import PortTaken
from voice.channels.rtp import parse_packet
from voice.channels.sip import Account, SipServer
from voice.channels.sip_transport import Limit, SipEdge


def tone(seconds: float, hz: float = 440.0) -> np.ndarray:
    return (6_000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * 8_000)) / 8_000)).astype(np.int16)


def call(scenario: Scenario, folder, answer=None, then=None, **options):
    """Runs a scenario against a server; returns what sipp says and the server."""

    async def run():
        server = SipServer(answer or Echo(), FrameClock(), port=0, rtp=(20_000, 20_198), **options)
        await server.start()
        try:
            said = await scenario.run(server.port, folder)
            if then:
                await eventually(lambda: then(server))
            return said, server
        finally:
            await server.close()

    return asyncio.run(run())


def answered() -> Scenario:
    return Scenario().invite().expect(200, "Record-Route", "proxy.example.com").send("ACK")


@sipp
class TestCalls:
    def test_speech_keys_and_goodbye(self, tmp_path):
        echo = Echo()
        speech = mulaw_file(tone(1.5), tmp_path / "tone.ulaw")
        scenario = answered().speak(speech).pause(1)
        scenario.send("INFO", "Signal=5\r\nDuration=160\r\n", "application/dtmf-relay").expect(200)
        scenario.send("INFO", "#", "application/dtmf").expect(200).pause(1).bye()
        said, server = call(scenario, tmp_path, echo, lambda server: not server.calls)
        assert said == ""
        assert echo.keys == "5#"
        assert dbfs(echo.sound[4_000:10_000]) == pytest.approx(dbfs(tone(1)), abs=1)
        assert echo.calls[0].said.caller == "100" and echo.calls[0].said.dialled == "200"
        assert not server._uas._calls

    def test_we_hang_up(self, tmp_path):
        said, server = call(
            answered().expect_request("BYE").reply("200 OK"), tmp_path, Echo(frames=25), lambda server: not server.calls
        )
        assert said == ""
        assert not server._uas._calls and not server.edge._sent

    def test_a_cancelled_call_is_not_answered(self, tmp_path):
        echo = Echo()
        scenario = Scenario().invite()
        scenario._add('<recv response="100" optional="true" />\n<recv response="180" />')
        scenario.send("CANCEL", branch="[branch-3]").expect(200).expect(487).send("ACK", branch="[branch-6]")
        said, _ = call(scenario, tmp_path, echo, lambda server: not server.calls, rings=5.0)
        assert said == ""
        assert not echo.calls

    def test_hold_and_back(self, tmp_path):
        """Held, nothing is sent and the conversation waits; taken back, it goes on."""
        echo = Echo()
        scenario = answered().pause(0.5)
        scenario.invite("sendonly").expect(200).send("ACK").pause(1.5)
        scenario.invite().expect(200).send("ACK").pause(0.5).bye()
        said, _ = call(scenario, tmp_path, echo)
        assert said == ""
        assert 30 < echo.calls[0].sent < 90  # 1 s of 2.5 s

    def test_a_codec_nobody_speaks_is_refused_and_a_later_one_does_not_end_the_call(self, tmp_path):
        said, _ = call(Scenario().invite(media="97").expect(488).send("ACK"), tmp_path)
        assert said == ""
        scenario = answered().invite(media="97").expect(488).send("ACK").pause(0.3).bye()
        said, _ = call(scenario, tmp_path)
        assert said == ""

    def test_options_unknown_methods_and_calls_that_are_not_there(self, tmp_path):
        assert call(Scenario().send("OPTIONS").expect(200, "Allow", "INVITE"), tmp_path)[0] == ""
        assert call(Scenario().send("PUBLISH").expect(405), tmp_path)[0] == ""
        assert call(Scenario().send("BYE").expect(481), tmp_path)[0] == ""

    def test_an_sdp_that_makes_no_sense_is_a_bad_request(self, tmp_path):
        scenario = Scenario().send("INVITE", "v=0\nm=audio x RTP/AVP 0\n", "application/sdp").expect(400).send("ACK")
        said, server = call(scenario, tmp_path)
        assert said == ""
        assert not server._uas._calls

    def test_a_blind_transfer(self, tmp_path):
        done = []

        async def answer(call):
            passing = asyncio.create_task(call.transfer("sip:300@127.0.0.1"))
            while not passing.done() and await call.exchange(None, Floor.ASSISTANT):
                pass
            done.append(await passing)

        scenario = answered().expect_request("REFER", "Refer-To", "sip:300@127.0.0.1").reply("202 Accepted")
        event = "Event: refer\nSubscription-State: active;expires=60"
        for status in ("100 Trying", "200 OK"):
            scenario.send("NOTIFY", f"SIP/2.0 {status}\r\n", "message/sipfrag;version=2.0", event).expect(200)
        said, _ = call(scenario.expect_request("BYE").reply("200 OK"), tmp_path, answer)
        assert said == ""
        assert done == [True]

    @pytest.mark.parametrize("how", ["refused", "busy"])
    def test_a_transfer_that_fails_leaves_the_caller_here(self, tmp_path, how):
        done = []

        async def answer(call):
            done.append(await call.transfer("sip:300@127.0.0.1"))
            await call.wait_gone()

        scenario = answered().expect_request("REFER")
        if how == "refused":
            scenario.reply("603 Decline")
        else:
            event = "Event: refer\nSubscription-State: terminated"
            scenario.reply("202 Accepted")
            scenario.send("NOTIFY", "SIP/2.0 486 Busy Here\r\n", "message/sipfrag;version=2.0", event).expect(200)
        said, _ = call(scenario.pause(0.3).bye(), tmp_path, answer)
        assert said == ""
        assert done == [False]

    @pytest.mark.parametrize("answer, alive", [("200 OK", True), ("481 Call/Transaction Does Not Exist", False)])
    def test_signs_of_life_are_sent_and_a_call_nobody_is_at_ends(self, tmp_path, answer, alive):
        scenario = Scenario().invite(more="Supported: timer").expect(200, "Session-Expires", "2;refresher=uas")
        scenario.send("ACK").expect_request("UPDATE", "Session-Expires", "2;refresher=uas").reply(answer)
        scenario = scenario.bye() if alive else scenario.expect_request("BYE").reply("200 OK")
        said, server = call(scenario, tmp_path, then=lambda server: not server.calls, session=2)
        assert said == ""
        assert not server._uas._calls

    @pytest.mark.parametrize("refreshed", [True, False])
    def test_a_call_whose_signs_of_life_stop_coming_ends(self, tmp_path, refreshed):
        timed = "Supported: timer\nSession-Expires: 3;refresher=uac"
        scenario = Scenario().invite(more=timed).expect(200, "Session-Expires", "3;refresher=uac").send("ACK")
        if refreshed:
            scenario.pause(1.5).send("UPDATE", more=timed).expect(200).pause(1.5).bye()
        else:
            scenario.expect_request("BYE").reply("200 OK")
        said, server = call(scenario, tmp_path, then=lambda server: not server.calls, session=3)
        assert said == ""
        assert not server._uas._calls

    def test_too_many_signs_of_life_are_refused(self, tmp_path):
        scenario = Scenario().invite(more="Supported: timer\nSession-Expires: 30").expect(422, "Min-Se", "90")
        assert call(scenario.send("ACK"), tmp_path)[0] == ""

    def test_strangers_get_no_answer(self, tmp_path):
        nobody = (ipaddress.ip_network("192.0.2.0/24"),)
        _, server = call(Scenario().send("OPTIONS").pause(1), tmp_path, allow=nobody)
        assert server.edge.dropped > 0

    def test_no_call_is_taken_while_closing(self, tmp_path):
        async def run():
            server = SipServer(Echo(), FrameClock(), port=0)
            await server.start()
            server.closing = True
            try:
                return await Scenario().invite().expect(503, "Retry-After", "60").send("ACK").run(server.port, tmp_path)
            finally:
                await server.close()

        assert asyncio.run(run()) == ""

    def test_ten_calls_at_once(self, tmp_path):
        async def run():
            clock, echo = FrameClock(), Echo()
            server = SipServer(echo, clock, port=0, rtp=(21_000, 21_198))
            await server.start()
            speech = mulaw_file(tone(2), tmp_path / "tone.ulaw")
            scenario = answered().speak(speech).pause(2).bye()
            try:
                said = await scenario.run(server.port, tmp_path, "-m", "10", "-r", "10", "-l", "10")
                return said, echo, server
            finally:
                await server.close()

        said, echo, server = asyncio.run(run())
        assert said == ""
        assert len(echo.calls) == 10
        assert not server.calls and not server._uas._calls


def test_a_request_sent_again_gets_the_same_answer():
    """A lost 200 must not make a second call."""

    async def run():
        server = SipServer(Echo(), FrameClock(), port=0, rtp=(20_200, 20_220))
        await server.start()
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        loop, found = asyncio.get_running_loop(), []
        try:
            for _ in range(2):
                peer.sendto(invite(peer.getsockname()[1]), ("127.0.0.1", server.port))
                await asyncio.sleep(0.1)
            async with asyncio.timeout(5):
                while sum(b"200 OK" in each for each in found) < 2:
                    found.append(await loop.sock_recv(peer, 65_536))
            return found, len(server.calls)
        finally:
            peer.close()
            await server.close()

    found, calls = asyncio.run(run())
    assert calls == 1
    answers = {each for each in found if b"200 OK" in each}
    assert len(answers) == 1


def invite(port: int, body: bytes | None = None) -> bytes:
    sdp = body if body is not None else (
        b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n"
        b"a=rtpmap:101 telephone-event/8000\r\n"
    )  # fmt: skip
    return (
        b"INVITE sip:200@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKa;rport\r\n"
        b"From: <sip:100@127.0.0.1>;tag=a\r\nTo: <sip:200@127.0.0.1>\r\nCall-ID: one@127.0.0.1\r\nCSeq: 1 INVITE\r\n"
        b"Contact: <sip:100@127.0.0.1:%d>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\n"
        b"Content-Length: %d\r\n\r\n" % (port, port, len(sdp))
    ) + sdp


def test_a_taken_port_is_said_in_a_sentence():
    async def run():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            with pytest.raises(PortTaken, match="another program uses it"):
                await SipServer(Echo(), FrameClock(), port=taken.getsockname()[1]).start()

    asyncio.run(run())


def test_requests_from_one_address_are_limited():
    now = [0.0]
    limit = Limit(rate=2, burst=4, clock=lambda: now[0])
    assert [limit.allows("a") for _ in range(6)] == [True] * 4 + [False] * 2
    assert limit.allows("b")
    now[0] = 1.0
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    for number in range(5_000):
        limit.allows(str(number))
    assert len(limit._left) <= 1_024


def test_a_registration_answers_the_challenge():
    """A registrar that challenges as RFC 2617 says, and takes only the answer it computes itself."""

    class Registrar(asyncio.DatagramProtocol):
        accepted, asked = 0, 0

        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, address):
            Registrar.asked += 1
            lines = data.decode().split("\r\n")
            head = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
            sent = dict(re.findall(r'(\w+)="?([^",]*)"?', head.get("authorization", "").removeprefix("Digest ")))
            secret = md5("200:shop:secret")
            wanted = md5(
                f"{secret}:abc:{sent.get('nc')}:{sent.get('cnonce')}:auth:{md5('REGISTER:' + sent.get('uri', ''))}"
            )
            good = sent.get("response") == wanted
            Registrar.accepted += good
            status = "200 OK" if good else "401 Unauthorized"
            copied = "".join(f"{name}: {head[name]}\r\n" for name in ("via", "from", "to", "call-id", "cseq"))
            challenge = "" if good else 'WWW-Authenticate: Digest realm="shop", nonce="abc", qop="auth"\r\n'
            self.transport.sendto(f"SIP/2.0 {status}\r\n{copied}{challenge}Expires: 60\r\n\r\n".encode(), address)

    async def run():
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Registrar, local_addr=("127.0.0.1", 0))
        account = Account("200", "secret", f"127.0.0.1:{transport.get_extra_info('sockname')[1]}", "shop")
        server = SipServer(Echo(), FrameClock(), port=0, account=account)
        await server.start()
        try:
            await eventually(lambda: server.registered)
        finally:
            await server.close()
            transport.close()

    asyncio.run(run())
    assert Registrar.accepted >= 1 and Registrar.asked >= 2


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def _edge(server: SipServer, data: bytes) -> None:
    server.edge._dispatch(data, ("127.0.0.1", 5_060))


_WORDS = st.sampled_from(
    [b"INVITE", b"BYE", b"ACK", b"CANCEL", b"INFO", b"REFER", b"NOTIFY", b"UPDATE", b"SIP/2.0", b" ", b"\r\n", b":",
     b";", b"=", b"<sip:a@b>", b"Via: SIP/2.0/UDP a;branch=z9", b"CSeq: 1 INVITE", b"Call-ID: one@127.0.0.1",
     b"m=audio ", b"c=IN IP4 ", b"a=rtpmap:", b"-1", b"99999999999999999999", b"\x00", b"%", b"\xff", b"tag=", b","]
)  # fmt: skip


_CUTS = st.tuples(st.integers(0, 700), st.integers(0, 60), _WORDS | st.binary(max_size=12))
_PIECES = st.lists(_WORDS | st.binary(max_size=20), max_size=30)


def takes(messages: list) -> None:
    """A server takes pieces of SIP, and good INVITEs with something cut out and something put in."""

    async def run():
        server = SipServer(Echo(frames=1), FrameClock(), port=0, rtp=(20_300, 20_340), limit=Limit(1e9, 1e9))
        server.edge._raw = lambda data, address: None
        good = invite(5_060)
        for each in messages:
            if isinstance(each, list):
                _edge(server, b"".join(each))
            else:
                start, length, put = each
                _edge(server, good[:start] + put + good[start + length :])
        assert len(server.calls) <= len(messages)
        await server.close()
        assert not server.calls and not server._tasks

    asyncio.run(run())


@settings(deadline=None, max_examples=150)
@given(st.lists(_PIECES | _CUTS, max_size=8))
def test_any_bytes_are_taken_without_a_crash(messages):
    takes(messages)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.binary(min_size=11, max_size=300).map(lambda rest: b"\x80" + rest))
def test_any_packet_of_sound_is_taken(data):
    packet = parse_packet(data)
    assert packet is None or len(packet.payload) <= len(data)


class TestEdge:
    def test_what_is_remembered_is_limited(self):
        async def run():
            edge = SipEdge("127.0.0.1", 0, limit=Limit(1e9, 1e9), before=lambda request, address: True)
            for number in range(6_000):
                edge._dispatch(
                    b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=%d\r\nCSeq: 1 OPTIONS\r\n\r\n" % number,
                    ("h", 1),
                )
            return len(edge._asked)

        assert asyncio.run(run()) == 4_096
