"""One SIP call: what sound was agreed on, whether it was answered, and how it is passed on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from aiosipua import IncomingCall
from aiosipua.dialog import DialogState
from aiosipua.headers import parse_uri
from aiosipua.message import SipResponse
from aiosipua.sdp import SdpMessage, SdpNegotiationError, negotiate_sdp

from voice.channels.live import Said
from voice.channels.rtp import RtpCall

if TYPE_CHECKING:
    from voice.channels.sip import SipServer

__all__ = ["SipCall"]


class SipCall(RtpCall):
    """One call.

    Args:
        incoming: aiosipua's side of it.
        server: whose call it is.
    """

    def __init__(self, incoming: IncomingCall, server: SipServer, bound: socket.socket, hosts: set[str]) -> None:
        said = Said("sip", _user(incoming.caller), _user(incoming.invite.uri), incoming.call_id)
        super().__init__(server.clock, said, bound, hosts)
        self.incoming = incoming
        self.acknowledged = asyncio.Event()
        self.answer: SdpMessage | None = None
        self._server = server
        self._version = 0
        self._accepted = False
        self._transfer: asyncio.Future[bool] | None = None

    def negotiate(self, offer: SdpMessage, host: str) -> SdpMessage:
        """The answer to an offer, first or later; sound then goes as agreed.

        Raises:
            SdpNegotiationError: no sound, or none that is understood here.
        """
        address = offer.rtp_address
        if address is None or offer.audio is None or address[1] <= 0:
            raise SdpNegotiationError("no sound is offered")
        events = next(
            (c.payload_type for c in offer.audio.codecs if c.encoding_name.lower() == "telephone-event"), None
        )
        offered = [each.payload_type for each in offer.audio.codecs]
        wanted = next(([each] for each in self._server.codecs if each in offered), [])
        answer, kind = negotiate_sdp(
            offer, host, self.port, wanted, events or 0, session_id=str(1_000 + self.port)
        )  # fmt: skip
        self._version += 1
        answer.origin.session_version = str(self._version)
        answer.audio.attributes["ptime"] = ["20"]
        direction = _direction(offer)
        for each in ("sendrecv", "sendonly", "recvonly", "inactive"):
            answer.audio.attributes.pop(each, None)
        answer.audio.attributes[{"sendonly": "recvonly", "recvonly": "sendonly"}.get(direction, direction)] = []
        self.held = direction in ("sendonly", "inactive") or address[0] in ("0.0.0.0", "::")
        if not self.held:
            self.hosts.add(address[0])
            self.towards(address, kind, events)
        self.answer = answer
        return answer

    async def transfer(self, target: str, within: float = 30.0) -> bool:
        """Blind transfer (RFC 3515): asks the other side to call the target; the call here ends once that answers."""
        if self.is_gone:
            return False
        self.accept()
        if self.incoming.dialog.state is not DialogState.CONFIRMED:
            return False
        self._transfer = asyncio.get_running_loop().create_future()
        uri = target if ":" in target else f"sip:{target}"
        refer = self._server.request(self.incoming, "REFER")
        refer.headers.set_single("Refer-To", f"<{uri}>")
        refer.headers.set_single("Referred-By", f"<{self.incoming.dialog.local_uri}>")
        self._server.edge.ask(refer, self.incoming.source_addr, self._refer_answered)
        try:
            return await asyncio.wait_for(asyncio.shield(self._transfer), within)
        except TimeoutError:
            return False

    def accept(self) -> None:
        """Answers the call, where that wasn't done yet."""
        if not self._accepted:
            self._accepted = True
            self.incoming.accept(self.answer)

    def progressed(self, status: int) -> None:
        """What the other side tells of the transfer (NOTIFY with a sipfrag)."""
        if status >= 200:
            self._transferred(status < 300)

    def gone(self) -> None:
        super().gone()
        self._transferred(True)  # a peer that hangs up while it transfers has taken the call over

    def _refer_answered(self, response: SipResponse | None) -> None:
        if response is None or response.status_code >= 300:
            self._transferred(False)

    def _transferred(self, done: bool) -> None:
        if self._transfer is not None and not self._transfer.done():
            self._transfer.set_result(done)

    def _end(self) -> None:
        self._server.hang_up(self)


def _direction(offer: SdpMessage) -> str:
    """sendrecv, sendonly, recvonly or inactive; the session's where the media says nothing."""
    for attributes in (offer.audio.attributes, offer.attributes):
        for each in ("sendonly", "recvonly", "inactive", "sendrecv"):
            if each in attributes:
                return each
    return "sendrecv"


def _user(uri: str) -> str:
    """The part before the @ of a SIP address; "" where there is none."""
    with contextlib.suppress(Exception):
        return (parse_uri(uri).user or "")[:64]
    return ""
