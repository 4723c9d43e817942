"""A SIP endpoint: calls come in by INVITE over UDP, sound goes by RTP, a human is reached by REFER.

Signalling is aiosipua's, behind `sip_transport.SipEdge`; sound is `rtp.RtpCall`. Neither TLS nor SRTP: where calls
cross a network that isn't the shop's own, an exchange or a session border controller stands in front.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from dataclasses import dataclass
from typing import Any

from aiosipua import IncomingCall, Registration, RegistrationState, SipDigestAuth, SipUAC, SipUAS
from aiosipua.dialog import DialogState
from aiosipua.headers import parse_address
from aiosipua.message import SipRequest
from aiosipua.sdp import SdpMessage, SdpNegotiationError, parse_sdp, serialize_sdp

from voice.channels.clock import FrameClock
from voice.channels.codecs import known
from voice.channels.live import Answer, PortTaken
from voice.channels.networks import Network
from voice.channels.rtp import RtpPorts
from voice.channels.sip_call import SipCall
from voice.channels.sip_transport import Limit, SipEdge

__all__ = ["Account", "SipServer"]

_ACK = 1.0
"""Seconds the other side's ACK is waited for before speaking: it may not hear us before."""
_FORGOTTEN = 32.0
"""Seconds after which a call that was refused is forgotten, acknowledged or not (RFC 3261, timer H)."""
_SHORTEST = 90
"""Seconds a session must last at least between two signs of life (RFC 4028, section 4)."""


@dataclass(frozen=True)
class Account:
    """Where to register, so that calls are sent here."""

    user: str
    password: str
    registrar: str
    """Host name or address, with `:port` where it isn't 5060."""
    domain: str = ""
    """Of the address of record; the registrar's host where it isn't given."""


class SipServer:
    """Listens for calls.

    Args:
        answer: what is done with each call.
        clock: shared by all calls.
        host, port: bound address; `public` is what others reach it by, where that differs.
        rtp: first and last port for sound.
        allow: networks calls are taken from; empty is everybody, which only a firewall makes bearable.
        rings: seconds of ringing before a call is answered.
        early: seconds the conversation goes on before the call is answered (183 Session Progress, early media).
        codecs: payload types, those preferred first; all that are known where it isn't given.
        account: where to register, if anywhere.
        limit: requests from one address.
        session: seconds between two signs of life of a call (RFC 4028), where the other side asks for nothing else.
    """

    def __init__(
        self,
        answer: Answer,
        clock: FrameClock,
        host: str = "127.0.0.1",
        port: int = 5060,
        *,
        public: str | None = None,
        rtp: tuple[int, int] = (10_000, 10_998),
        allow: tuple[Network, ...] = (),
        rings: float = 0.0,
        early: float = 0.0,
        codecs: tuple[int, ...] | None = None,
        account: Account | None = None,
        limit: Limit | None = None,
        session: int = 1_800,
    ) -> None:
        for name in ("aiosipua", "aiortp"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # they log who calls
        self.clock = clock
        self.calls: dict[str, SipCall] = {}
        self.closing = False
        """No new calls: the house closes."""
        self._answer, self._host, self._public = answer, host, public
        self._rings, self._early, self._account = rings, early, account
        self.codecs = tuple(each for each in codecs or known() if each in known())
        self._ports = RtpPorts(host, *rtp)
        self._tasks: set[asyncio.Task[None]] = set()
        self.edge = SipEdge(host, port, allow, limit, self._before)
        self._uac = SipUAC(self.edge)
        self._uas = SipUAS(
            self.edge, user_agent="Candide", uac=self._uac, session_expires=session, min_se=min(session, _SHORTEST)
        )
        self.edge.refuse = self._uas._send_error
        self.edge.dead = self._dead
        self._uas.on_invite = self._invited
        self._uas.on_reinvite = self._invited_again
        self._uas.on_bye = lambda incoming, request: self._ended(incoming.call_id)
        self._uas.on_ack_timeout = lambda incoming: self._ended(incoming.call_id)
        self._uas.on_session_expired = lambda incoming: self._ended(incoming.call_id)
        self._uas.on_cancel = lambda request, address: self._ended(request.call_id or "")
        self._uas.on_transfer_progress = self._progressed
        self._registration: Registration | None = None

    @property
    def port(self) -> int:
        return self.edge.local_addr[1]

    @property
    def registered(self) -> bool:
        return self._registration is not None and self._registration.state is RegistrationState.REGISTERED

    async def start(self) -> None:
        """Raises: PortTaken."""
        try:
            await self._uas.start()
        except OSError as error:
            raise PortTaken("SIP", self._host, self.edge.local_addr[1]) from error
        if self._account:
            self._spawn(self._stay_registered(self._account))

    async def close(self) -> None:
        """No new calls; those there are ended."""
        self.closing = True
        if self._registration is not None:
            with contextlib.suppress(Exception):
                self._registration.unregister()
        calls = list(self.calls.values())
        for call in calls:
            call.hang_up()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if calls or self._registration is not None:
            await asyncio.sleep(0.05)  # the last BYE leaves
        await self._uas.stop()

    def request(self, incoming: IncomingCall, method: str) -> SipRequest:
        """A request within the call's dialog."""
        host, port = incoming.advertised_addr or self.edge.local_addr
        request = incoming.dialog.create_request(method, via_host=host, via_port=port)
        request.headers.set_single("Contact", f"<sip:{host}:{port}>")
        return request

    def hang_up(self, call: SipCall) -> None:
        incoming = call.incoming
        incoming._stop_retransmissions()
        if incoming.dialog.state is DialogState.CONFIRMED:
            incoming.hangup()
        elif incoming.dialog.state is DialogState.EARLY:
            incoming.reject(480)
        self._forget(incoming)

    # Requests

    def _before(self, request: SipRequest, address: tuple[str, int]) -> bool:
        """Requests that aiosipua 0.7.1 takes wrongly or not at all. True: dealt with."""
        call = self.calls.get(request.call_id or "")
        known = (request.call_id or "") in self._uas._calls
        if request.method == "ACK":
            if call:
                call.acknowledged.set()
            return False
        if request.method == "INVITE" and not _tag(request):
            return self._refused(request, known, address)
        if request.method == "CANCEL" and call and call.incoming.dialog.state is DialogState.CONFIRMED:
            self._uas._send_error(request, 200, "OK")  # it comes after the answer: nothing to cancel (section 9.2)
            return True
        if request.method == "INFO":
            self._info(request, call)
            return True
        if request.method in ("INVITE", "UPDATE") and request.body:
            parse_sdp(request.text)  # raises what the edge answers with 400
        return False

    def _refused(self, request: SipRequest, known: bool, address: tuple[str, int]) -> bool:
        if known:
            self._uas._send_error(request, 482, "Loop Detected")
        elif self.closing:
            self._uas._send_error(request, 503, "Service Unavailable", extra_headers={"Retry-After": "60"})
        elif "sdp" not in (request.content_type or "").lower():
            self._uas._send_error(request, 488, "Not Acceptable Here")
        else:
            parse_sdp(request.text)
            return False
        return True

    def _info(self, request: SipRequest, call: SipCall | None) -> None:
        """Keys sent as SIP INFO: "Signal=5" (application/dtmf-relay) or "5" (application/dtmf)."""
        if call is None:
            self._uas._send_error(request, 481, "Call/Transaction Does Not Exist")
        elif self._uas._validate_in_dialog(call.incoming.dialog, request):
            kind = (request.content_type or "").lower()
            lines = request.text.strip().splitlines() if "dtmf" in kind else []
            signal = next((line.partition("=")[2] for line in lines if line.lower().startswith("signal")), "")
            call.press((signal or (lines[0] if len(lines) == 1 else "")).strip()[:1])
            self.edge.send_reply(call.incoming.dialog.create_response(request, 200, "OK"))

    def _invited(self, incoming: IncomingCall) -> None:
        host = self._reached_by(incoming.source_addr[0])
        incoming.advertised_addr = (host, self.port)
        try:
            call = SipCall(incoming, self, self._ports.bind(), {incoming.source_addr[0]})
        except PortTaken:
            return self._reject(incoming, 503)
        try:
            answer = call.negotiate(incoming.sdp_offer, host)
        except SdpNegotiationError:
            call.gone()
            return self._reject(incoming, 488)
        self.calls[incoming.call_id] = call
        self._spawn(self._serve(call, answer))
        return None

    async def _serve(self, call: SipCall, answer: SdpMessage) -> None:
        try:
            await call.listen()
            if self._rings:
                call.incoming.ringing()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(call.wait_gone(), self._rings)
            if call.is_gone:
                return
            if self._early:
                return await self._answer_early(call, answer)
            call.accept()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(call.acknowledged.wait(), _ACK)
            await self._answer(call)
        finally:
            call.hang_up()
            self.calls.pop(call.incoming.call_id, None)

    async def _answer_early(self, call: SipCall, answer: SdpMessage) -> None:
        """The opening is heard before the call is answered, and costs the caller nothing."""
        call.incoming._send_response(
            183, "Session Progress", body=serialize_sdp(answer), content_type="application/sdp"
        )  # fmt: skip
        answering = asyncio.ensure_future(self._answer(call))
        try:
            await asyncio.wait({answering}, timeout=self._early)
            if not call.is_gone:
                call.accept()
            await answering
        finally:
            answering.cancel()

    def _invited_again(self, incoming: IncomingCall) -> None:
        """Hold, taken back from hold, or another address for the sound."""
        call = self.calls.get(incoming.call_id)
        if call is None:
            return
        offered = "sdp" in (incoming.invite.content_type or "").lower() and incoming.sdp_offer is not None
        try:
            answer = call.negotiate(incoming.sdp_offer, incoming.advertised_addr[0]) if offered else call.answer
        except SdpNegotiationError:
            incoming._send_response(488, "Not Acceptable Here")  # reject() would end the call
            return
        incoming.accept(answer)

    def _ended(self, call_id: str) -> None:
        call = self.calls.get(call_id)
        if call is not None:
            call.gone()

    def _dead(self, call_id: str) -> None:
        """Nobody answers the sign of life any more: aiosipua 0.7.1 would go on asking."""
        call = self.calls.get(call_id)
        if call is not None:
            call.hang_up()

    def _progressed(self, call_id: str, status: int, reason: str) -> None:
        call = self.calls.get(call_id)
        if call is not None:
            call.progressed(status)

    def _reject(self, incoming: IncomingCall, status: int) -> None:
        incoming.reject(status)
        asyncio.get_running_loop().call_later(_FORGOTTEN, self._forget, incoming)

    def _forget(self, incoming: IncomingCall) -> None:
        """aiosipua keeps a call that we ended, and one that was refused and never acknowledged."""
        if self._uas._calls.get(incoming.call_id) is incoming:
            del self._uas._calls[incoming.call_id]
        self._uas._remove_invite_transaction(incoming.invite)

    # Where we are

    def _reached_by(self, peer: str) -> str:
        """The address the peer reaches us by."""
        if self._public:
            return self._public
        if self._host not in ("0.0.0.0", "::"):
            return self._host
        with socket.socket(socket.AF_INET6 if ":" in peer else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((peer, 9))  # sends nothing
            return probe.getsockname()[0]

    async def _stay_registered(self, account: Account) -> None:
        host, _, port = account.registrar.partition(":")
        loop = asyncio.get_running_loop()
        while True:
            try:
                found = await loop.getaddrinfo(host, int(port or 5060), type=socket.SOCK_DGRAM, family=socket.AF_INET)
            except OSError:
                await asyncio.sleep(30)
                continue
            address = found[0][4]
            self._uac.advertised_addr = (self._reached_by(address[0]), self.port)
            self._registration = Registration(
                self._uac, f"sip:{account.user}@{account.domain or host}", address,
                auth=SipDigestAuth(account.user, account.password), user_agent="Candide",
            )  # fmt: skip
            while True:
                self._registration.register()
                await asyncio.sleep(35)  # by then it was answered, or given up
                while self.registered:
                    await asyncio.sleep(5)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _tag(request: SipRequest) -> str | None:
    to = request.headers.get_first("to")
    return parse_address(to).tag if to else None
