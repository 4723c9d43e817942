"""A call from Asterisk's chan_websocket (22.8 and later): sound in binary messages, commands and events in text.

Asterisk owns the clock: it plays what it gets, 20 ms each 20 ms, and fills holes with silence. Frames are sent by our
own clock all the same, with a short lead, so that little is under way when a caller interrupts. Events come as JSON
(`{"event": "DTMF_END", "digit": "5"}`) or as plain text (`DTMF_END digit:5`); commands go back in the form the
MEDIA_START came in. (Asterisk's documentation: "WebSocket channel driver".)

What the dialplan knows of the call stands in the address, by the dial string's `v(...)`: `call`, `caller`, `dialled`.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from voice.channels.clock import FrameClock
from voice.channels.codecs import G722, PCMA, PCMU, Codec, codec, known
from voice.channels.live import Said
from voice.channels.next_steps import NextSteps
from voice.channels.socket_call import SocketCall

__all__ = ["ChanWebSocketCall", "event_of"]

_LEAD = 2
"""Frames of silence sent ahead, against the unevenness of two clocks."""
_LINEAR = {"slin": 8_000, "slin16": 16_000}
_CODED = {"ulaw": PCMU, "alaw": PCMA, "g722": G722}


def event_of(message: str) -> dict[str, Any]:
    """An event in either form: {"event": NAME, ...}; {} where it is neither."""
    if message.lstrip().startswith("{"):
        try:
            found = json.loads(message)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}
    words = message.split()
    return dict(word.partition(":")[::2] for word in words[1:]) | {"event": words[0]} if words else {}


def _coder(form: str) -> Codec | None:
    """The codec of Asterisk's name; None for one that isn't known here."""
    if rate := _LINEAR.get(form):
        return Codec(-1, rate, lambda pcm: pcm.astype("<i2").tobytes(), _linear)
    return codec(_CODED[form]) if _CODED.get(form) in known() else None


def _linear(data: bytes) -> np.ndarray:
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)


class ChanWebSocketCall(SocketCall):
    """Args:
    start: the MEDIA_START event.
    plain: commands are sent as plain text.
    path: of the request, with its query.
    next_steps: by which calls are passed on to people.

    Raises:
        ValueError: the sound's format isn't one that is understood here.
    """

    def __init__(
        self, clock: FrameClock, start: dict[str, Any], plain: bool, path: str, next_steps: NextSteps | None = None
    ) -> None:
        form = str(start.get("format", ""))
        coder = _coder(form)
        if coder is None:
            raise ValueError(
                f"sound in {form[:20]!r} isn't understood: dial with c(slin16), c(slin), c(ulaw) or c(alaw)"
            )
        told = {name: values[0][:128] for name, values in parse_qs(urlsplit(path).query).items()}
        reference = told.get("call", "") or str(start.get("channel_id") or start.get("connection_id") or "")[:128]
        super().__init__(
            coder.rate, clock, Said("asterisk", told.get("caller", ""), told.get("dialled", ""), reference)
        )
        self._codec, self._plain, self._next_steps = coder, plain, next_steps
        for _ in range(_LEAD):
            self._send(self._silence)

    def take(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.buffer.push(self._codec.decode(message))
            return
        event = event_of(message)
        kind = event.get("event")
        if kind == "DTMF_END":
            self.press(str(event.get("digit", ""))[:1])
        elif kind == "MEDIA_XOFF":
            self.flush()  # 18 s wait in Asterisk's queue: they would be heard far too late

    def flush(self) -> None:
        """What waits in Asterisk's queue is thrown away; it takes sound again then."""
        self.command("FLUSH_MEDIA")

    def command(self, name: str) -> None:
        self.post(name if self._plain else json.dumps({"command": name}))

    async def transfer(self, target: str, within: float = 30.0) -> bool:
        """Ends our part; the dialplan goes on after Dial (option g), asks `NextSteps` and dials."""
        return self._next_steps is not None and self._next_steps.pass_on(self, target)

    def _send(self, frame: np.ndarray) -> None:
        self.post(self._codec.encode(frame))

    def _end(self) -> None:
        self.command("HANGUP")
        super()._end()
