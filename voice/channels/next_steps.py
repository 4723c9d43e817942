"""How a call that came from Asterisk is passed on: the dialplan asks what comes next."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict

from voice.channels.live import LiveCall, PortTaken
from voice.channels.networks import Network, allowed

__all__ = ["NextSteps"]

_PATIENCE = 5.0
"""Seconds somebody who asks has to say about which call."""


class NextSteps:
    """Tells the dialplan what to do when our part has ended: `GET /next/UUID` gives whom to dial, or nothing.

    Args:
        host, port: where it answers HTTP.
        allow: networks that may ask; none: this machine only.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 9093, allow: tuple[Network, ...] = ()) -> None:
        self._host, self._port, self._allow = host, port, allow
        self._targets: OrderedDict[str, str] = OrderedDict()
        self._server: asyncio.Server | None = None

    def note(self, reference: str, target: str) -> None:
        self._targets[reference] = target
        while len(self._targets) > 1_000:
            self._targets.popitem(last=False)

    def pass_on(self, call: LiveCall, target: str) -> bool:
        """Ends our part of a call; the dialplan dials the target for it. False: the call is gone."""
        if call.is_gone:
            return False
        self.note(call.said.reference, target)
        call.hang_up()
        return True

    def take(self, reference: str) -> str:
        """Whom to dial for a call, told once; "" for nobody."""
        return self._targets.pop(reference, "")

    @property
    def port(self) -> int:
        return self._server.sockets[0].getsockname()[1] if self._server else self._port

    async def start(self) -> None:
        """Raises: PortTaken."""
        try:
            self._server = await asyncio.start_server(self._asked, self._host, self._port, limit=8_192)
        except OSError as error:
            raise PortTaken("The dialplan's next step", self._host, self._port) from error

    async def close(self) -> None:
        if self._server:
            self._server.close()

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            TimeoutError, LookupError, ValueError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
            host = (writer.get_extra_info("peername") or ("",))[0]
            path = head.split(b" ", 2)[1].decode("ascii", "replace") if allowed(host, self._allow) else ""
            target = self.take(path.removeprefix("/next/")).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(target)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + target)
            await writer.drain()
        writer.close()
