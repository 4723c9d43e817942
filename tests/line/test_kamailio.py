"""Kamailio in front of two workers: each new call to one of them, and to the other where one was killed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from pathlib import Path

import pytest

pytest.importorskip("aiosipua", reason="aiosipua isn't here: pip install -e '.[line]'")

from personalization.assets import asset
from tests.line.peers import eventually, free_port, needs, program, sipp
from tests.line.sipp import Scenario

kamailio = needs("kamailio", "kamailio")
pytestmark = [kamailio, sipp]


class Worker:
    """A process of its own, and what it says of its calls."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.said: list[str] = []
        self.process: asyncio.subprocess.Process | None = None

    def count(self, what: str) -> int:
        return self.said.count(what)

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.line.worker", str(self.port),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())
        await eventually(lambda: "ready" in self.said)

    async def _read(self) -> None:
        async for line in self.process.stdout:
            self.said.append(line.decode().strip())

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self._reading


@contextlib.asynccontextmanager
async def house(folder: Path):
    """(port of the proxy, its two workers)."""
    workers = [Worker(free_port()), Worker(free_port())]
    listed, port = folder / "dispatcher.list", free_port()
    listed.write_text("".join(f"1 sip:127.0.0.1:{each.port}\n" for each in workers))
    command = (
        "kamailio", "-DD", "-E", "-f", str(asset("line", "kamailio.cfg")), "-w", str(folder), "-Y", str(folder),
        "-P", str(folder / "pid"), "-m", "32", "-M", "4",
        "-A", f"LISTEN=udp:127.0.0.1:{port}", "-A", f'WORKERS="{listed}"',
    )  # fmt: skip
    try:
        for each in workers:
            await each.start()
        async with program(*command, cwd=folder) as proxy:
            await eventually(lambda: _answers(port) or proxy.returncode is not None)
            assert proxy.returncode is None, "kamailio doesn't start by this configuration"
            yield port, workers
    finally:
        for each in workers:
            await each.kill()


def _answers(port: int) -> bool:
    """It answers OPTIONS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.3)
        probe.bind(("127.0.0.1", 0))
        own = probe.getsockname()[1]
        probe.sendto(
            f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{own}\r\n"
            f"From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:b@127.0.0.1>\r\nCall-ID: {own}\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode(),
            ("127.0.0.1", port),
        )
        try:
            return probe.recv(4_096).startswith(b"SIP/2.0 200")
        except OSError:
            return False


def call(seconds: float) -> Scenario:
    return Scenario(routed=True).invite().expect(200).send("ACK").pause(seconds).bye()


def test_a_worker_that_is_killed_loses_its_own_calls_and_nobody_elses(tmp_path):
    async def run():
        async with house(tmp_path) as (port, workers):
            first, second = workers
            folders = [tmp_path / str(number) for number in range(3)]
            for each in folders:
                each.mkdir()
            said = await call(0.3).run(port, folders[0], "-m", "10", "-r", "10")
            assert said == ""
            await eventually(lambda: first.count("ended") == second.count("ended") == 5)

            going = asyncio.create_task(call(6.0).run(port, folders[1], "-m", "2", "-r", "10", within=30))
            await eventually(lambda: first.count("began") == second.count("began") == 6)
            await first.kill()
            said = await call(0.3).run(port, folders[2], "-m", "20", "-r", "10")
            assert said == ""
            assert second.count("began") == 6 + 20
            await going  # the killed worker's caller was left alone, the other's said goodbye
            await eventually(lambda: second.count("ended") == 6 + 20)

            again = workers[0] = Worker(first.port)
            await again.start()
            for _ in range(10):  # asked every five seconds, it is found to be there again
                assert await call(0.1).run(port, folders[2], "-m", "2", "-r", "10") == ""
                if again.count("began"):
                    break
                await asyncio.sleep(1)
            assert again.count("began")

    asyncio.run(run())
