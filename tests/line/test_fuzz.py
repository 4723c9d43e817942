"""100,000 inputs to what listens on the network, in ten pieces: SIP, SDP, RTP, AudioSocket, and JSON over WebSocket.

Hypothesis draws a seed for each 25 inputs, which are good messages with pieces cut out, doubled and put in; a failure
prints the seed. Memory is looked at as well: what a peer sends isn't kept.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

pytest.importorskip("aiosipua", reason="aiosipua isn't here: pip install -e '.[line]'")
pytest.importorskip("websockets", reason="websockets isn't here: pip install -e '.[line]'")

from tests.line.peers import Echo
from tests.line.test_chan_websocket import START
from tests.line.test_rtp import packet
from tests.line.test_sip import invite
from voice.channels.audiosocket import AudioSocketCall, Messages, message
from voice.channels.chan_websocket import ChanWebSocketCall
from voice.channels.clock import FrameClock
from voice.channels.codecs import known
from voice.channels.live import Said
from voice.channels.media_stream import L16Call, TwilioCall
from voice.channels.rtp import RtpCall, RtpPorts
from voice.channels.sip import SipServer
from voice.channels.sip_transport import Limit

PIECES, EXAMPLES, EACH = 10, 400, 25
"""10 x 400 x 25 = 100,000 inputs."""

_BITS = (
    b"INVITE", b"BYE", b"ACK", b"CANCEL", b"REFER", b"SIP/2.0", b" ", b"\r\n", b"\r\n\r\n", b":", b";", b"=", b"-1",
    b"99999999999999999999", b"\x00", b"%", b"\xff", b"tag=", b"m=audio ", b"c=IN IP4 ", b"a=rtpmap:", b"{", b"}", b"[",
    b'"', b'"event"', b'"media"', b"null", b"MEDIA_START ", b"DTMF_END digit:", b"\x80\x00", b"\x10\xff\xff",
)  # fmt: skip
_JSON = [
    json.dumps(each).encode()
    for each in (
        {"event": "media", "media": {"track": "inbound", "payload": "//8="}},
        {"event": "dtmf", "dtmf": {"digit": "5"}},
        {"event": "start", "start": {"streamSid": "M", "customParameters": {"From": "1"}}},
        {"event": "DTMF_END", "digit": "5"},
        {"event": "MEDIA_XOFF", "channel_id": "1"},
        {**START, "format": "slin16"},
    )
] + [b"DTMF_END digit:5", b"MEDIA_XON"]


def fuzzed(chance: random.Random, good: bytes) -> bytes:
    data = bytearray(good)
    for _ in range(chance.randint(0, 4)):
        at = chance.randint(0, len(data))
        length = chance.choice((0, 1, 4, 40))
        put = chance.choice(_BITS) if chance.random() < 0.7 else chance.randbytes(chance.randint(0, 30))
        data[at : at + length] = put if chance.random() < 0.8 else data[at : at + length] * 2 + put
    return bytes(data[:4_000])


async def takes(number: int) -> None:
    chance = random.Random(number)
    clock = FrameClock()
    server = SipServer(Echo(frames=1), clock, port=0, rtp=(20_300, 20_398), limit=Limit(1e9, 1e9))
    server.edge._raw = lambda data, address: None
    sound = RtpCall(clock, Said("sip"), RtpPorts("127.0.0.1", 20_600, 20_698).bind(), {"127.0.0.1"})
    sound.towards(("127.0.0.1", 9), chance.choice(known()), 96)
    asterisk, messages = AudioSocketCall(clock, None, ""), Messages()
    sockets = [
        TwilioCall(clock, {}), L16Call(clock, 8_000, {}),
        ChanWebSocketCall(clock, {"format": "slin16"}, bool(number % 2), "/asterisk"),
    ]  # fmt: skip
    good_packet = packet(
        chance.choice((0, 8, 9, 96)), chance.randint(0, 65_535), chance.randint(0, 2**32 - 1), bytes(160)
    )
    for _ in range(EACH):
        kind = chance.randrange(4)
        if kind == 0:
            server.edge._dispatch(fuzzed(chance, invite(5_060)), ("127.0.0.1", 5_060))
        elif kind == 1:
            sound.datagram_received(fuzzed(chance, good_packet), ("127.0.0.1", 4_000))
        elif kind == 2:
            for found in messages.feed(fuzzed(chance, message(chance.choice((1, 3, 16, 18, 255)), bytes(320)))):
                asterisk.take(*found)
        else:
            data = fuzzed(chance, chance.choice(_JSON))
            for call in sockets:
                call.take(data.decode("utf-8", "replace") if chance.random() < 0.8 else data)
    for call in (sound, asterisk, *sockets):
        assert len(call.sound.pull()) == call.rate // 50
        call.gone()
    assert len(messages._rest) < 65_539
    await server.close()
    assert not server.calls and not server._tasks


def piece(number: int, examples: int) -> None:
    @seed(number)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**62))
    def one(drawn):
        asyncio.run(takes(drawn))

    one()


def test_a_thousand_inputs_are_taken():
    piece(99, 40)


@pytest.mark.long
@pytest.mark.parametrize("number", range(PIECES))
def test_ten_thousand_inputs_are_taken_and_none_is_kept(number):
    piece(number, 20)  # what is loaded once is loaded now
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        piece(number, EXAMPLES)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - before
        assert kept < 8_000_000  # what hypothesis remembers of 400 seeds; the inputs themselves are several times that
    finally:
        tracemalloc.stop()
