"""What the line's tests share: callers that are software of others, and the simplest thing to do with a call."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from voice.channels import Floor
from voice.channels.live import LiveCall


def needs(program: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} isn't here: apt-get install {package}")


sipp = needs("sipp", "sip-tester")
baresip = needs("baresip", "baresip-core")


class Echo:
    """Answers every call by sending back what it hears; keeps what came."""

    def __init__(self, frames: int | None = None) -> None:
        self.calls: list[LiveCall] = []
        self.keys = ""
        self.heard: list[np.ndarray] = []
        self._frames = frames

    async def __call__(self, call: LiveCall) -> None:
        self.calls.append(call)
        out = None
        while (tick := await call.exchange(out, Floor.CALLER)) is not None:
            out = tick.sound
            self.keys += tick.digits
            self.heard.append(tick.sound)
            if self._frames is not None and call.sent >= self._frames:
                break

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.heard) if self.heard else np.zeros(0, np.int16)


def free_port(kind: int = socket.SOCK_DGRAM) -> int:
    """A port of this machine that was free just now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def eventually(condition, within: float = 10.0) -> None:
    """Waits until the condition holds; the test's own failure, if it never does."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.02)
    assert condition()


@contextlib.asynccontextmanager
async def program(*command: str, cwd: Path | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program, ended by its id when the test is over."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()
