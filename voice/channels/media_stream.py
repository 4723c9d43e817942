"""Calls over WebSocket: Twilio's Media Streams, raw 16-bit sound as FreeSWITCH's mod_audio_fork sends it, Asterisk.

The path of the address says which: `/twilio`, `/l16` (8 kHz), `/l16/16000`, or `/asterisk` (`chan_websocket`), whose
dialplan asks `GET /next/CALL` what comes next. Twilio signs its request
(X-Twilio-Signature: the base64 of HMAC-SHA1 over the public address, with the account's token); without a token set
nothing unsigned is taken from elsewhere than this machine. (Twilio's docs: "Media Streams - WebSocket messages",
"Security"; drachtio's mod_audio_fork README.)
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from voice.audio import ulaw_decode, ulaw_encode
from voice.channels.chan_websocket import ChanWebSocketCall, event_of
from voice.channels.clock import FrameClock
from voice.channels.live import Answer, PortTaken, Said
from voice.channels.networks import Network, allowed
from voice.channels.next_steps import NextSteps
from voice.channels.socket_call import SocketCall

__all__ = ["L16Call", "MediaStreamServer", "TwilioCall", "signature"]

log = logging.getLogger(__name__)

_LARGEST = 256 * 1024
"""Bytes of one message: 4 s of sound at the highest rate, in base64."""
_START = 10.0
"""Seconds a connection has to begin its call."""
_RATES = (8_000, 16_000)

Redirect = Callable[[str, str], bool]
"""(call, target) -> whether the call was told to go there; called in a thread."""


def signature(token: str, address: str) -> str:
    """What Twilio puts in X-Twilio-Signature for a request without form fields."""
    return base64.b64encode(hmac.new(token.encode(), address.encode(), hashlib.sha1).digest()).decode()


class TwilioCall(SocketCall):
    """A call in Twilio's protocol: JSON, mu-law at 8 kHz in base64.

    Args:
        start: the payload of the `start` message.
        redirect: passes a call on by Twilio's REST interface (see `voice.channels.twilio_rest`).
    """

    def __init__(self, clock: FrameClock, start: dict[str, Any], redirect: Redirect | None = None) -> None:
        asked = start.get("customParameters")
        asked = asked if isinstance(asked, dict) else {}
        said = Said(
            "twilio", _text(asked.get("From") or asked.get("from")), _text(asked.get("To") or asked.get("to")),
            _text(start.get("callSid")),
        )  # fmt: skip
        super().__init__(8_000, clock, said)
        self._stream = _text(start.get("streamSid"))
        self._redirect = redirect
        self._spoke = False
        self.marks = 0
        """Marks that came back: what was sent until then was played."""
        self._marks_sent = 0

    def take(self, message: str | bytes) -> None:
        event = _json(message)
        kind = event.get("event")
        if kind == "media":
            self._hear(event.get("media"))
        elif kind == "dtmf":
            key = event.get("dtmf")
            self.press(_text(key.get("digit"))[:1] if isinstance(key, dict) else "")
        elif kind == "mark":
            self.marks += 1
        elif kind == "stop":
            self.gone()

    def _hear(self, media: Any) -> None:
        if not isinstance(media, dict) or media.get("track", "inbound") not in ("inbound", None):
            return
        with contextlib.suppress(binascii.Error, ValueError, TypeError):
            codes = base64.b64decode(media.get("payload") or "", validate=True)
            self.buffer.push(ulaw_decode(np.frombuffer(codes, np.uint8)))

    def _send(self, frame: np.ndarray) -> None:
        payload = base64.b64encode(ulaw_encode(frame).tobytes()).decode()
        self._post("media", media={"payload": payload})

    async def transfer(self, target: str, within: float = 30.0) -> bool:
        """Asks Twilio to dial the target in place of this stream; the stream then ends."""
        if self._redirect is None or not await asyncio.to_thread(self._redirect, self.said.reference, target):
            return False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.wait_gone(), within)
        return self.is_gone

    def mark(self) -> None:
        """Asks to be told when everything sent so far was played."""
        self._marks_sent += 1
        self._post("mark", mark={"name": str(self._marks_sent)})

    def flush(self) -> None:
        self._post("clear")

    def _post(self, event: str, **more: Any) -> None:
        self.post(json.dumps({"event": event, "streamSid": self._stream, **more}))


class L16Call(SocketCall):
    """Raw signed 16-bit little-endian sound both ways; text messages carry the call's name and its keys.

    A first text message may be JSON with `caller`, `dialled` and `call`; later ones `{"dtmf": "5"}`.
    """

    def __init__(self, clock: FrameClock, rate: int, told: dict[str, Any]) -> None:
        said = Said("l16", _text(told.get("caller")), _text(told.get("dialled")), _text(told.get("call")))
        super().__init__(rate, clock, said)
        self._half = b""

    def take(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.press(_text(_json(message).get("dtmf")))
            return
        data = self._half + message
        self._half = data[len(data) // 2 * 2 :]
        self.buffer.push(np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16))

    async def transfer(self, target: str, within: float = 30.0) -> bool:
        """mod_audio_fork raises an event for FreeSWITCH's own script, which bridges the call and ends the fork."""
        self.post(json.dumps({"type": "transfer", "data": {"target": target}}))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.wait_gone(), within)
        return self.is_gone

    def _send(self, frame: np.ndarray) -> None:
        self.post(frame.astype("<i2").tobytes())


class MediaStreamServer:
    """Listens for media streams.

    Args:
        token: Twilio's auth token; with it every request to /twilio must be signed.
        public: the address Twilio was given ("wss://voice.example.com/twilio"): what its signature is over. Without it
            the Host header's is taken.
        allow: networks connections are taken from; none: this machine only, unless a token protects the way.
        redirect: passes Twilio's calls on to people.
        next_steps: passes Asterisk's calls on to people.
    """

    def __init__(
        self,
        answer: Answer,
        clock: FrameClock,
        host: str = "127.0.0.1",
        port: int = 8765,
        *,
        token: str | None = None,
        public: str | None = None,
        allow: tuple[Network, ...] = (),
        redirect: Redirect | None = None,
        next_steps: NextSteps | None = None,
    ) -> None:
        self._answer, self._clock = answer, clock
        self._next_steps = next_steps or NextSteps()
        self._host, self._port = host, port
        self._token, self._public, self._allow = token, public, allow
        self._redirect = redirect
        self._server: Any = None

    @property
    def port(self) -> int:
        return next(iter(self._server.sockets)).getsockname()[1] if self._server else self._port

    async def start(self) -> None:
        """Raises: PortTaken."""
        from websockets.asyncio.server import serve

        logging.getLogger("websockets").setLevel(logging.CRITICAL)  # it would log addresses and what peers send
        try:
            self._server = await serve(
                self._connected, self._host, self._port,
                process_request=self._check, select_subprotocol=_subprotocol, max_size=_LARGEST, max_queue=32,
                compression=None, open_timeout=_START, ping_interval=20, close_timeout=1,
            )  # fmt: skip
        except OSError as error:
            raise PortTaken("The media stream server", self._host, self._port) from error

    async def close(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    def _check(self, connection: Any, request: Any) -> Any:
        """Refuses what isn't ours to answer, before the WebSocket opens."""
        path = request.path.partition("?")[0].rstrip("/")
        ours = path in ("/twilio", "/asterisk") or path.startswith("/next/") or _l16_rate(path) is not None
        if not ours:
            return connection.respond(404, "Nothing is here: use /twilio, /asterisk, /l16 or /l16/16000.\n")
        if path == "/twilio" and self._token:
            signed = request.headers.get("X-Twilio-Signature", "")
            address = self._public or f"wss://{request.headers.get('Host', '')}{request.path}"
            if not hmac.compare_digest(signed.encode(), signature(self._token, address).encode()):
                return connection.respond(403, "The request isn't signed with this account's token.\n")
            return None
        if not allowed(str(connection.remote_address[0]), self._allow):
            return connection.respond(403, "Calls aren't taken from this address.\n")
        return connection.respond(200, self._next_steps.take(path[6:])) if path.startswith("/next/") else None

    async def _connected(self, socket: Any) -> None:
        from websockets.exceptions import ConnectionClosed

        path = socket.request.path.partition("?")[0].rstrip("/")
        try:
            async with asyncio.timeout(_START):
                call, early = await self._begin(socket, path)
        except (TimeoutError, ConnectionClosed):
            return
        if call is None:
            return
        if early is not None:
            call.take(early)
        delivering = asyncio.ensure_future(call.deliver(socket))
        reading = asyncio.ensure_future(_read(socket, call))
        answering = asyncio.ensure_future(self._answer(call))
        try:
            await answering
            call.hang_up()
            with contextlib.suppress(TimeoutError, ConnectionClosed):
                await asyncio.wait_for(asyncio.shield(delivering), 1.0)
        finally:
            call.hang_up()
            for task in (answering, reading, delivering):
                task.cancel()
            await asyncio.gather(answering, reading, delivering, return_exceptions=True)

    async def _begin(self, socket: Any, path: str) -> tuple[SocketCall | None, str | bytes | None]:
        """The call, and its first message where that is sound already."""
        if path == "/twilio":
            while True:
                event = _json(await socket.recv())
                start = event.get("start")
                if event.get("event") == "start" and isinstance(start, dict):
                    form = start.get("mediaFormat")
                    if isinstance(form, dict) and form.get("encoding", "audio/x-mulaw") != "audio/x-mulaw":
                        return None, None
                    return TwilioCall(self._clock, start, self._redirect), None
        if path == "/asterisk":
            return await self._begin_asterisk(socket), None
        rate = _l16_rate(path)
        first = await socket.recv()
        if isinstance(first, str):
            return L16Call(self._clock, rate, _json(first)), None
        return L16Call(self._clock, rate, {}), first

    async def _begin_asterisk(self, socket: Any) -> ChanWebSocketCall | None:
        while True:
            message = await socket.recv()
            event = event_of(message) if isinstance(message, str) else {}
            if event.get("event") != "MEDIA_START":
                continue
            plain = not message.lstrip().startswith("{")
            try:
                return ChanWebSocketCall(self._clock, event, plain, socket.request.path, self._next_steps)
            except ValueError as error:
                log.error("%s", error)
                await socket.send("HANGUP" if plain else json.dumps({"command": "HANGUP"}))
                return None


async def _read(socket: Any, call: SocketCall) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        while True:
            call.take(await socket.recv())
    except ConnectionClosed:
        pass
    finally:
        call.gone()


def _subprotocol(connection: Any, offered: Any) -> Any:
    """mod_audio_fork asks for one and drops the call where it isn't confirmed."""
    return offered[0] if offered else None


def _l16_rate(path: str) -> int | None:
    if path == "/l16":
        return _RATES[0]
    head, _, rate = path.rpartition("/")
    return int(rate) if head == "/l16" and rate.isdecimal() and int(rate) in _RATES else None


def _json(message: str | bytes) -> dict[str, Any]:
    """The message's object; anything else is an empty one."""
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _text(value: Any) -> str:
    return value[:128] if isinstance(value, str) else ""
