"""An hour of calls, faster than real time, and many short ones on real sockets: nothing grows, nothing stays open."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
from pathlib import Path

import pytest

pytest.importorskip("websockets", reason="websockets isn't here: pip install -e '.[line]'")

from tests.line.caller import Caller, by_audiosocket, by_l16, by_twilio
from tests.line.peers import eventually, free_port
from tests.line.test_service import line, loaded
from tests.line.test_session import call, engines

__all__ = ["engines", "loaded"]

SECONDS = 3_600
TALKS = (
    ("what coffee machines do you have", "why that one", "how much is it", "thank you goodbye"),
    ("where is my order", "no thank you", "what time do you close on saturday", "goodbye"),
    ("I'm looking for a present for my sister", "a book", "something cheaper", "a human please", "yes"),
    ("please call me back tomorrow at ten", "06 12 34 56 78", "yes", "yes"),
)


def megabytes() -> float:
    """Of this process, now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="memory is read from /proc: Linux only")
def test_an_hour_of_calls_leaves_memory_and_descriptors_as_they_were(engines, record_property):
    """The sound's own hour: 3,600 s of conversations, one after the other, each with all it has to do."""
    heard, calls, levels = 0.0, 0, []
    open_before = threads_before = 0
    while heard < SECONDS:
        session, _, _, _ = call(engines, *TALKS[calls % len(TALKS)], digits=[(0.5 + calls % 5, "5")])
        heard += session.outcome.seconds
        calls += 1
        if calls == 8:  # what is loaded, or kept, with the first ones is there now
            open_before, threads_before = descriptors(), threading.active_count()
        if calls >= 8 and calls % 4 == 0:
            levels.append(megabytes())
    print(f"{calls} calls, {heard:.0f} s; MB: {[round(each) for each in levels]}")
    assert descriptors() <= open_before and threading.active_count() <= threads_before
    half = len(levels) // 2
    assert max(levels[half:]) - max(levels[:half]) < 15, levels


def test_many_short_calls_on_real_sockets_leave_nothing_open(loaded):
    """By three ways in, four at once; some hang up at once, some in the middle of the opening."""
    service = line(loaded, {"audiosocket": {"port": free_port(socket.SOCK_STREAM)}, "media_streams": {"port": 0}})

    async def one(number: int, ports: tuple[int, int]) -> None:
        ways = (by_audiosocket, by_twilio, by_l16)
        way = ways[number % 3]
        going = asyncio.create_task(way(ports[number % 3 != 0], Caller([]), 20))
        await asyncio.sleep(0.05 + 0.1 * (number % 4))
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)

    async def rounds(count: int, ports: tuple[int, int]) -> None:
        for first in range(0, count, 4):
            await asyncio.gather(*(one(first + each, ports) for each in range(4)))
        await eventually(lambda: not service.calls and not service._refused, 15)

    async def whole():
        await service.start()
        _, asterisk, streams = service._servers
        ports = (asterisk.port, streams.port)
        try:
            await rounds(8, ports)
            await asyncio.sleep(0.5)
            files, threads, tasks = descriptors(), threading.active_count(), len(asyncio.all_tasks())
            await rounds(40, ports)
            # Threads belong to slots and to the loop, not to calls: 40 more calls don't bring 40 more.
            await eventually(
                lambda: descriptors() <= files + 2 and len(asyncio.all_tasks()) <= tasks + 2, 15
            )  # fmt: skip
            return threading.active_count() - threads
        finally:
            await service.close(at_once=True)

    assert asyncio.run(whole()) <= 24
    assert service.answered > 24  # who hung up at once may never have been one
    assert service._slots.free == 8 and not any(service.clock._members)
