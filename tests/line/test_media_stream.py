"""Twilio's Media Streams and raw sound over WebSocket."""

from __future__ import annotations

import asyncio
import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.line.peers import Echo, eventually
from voice.audio import dbfs, ulaw_decode, ulaw_encode
from voice.channels.clock import FrameClock

pytest.importorskip("websockets", reason="websockets isn't here: pip install -e '.[line]'")

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from voice.channels.media_stream import L16Call, MediaStreamServer, TwilioCall, signature

TONE = (6_000 * np.sin(2 * np.pi * 440 * np.arange(160) / 8_000)).astype(np.int16)
START = {
    "event": "start",
    "streamSid": "MZ1",
    "start": {
        "streamSid": "MZ1",
        "callSid": "CA1",
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"From": "+33100000001", "To": "+33100000002"},
    },
}


def with_server(talk, path="/twilio", answer=None, headers=None, **options):
    async def run():
        server = MediaStreamServer(answer or Echo(), FrameClock(), port=0, **options)
        await server.start()
        try:
            async with asyncio.timeout(15):
                address = f"ws://127.0.0.1:{server.port}{path}"
                async with connect(address, additional_headers=headers or {}) as socket:
                    return await talk(socket)
        finally:
            await server.close()

    return asyncio.run(run())


def media(pcm: np.ndarray) -> str:
    payload = base64.b64encode(ulaw_encode(pcm).tobytes()).decode()
    return json.dumps({"event": "media", "streamSid": "MZ1", "media": {"track": "inbound", "payload": payload}})


class TestTwilio:
    def test_sound_goes_both_ways_and_keys_are_heard(self):
        echo = Echo()

        async def talk(socket):
            await socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
            await socket.send(json.dumps(START))
            for _ in range(25):
                await socket.send(media(TONE))
            await socket.send(json.dumps({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": "0"}}))
            found = [json.loads(await socket.recv()) for _ in range(20)]
            await socket.send(json.dumps({"event": "stop", "streamSid": "MZ1"}))
            await eventually(lambda: echo.calls[0].is_gone)
            return found

        found = with_server(talk, answer=echo)
        assert {(each["event"], each["streamSid"]) for each in found} == {("media", "MZ1")}
        heard = ulaw_decode(np.frombuffer(base64.b64decode(found[15]["media"]["payload"]), np.uint8))
        assert len(heard) == 160 and dbfs(heard) > -20
        assert echo.keys == "0"
        said = echo.calls[0].said
        assert (said.way, said.caller, said.dialled, said.reference) == (
            "twilio",
            "+33100000001",
            "+33100000002",
            "CA1",
        )

    def test_the_call_is_closed_when_it_is_over(self):
        async def talk(socket):
            await socket.send(json.dumps(START))
            return [message async for message in socket]

        assert len(with_server(talk, answer=Echo(frames=5))) == 5

    def test_flush_and_mark_speak_the_protocol(self):
        async def answer(call):
            call.mark()
            call.flush()
            await call.wait_gone()

        async def talk(socket):
            await socket.send(json.dumps(START))
            return [json.loads(await socket.recv()) for _ in range(2)]

        mark, clear = with_server(talk, answer=answer)
        assert mark == {"event": "mark", "streamSid": "MZ1", "mark": {"name": "1"}}
        assert clear == {"event": "clear", "streamSid": "MZ1"}

    def test_a_signed_request_is_taken(self):
        public = "wss://voice.example.com/twilio"
        headers = {"X-Twilio-Signature": signature("secret", public)}

        async def talk(socket):
            return True

        assert with_server(talk, token="secret", public=public, headers=headers)

    @pytest.mark.parametrize("signed", ["", "bm90IHRoaXM=", signature("another", "wss://voice.example.com/twilio")])
    def test_an_unsigned_or_wrongly_signed_one_is_not(self, signed):
        async def talk(socket):
            raise AssertionError("it was taken")

        with pytest.raises(InvalidStatus, match="403"):
            with_server(
                talk, token="secret", public="wss://voice.example.com/twilio", headers={"X-Twilio-Signature": signed}
            )

    def test_the_signature_is_the_one_of_the_protocol(self):
        """As openssl makes it: printf wss://mycompany.com/media | openssl dgst -sha1 -hmac 12345 -binary | base64"""
        assert signature("12345", "wss://mycompany.com/media") == "okykUWKkAOgQseVjzERZh4soLeU="

    def test_pipecats_serializer_understands_us_and_we_understand_it(self):
        twilio = pytest.importorskip(
            "pipecat.serializers.twilio", reason="pipecat-ai isn't here: pip install pipecat-ai"
        )
        frames = pytest.importorskip("pipecat.frames.frames")
        serializer = twilio.TwilioFrameSerializer(
            "MZ1", params=twilio.TwilioFrameSerializer.InputParams(auto_hang_up=False)
        )
        echo = Echo()

        async def talk(socket):
            await serializer.setup(frames.StartFrame(audio_in_sample_rate=8_000, audio_out_sample_rate=8_000))
            await socket.send(json.dumps(START))
            for _ in range(25):
                made = await serializer.serialize(frames.OutputAudioRawFrame(TONE.tobytes(), 8_000, 1))
                await socket.send(made)
            return [await serializer.deserialize(await socket.recv()) for _ in range(20)]

        found = with_server(talk, answer=echo)
        assert dbfs(echo.sound[10 * 160 :]) > -20
        assert dbfs(np.frombuffer(found[15].audio, np.int16)) > -20


class TestRawSound:
    @pytest.mark.parametrize(("path", "rate"), [("/l16", 8_000), ("/l16/16000", 16_000)])
    def test_sound_goes_both_ways(self, path, rate):
        echo, size = Echo(), rate // 50
        tone = (6_000 * np.sin(2 * np.pi * 440 * np.arange(size) / rate)).astype("<i2").tobytes()

        async def talk(socket):
            await socket.send(json.dumps({"caller": "100", "dialled": "200", "call": "a"}))
            await socket.send(json.dumps({"dtmf": "7"}))
            for _ in range(25):
                await socket.send(tone)
            return [await socket.recv() for _ in range(20)]

        found = with_server(talk, path, echo)
        assert {len(each) for each in found} == {2 * size}
        assert dbfs(np.frombuffer(found[15], "<i2")) > -20
        assert echo.keys == "7"
        assert echo.calls[0].said.caller == "100"

    def test_a_first_message_may_be_sound(self):
        async def talk(socket):
            await socket.send(TONE.astype("<i2").tobytes())
            return len(await socket.recv())

        assert with_server(talk, "/l16") == 320


@pytest.mark.parametrize("path", ["/", "/l16/44100", "/l16/x", "/twilio/more"])
def test_other_addresses_are_not_found(path):
    async def talk(socket):
        raise AssertionError("it was taken")

    with pytest.raises(InvalidStatus, match="404"):
        with_server(talk, path)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["event", "media", "payload", "track", "dtmf", "digit", "mark", "stop", "start"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
_EVENTS = st.sampled_from(["media", "dtmf", "mark", "start", "connected"])


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(
    st.text(max_size=60),
    st.binary(max_size=60),
    st.builds(json.dumps, _json),
    st.builds(lambda event, more: json.dumps({"event": event, event: more}), _EVENTS, _json),
), max_size=12))  # fmt: skip
def test_any_message_is_taken_without_a_crash(messages):
    async def run():
        calls = TwilioCall(FrameClock(), {}), L16Call(FrameClock(), 8_000, {})
        for call in calls:
            for each in messages:
                call.take(each)
            assert call.sound.pull().shape == (160,)

    asyncio.run(run())
