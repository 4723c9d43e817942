"""The line with several calls: limits, hours, a quiet end. Real sockets, a fake recogniser."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime

import numpy as np
import pytest

from tests.line.caller import Caller, by_audiosocket
from tests.line.peers import eventually, free_port
from tests.line.test_session import engines as loaded
from tests.voice.calls import TUESDAY
from voice.channels.live import PortTaken
from voice.line import service as services
from voice.line.service import LineService
from voice.line.settings import LineSettings
from voice.record import read_records

__all__ = ["loaded"]


@pytest.fixture(autouse=True)
def short_choice(monkeypatch):
    """The refused caller's time to press 1."""
    monkeypatch.setattr(services, "_CHOICE", 0.5)


def line(loaded, settings=None, now: datetime = TUESDAY, told: list[str] | None = None) -> LineService:
    shop, with_texts = loaded
    engines = with_texts([])
    engines.voices.keep_at(8_000)
    from voice.speaking.voices import fixed_phrases

    wanted = ("opening", "line.full", "line.closed", "line.closing", "line.number")
    engines.voices.prepare([each for each in fixed_phrases("en", shop.brand) if each.id in wanted])
    given = {"audiosocket": {"port": free_port(socket.SOCK_STREAM)}, "language": "en"} | (settings or {})
    sentences = told if told is not None else []
    return LineService(shop, engines, LineSettings(**given), sentences.append, lambda: now)


def run(service: LineService, talk):
    async def whole():
        await service.start()
        try:
            async with asyncio.timeout(40):
                return await talk(service._servers[-1].port)
        finally:
            await service.close(at_once=True)

    return asyncio.run(whole())


def seconds_of_sound(caller: Caller) -> float:
    """0 where nothing was loud."""
    return len(caller.heard) * 0.02 if np.abs(caller.sound.astype(np.int32)).max(initial=0) > 500 else 0.0


def test_a_call_too_many_hears_a_sentence_and_the_other_goes_on(loaded):
    told: list[str] = []
    service = line(loaded, {"most_calls": 1}, told=told)

    async def talk(port):
        first, second = Caller([]), Caller([])
        going = asyncio.create_task(by_audiosocket(port, first))
        await eventually(lambda: service.calls == 1)
        await by_audiosocket(port, second, 25)
        assert service.calls == 1
        going.cancel()
        return second

    second = run(service, talk)
    assert seconds_of_sound(second) > 3
    assert any(sentence.endswith(": full") for sentence in told)


def test_closed_hours_are_told(loaded):
    told: list[str] = []
    sunday = datetime(2026, 11, 29, 10)
    service = line(loaded, {"hours": "0-5 9:00-19:00"}, sunday, told)

    async def talk(port):
        caller = Caller([])
        await by_audiosocket(port, caller, 25)
        return caller

    assert seconds_of_sound(run(service, talk)) > 3
    assert any(sentence.endswith(": closed") for sentence in told)


def test_stopping_says_goodbye_to_who_is_there_and_takes_nobody_new(loaded):
    told: list[str] = []
    service = line(loaded, {"closing": 0.5}, told=told)

    async def talk(port):
        caller = Caller([])
        going = asyncio.create_task(by_audiosocket(port, caller))
        await eventually(lambda: service.calls == 1)
        await service.close()
        await going
        return caller

    run(service, talk)
    assert any(sentence.endswith(": closing") for sentence in told)


def test_a_taken_port_closes_what_was_opened(loaded):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        service = line(loaded, {"audiosocket": {"port": taken.getsockname()[1]}})

        async def start():
            with pytest.raises(PortTaken):
                await service.start()
            assert not service._servers

        asyncio.run(start())


def test_the_opening_is_heard_within_a_second(loaded):
    async def talk(port):
        caller = Caller([])
        going = asyncio.create_task(by_audiosocket(port, caller))
        await eventually(lambda: caller.first_sound is not None)
        going.cancel()
        return caller.first_sound

    assert run(line(loaded), talk) <= 1.0


def test_a_record_of_each_call_is_kept_and_one_given_back_by_the_dialplan_is_one_call(loaded, tmp_path):
    service = line(loaded, {"records": tmp_path / "records", "human": "300"})

    async def talk(port):
        caller, again = Caller([]), Caller([])
        await by_audiosocket(port, caller, keys="0")
        await eventually(lambda: service._passed)
        assert not list((tmp_path / "records").iterdir())  # it may come back
        reference = next(iter(service._passed))
        going = asyncio.create_task(by_audiosocket(port, again, call=reference))
        await asyncio.sleep(1.0)
        assert service.calls == 1
        going.cancel()
        await eventually(lambda: list((tmp_path / "records").iterdir()))

    run(service, talk)
    [path] = (tmp_path / "records").iterdir()
    [record] = read_records(path)
    assert path.name == "calls-2026-11-24.jsonl" and record.began == "2026-11-24T10" and record.way == "audiosocket"
    assert record.human.asked and record.human.gave_up and record.human.waited > 0
    assert record.promises["opening_disclosure"] == (1, 1) and not record.broken


def test_a_call_that_does_not_come_back_was_answered_by_a_person(loaded, tmp_path, monkeypatch):
    monkeypatch.setattr(services, "_BACK", 0.2)
    service = line(loaded, {"records": tmp_path, "human": "300"})

    async def talk(port):
        await by_audiosocket(port, Caller([]), keys="0")
        await eventually(lambda: list(tmp_path.iterdir()))

    run(service, talk)
    [record] = read_records(next(tmp_path.iterdir()))
    assert record.human.reached and not record.human.gave_up
