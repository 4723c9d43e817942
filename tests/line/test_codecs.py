"""G.711 and G.722: the same bits as another implementation (FFmpeg's), and heard wideband by a telephone (baresip)."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("aiosipua", reason="aiosipua isn't here: pip install -e '.[line]'")
pytest.importorskip("G722", reason="G722 isn't here: pip install -e '.[line]'")

from tests.line.peers import Echo, baresip, eventually, free_port, program, sipp
from tests.line.sipp import Scenario
from tests.line.test_rtp import packet
from voice.channels.clock import FrameClock
from voice.channels.codecs import G722, PCMA, PCMU, codec, known
from voice.channels.live import Said
from voice.channels.rtp import RtpCall, RtpPorts, parse_packet
from voice.channels.sip import SipServer
from voice.wavfile import read_wav, write_wav


def tone(hz: float, seconds: float, rate: int = 16_000) -> np.ndarray:
    return (6_000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


def share_at(sound: np.ndarray, hz: float, rate: int = 16_000) -> float:
    """The share of a sound's power within 100 Hz of a frequency."""
    power = np.abs(np.fft.rfft(sound.astype(float) * np.hanning(len(sound)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / rate) - hz) < 100
    return float(power[near].sum() / power.sum())


def frames(sound: np.ndarray, size: int = 320) -> list[np.ndarray]:
    return [sound[at : at + size] for at in range(0, len(sound) - size + 1, size)]


def test_g722_has_the_bits_of_another_implementation():
    av = pytest.importorskip("av", reason="av isn't here: pip install av")
    sound = np.concatenate([tone(440, 0.5), tone(5_000, 0.5), np.random.default_rng(0).integers(-9_000, 9_000, 8_000)])
    sound = sound.astype(np.int16)
    encoder, decoder = av.CodecContext.create("g722", "w"), av.CodecContext.create("g722", "r")
    encoder.sample_rate, encoder.layout, encoder.format = 16_000, "mono", "s16"
    ours = codec(G722)
    for pcm in frames(sound):
        theirs = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        theirs.sample_rate = 16_000
        payload = ours.encode(pcm)
        assert payload == b"".join(bytes(each) for each in encoder.encode(theirs)) and len(payload) == 160
        [heard] = decoder.decode(av.Packet(payload))
        assert np.array_equal(ours.decode(payload), heard.to_ndarray()[0])


@pytest.mark.parametrize("kind", [PCMU, PCMA, G722])
def test_a_tone_goes_there_and_back(kind):
    coded = codec(kind)
    sound = tone(1_000, 1, coded.rate)
    size = coded.rate // 50
    back = np.concatenate([coded.decode(coded.encode(each)) for each in frames(sound, size)])
    assert len(back) == len(sound) and share_at(back, 1_000, coded.rate) > 0.99


def test_each_call_has_its_own_coder():
    first, second = codec(G722), codec(G722)
    for each in frames(tone(3_000, 0.2)):
        first.encode(each)
    silence = np.zeros(320, np.int16)
    assert first.encode(silence) != second.encode(silence)


def with_call(talk, *agreed: int):
    """Runs `talk(call, peer, address of the call)`; the call echoes; it was agreed on one codec, then another."""

    async def run():
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        echo = Echo()
        call = RtpCall(FrameClock(), Said("sip"), RtpPorts("127.0.0.1", 20_400, 20_598).bind(), {"127.0.0.1"})
        with peer:
            call.towards(peer.getsockname(), agreed[0], 96)
            await call.listen()
            for kind in agreed[1:]:
                call.towards(peer.getsockname(), kind, 96)
            going = asyncio.create_task(echo(call))
            async with asyncio.timeout(15):
                await talk(call, peer, ("127.0.0.1", call.port))
            call.gone()
            await going
        return call, echo

    return asyncio.run(run())


@pytest.mark.parametrize("agreed", [(G722,), (G722, PCMU), (PCMU, G722)])
def test_timestamps_count_8000_a_second_whatever_the_codec(agreed):
    """Also where the codec changes in the call, which keeps the rate it began with."""
    found = []
    coded = codec(agreed[-1])
    sound = frames(tone(1_000, 1, coded.rate), coded.rate // 50)

    async def talk(call, peer, to):
        for number, pcm in enumerate(sound):
            data = packet(agreed[-1], number, 160 * number, coded.encode(pcm))
            peer.sendto(data, to)
            peer.sendto(data, to)  # a copy doesn't disturb the decoder
            await asyncio.sleep(0.005)
        for _ in range(40):
            found.append(parse_packet(await asyncio.get_running_loop().sock_recv(peer, 2_048)))
        await eventually(lambda: call.sent >= 45)

    call, echo = with_call(talk, *agreed)
    assert call.rate == (16_000 if agreed[0] == G722 else 8_000)
    assert {each.payload_type for each in found} == {agreed[-1]}
    assert [each.timestamp - found[0].timestamp for each in found] == list(range(0, 6_400, 160))
    assert {len(each.payload) for each in found} == {160}
    size = call.rate // 50
    assert share_at(echo.sound[10 * size : 35 * size], 1_000, call.rate) > 0.95


@sipp
@pytest.mark.parametrize(
    ("wanted", "offered", "chosen"),
    [((PCMU, PCMA, G722), "9 8 0 96", "0"), ((G722, PCMA), "0 8 9 96", "9"), ((PCMA,), "9 0 96", "488")],
)
def test_the_codec_is_the_one_we_like_best_of_those_offered(tmp_path, wanted, offered, chosen):
    async def run():
        server = SipServer(Echo(frames=10), FrameClock(), port=0, rtp=(20_200, 20_398), codecs=wanted)
        answered = []
        negotiated = server._serve

        async def serve(call, answer):
            answered.append(answer.audio.formats[0])
            await negotiated(call, answer)

        server._serve = serve
        await server.start()
        scenario = Scenario().invite(media=offered)
        if chosen == "488":
            scenario.expect(488).send("ACK")
        else:
            scenario.expect(200).send("ACK").expect_request("BYE").reply("200 OK")
        try:
            return await scenario.run(server.port, tmp_path), answered
        finally:
            await server.close()

    said, answered = asyncio.run(run())
    assert said == "" and answered == ([] if chosen == "488" else [chosen])


@sipp
def test_early_media_is_heard_before_the_call_is_answered(tmp_path):
    async def run():
        echo = Echo(frames=40)
        server = SipServer(echo, FrameClock(), port=0, rtp=(20_200, 20_398), early=0.4)
        await server.start()
        scenario = Scenario().invite()
        scenario._add('<recv response="100" optional="true" />\n<recv response="183" rtd="true" />')
        scenario.expect(200).send("ACK").expect_request("BYE").reply("200 OK")
        try:
            return await scenario.run(server.port, tmp_path), echo
        finally:
            await server.close()

    said, echo = asyncio.run(run())
    assert said == "" and echo.calls[0].sent == 40


@baresip
def test_baresip_hears_what_only_wideband_carries(tmp_path):
    """5 kHz: there is none on a G.711 line. It is played by baresip, echoed, and recorded by it again."""
    modules = "/usr/lib/baresip/modules"
    if not Path(modules, "g722.so").is_file():
        pytest.skip("baresip's g722 module isn't here: apt-get install baresip-core")
    write_wav(tmp_path / "caller.wav", tone(5_000, 6), 16_000)
    (tmp_path / "accounts").write_text("<sip:100@127.0.0.1>;regint=0;audio_codecs=G722/16000/1\n")
    (tmp_path / "config").write_text(
        f"sip_listen 127.0.0.1:{free_port()}\nmodule_path {modules}\n"
        "module g722.so\nmodule aufile.so\nmodule sndfile.so\nmodule_app account.so\nmodule_app menu.so\n"
        f"audio_source aufile,{tmp_path}/caller.wav\naudio_player aufile,{tmp_path}/played.wav\n"
        f"audio_alert aufile,/dev/null\nsnd_path {tmp_path}\naudio_srate 16000\naudio_channels 1\n"
        "rtp_ports 22000-22100\n"
    )

    async def run():
        echo = Echo(frames=150)
        server = SipServer(echo, FrameClock(), port=0, rtp=(22_200, 22_398), codecs=(G722, PCMU))
        await server.start()
        try:
            to = f"/dial sip:200@127.0.0.1:{server.port}"
            async with program("baresip", "-f", str(tmp_path), "-e", to, "-t", "12", cwd=tmp_path):
                await eventually(lambda: echo.calls and echo.calls[0].is_gone, 15)
        finally:
            await server.close()
        return echo

    echo = asyncio.run(run())
    assert echo.calls[0].rate == 16_000
    assert share_at(echo.sound[50 * 320 : 120 * 320], 5_000) > 0.9
    recording = next(iter(sorted(tmp_path.glob("dump-*-dec.wav"))), tmp_path / "played.wav")
    sound, rate = read_wav(recording)
    assert rate == 16_000 and share_at(sound[30_000:46_000], 5_000) > 0.9


def test_what_is_known():
    assert known() == (PCMU, PCMA, G722)
