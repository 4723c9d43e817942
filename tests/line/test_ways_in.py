"""A whole conversation by each way in: advice, why, a consent, a human; at the same time, on one set of engines.

The callers: AudioSocket as Asterisk speaks it, Twilio's protocol, raw sound, and baresip, alone and through a real
Asterisk, whose recordings are transcribed.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import urllib.request
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("aiosipua", reason="aiosipua isn't here: pip install -e '.[line]'")
pytest.importorskip("websockets", reason="websockets isn't here: pip install -e '.[line]'")

from personalization.shop import Shop
from tests.line.asterisk import asterisk, needs_asterisk
from tests.line.caller import Caller, by_audiosocket, by_l16, by_twilio, turns_of
from tests.line.peers import baresip, eventually, free_port, program
from tests.voice.calls import TUESDAY
from voice.engines.loading import load_engines
from voice.engines.models import ModelDamaged, ModelMissing
from voice.journal import LineHeard, Understood
from voice.line import session as sessions
from voice.line.service import LineService, line_engines
from voice.line.settings import LineSettings
from voice.wavfile import read_wav, write_wav

TURNS = (0, 2, 9, 10)
"""Of the French sample call: an idea?, why?, a person, yes (to the summary)."""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def service_of():
    shop = Shop.load(today=TUESDAY.date())
    try:
        engines = line_engines(load_engines(shop, ("fr", "en"), "fr", quiet=True), shop, ("fr",))
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    yield lambda **settings: LineService(shop, engines, LineSettings(**settings), now=lambda: TUESDAY)
    engines.transcriber.close()


@pytest.fixture
def journals(monkeypatch):
    """The journal of each conversation that ended, by its way in."""
    kept: dict[str, list] = {}
    count = sessions.Session._count

    def counted(self, journal, handset, conversation):
        kept.setdefault(self.call.said.way, []).append(journal)
        count(self, journal, handset, conversation)

    monkeypatch.setattr(sessions.Session, "_count", counted)
    return kept


def intents(journal) -> list[str]:
    return [entry.event.intent for entry in journal.of(Understood)]


def test_by_audiosocket_twilio_and_raw_sound_at_once(service_of, journals):
    async def run():
        service = service_of(
            audiosocket={"port": free_port()}, media_streams={"port": 0}, human="PJSIP/300", human_rings=2
        )
        await service.start()
        steps, asterisk, streams = service._servers
        callers = [Caller(turns_of("fr", TURNS)[0]) for _ in range(3)]
        try:
            await asyncio.gather(
                by_audiosocket(asterisk.port, callers[0]), by_l16(streams.port, callers[1]),
                by_twilio(streams.port, callers[2], 240),
            )  # fmt: skip
            await eventually(lambda: not service.calls, 30)
            [reference] = [each["call"] for each in service.outbox.unsent if each["way"] == "audiosocket"]
            ask = urllib.request.Request(f"http://127.0.0.1:{steps.port}/next/{reference}")
            person = await asyncio.to_thread(lambda: urllib.request.urlopen(ask, timeout=5).read())
            return callers, service, person
        finally:
            await service.close(at_once=True)

    callers, service, person = asyncio.run(run())
    for way in ("audiosocket", "l16", "twilio"):
        found = intents(journals[way][0])
        assert found[:3] == ["recommend", "why", "human"], way
    assert person == b"PJSIP/300"
    summaries = [each for each in service.outbox.unsent if each["kind"] == "hand_off"]
    assert len(summaries) == 3 and all(each["turns_redacted"] for each in summaries)
    assert all(caller.first_sound <= 1.0 for caller in callers)
    assert len(journals["twilio"]) == 2, "nobody could be dialled: the caller comes back, and a call back is offered"


@baresip
def test_baresip_calls_and_its_recording_is_what_was_said(service_of, journals, tmp_path):
    """The caller speaks by the clock; what baresip recorded of the answers is transcribed and compared."""

    async def run():
        service = service_of(sip={"host": "127.0.0.1", "port": 0, "rtp_first": 22_200, "rtp_last": 22_300})
        await service.start()
        try:
            async with telephone(tmp_path, 200, service._servers[0].port, 22_000):
                await eventually(lambda: service.answered, 20)
                await eventually(lambda: journals.get("sip"), 120)
            await eventually(lambda: not service.calls, 10)
        finally:
            await service.close(at_once=True)

    asyncio.run(run())
    compared(journals["sip"][0], tmp_path)


@baresip
@needs_asterisk
def test_baresip_calls_through_asterisk(service_of, journals, tmp_path):
    """By the sample dialplan, with AudioSocket and with chan_websocket at once; both callers reach a person."""
    folders = {number: tmp_path / str(number) for number in (200, 201)}

    async def run():
        service = service_of(
            audiosocket={"port": free_port()}, media_streams={"port": 0}, human="Local/300@people", human_rings=5
        )
        await service.start()
        steps, audiosocket, streams = service._servers
        ports = {"9092": audiosocket.port, "9093": steps.port, "8765": streams.port}
        try:
            async with (
                asterisk(free_port(), 22_400, ports) as there,
                telephone(folders[200], 200, there.sip, 22_000),
                telephone(folders[201], 201, there.sip, 22_100),
            ):
                await eventually(lambda: len(journals) == 2, 120)
                await eventually(lambda: there.reached().split() == ["100", "100"], 10)
        finally:
            await service.close(at_once=True)

    asyncio.run(run())
    compared(journals["audiosocket"][0], folders[200])
    compared(journals["asterisk"][0], folders[201])


def telephone(folder: Path, number: int, port: int, rtp: int):
    """A baresip that calls a number at 127.0.0.1:port, plays turns by the clock and records the answers."""
    folder.mkdir(exist_ok=True)
    quiet = np.zeros(8_000, np.int16)
    spoken = [quiet] * 9
    for sound in turns_of("fr", TURNS)[0]:
        spoken += [sound] + [quiet] * 11
    write_wav(folder / "caller.wav", np.concatenate(spoken), 8_000)
    (folder / "accounts").write_text("<sip:100@127.0.0.1>;regint=0;audio_codecs=PCMU/8000/1\n")
    (folder / "config").write_text(
        f"sip_listen 127.0.0.1:{free_port()}\nmodule_path /usr/lib/baresip/modules\n"
        "module g711.so\nmodule aufile.so\nmodule sndfile.so\n"
        f"module_app account.so\nmodule_app menu.so\naudio_source aufile,{folder}/caller.wav\n"
        f"audio_player aufile,{folder}/played.wav\naudio_alert aufile,/dev/null\nsnd_path {folder}\n"
        f"audio_srate 8000\naudio_channels 1\nrtp_ports {rtp}-{rtp + 98}\n"
    )
    call = f"/dial sip:{number}@127.0.0.1:{port}"
    return program("baresip", "-f", str(folder), "-e", call, "-t", "90", cwd=folder)


def compared(journal, folder: Path) -> None:
    """The conversation went through advice, why and a person, and the recording has the words the journal has."""
    assert intents(journal)[:2] == ["recommend", "why"] and "human" in intents(journal)
    [recording] = sorted(folder.glob("dump-*-dec.wav"))[:1] or [folder / "played.wav"]
    sound, rate = read_wav(recording)
    assert rate == 8_000
    said = " ".join(entry.event.text for entry in journal.of(LineHeard))
    heard = transcribed(sound)
    alike = difflib.SequenceMatcher(None, plain_words(said), plain_words(heard)).ratio()
    (folder / "compared.json").write_text(json.dumps({"said": said, "heard": heard, "alike": alike}))
    assert alike > 0.7, (said, heard)


def plain_words(text: str) -> list[str]:
    return "".join(mark.lower() if mark.isalnum() else " " for mark in text).split()


def transcribed(sound: np.ndarray) -> str:
    """The whole recording, piece by piece between its pauses."""
    from voice.audio import resample
    from voice.channels.wav import pauses
    from voice.engines.models import Models
    from voice.engines.whisper import LocalWhisper

    whisper = LocalWhisper(Models().ready("whisper-base"), threads=2)
    ends = [0, *(pause.end for pause in pauses(sound, 8_000, 0.6))]
    starts = [*(pause.start for pause in pauses(sound, 8_000, 0.6)), len(sound)]
    pieces = [sound[max(0, end - 1_600) : start + 1_600] for end, start in zip(ends, starts, strict=True)]
    loud = [piece for piece in pieces if len(piece) > 4_000 and np.abs(piece.astype(np.int32)).max() > 500]
    return " ".join(whisper.transcribe(resample(piece, 8_000, 16_000), "fr", final=True).text for piece in loud)
