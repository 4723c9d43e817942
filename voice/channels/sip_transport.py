"""SIP over UDP at the edge: who may speak to us, each request answered once, each request of ours sent until answered.

Under aiosipua 0.7.1, whose transport hands on everything. Added here: peers that aren't allowed get nothing; requests
from one address are limited; a request that comes again gets the answer it got (RFC 3261 section 17.2); answers go to
the address the request came from and carry its Record-Route (section 12.1.1); our own requests are repeated until they
are answered (section 17.1.2).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from aiosipua.message import SipMessage, SipRequest, SipResponse
from aiosipua.transport import UdpSipTransport, _stamp_via_received

from voice.channels.networks import Network, allowed

__all__ = ["Limit", "SipEdge"]

_LARGEST = 16_384
_REMEMBERED = 4_096
"""Transactions whose answer is kept."""
_T1, _T2, _TIMEOUT = 0.5, 4.0, 32.0
"""Timers of RFC 3261, seconds."""


class Limit:
    """A token bucket an address: `rate` a second, `burst` at once; the addresses remembered are limited, too."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, address: str) -> bool:
        now = self._clock()
        left, since = self._left.pop(address, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._rate)
        self._left[address] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > 1_024:
            self._left.popitem(last=False)
        return left >= 1


@dataclass
class _Asked:
    """A request that came, and what it was answered."""

    back: tuple[str, int]
    record_route: list[str]
    answer: bytes | None = None


@dataclass
class _Sent:
    """A request of ours that waits for its answer."""

    done: Callable[[SipResponse | None], None]
    timer: asyncio.TimerHandle | None = None
    waited: float = 0.0


class _Datagrams(asyncio.DatagramProtocol):
    """In place of aiosipua's own, which takes Python 3.11's transport for something else."""

    def __init__(self, take: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        self._take(data, (addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """The other side's port isn't open: requests are repeated, then given up."""


class SipEdge(UdpSipTransport):
    """Args:
    host, port: bound address.
    allow: networks that may speak to us; empty is everybody.
    limit: requests from one address.
    before: sees each new request first; True: it was dealt with.
    """

    def __init__(
        self,
        host: str,
        port: int,
        allow: tuple[Network, ...] = (),
        limit: Limit | None = None,
        before: Callable[[SipRequest, tuple[str, int]], bool] = lambda request, address: False,
    ) -> None:
        super().__init__(local_addr=(host, port))
        self.dropped = 0
        """Datagrams that weren't taken: from a stranger, too many, too large, not SIP."""
        self.refuse: Callable[[SipRequest, int, str], None] = lambda request, status, reason: None
        self.dead: Callable[[str], None] = lambda call_id: None
        """Told which call has nobody at its other end: a sign of life of ours (UPDATE) had no answer, or the answer
        that there is no such call (RFC 4028, section 10)."""
        self._allow, self._limit, self._before = allow, limit or Limit(100, 400), before
        self._asked: OrderedDict[tuple[str, str, str], _Asked] = OrderedDict()
        self._sent: dict[tuple[str, str], _Sent] = {}

    async def start(self) -> None:
        self._udp_transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(self._dispatch), local_addr=self.local_addr
        )
        self.local_addr = (self.local_addr[0], self._udp_transport.get_extra_info("sockname")[1])

    async def stop(self) -> None:
        for sent in self._sent.values():
            if sent.timer:
                sent.timer.cancel()
        self._sent.clear()
        await super().stop()

    # In

    def allowed(self, host: str) -> bool:
        if not self._allow:
            return True
        with contextlib.suppress(ValueError):
            return allowed(host, self._allow)
        return False

    def _dispatch(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) > _LARGEST or not self.allowed(addr[0]) or not self._limit.allows(addr[0]):
            self.dropped += 1
            return
        if not data.strip(b"\r\n\0"):  # kept alive through a firewall (RFC 5626)
            return
        try:
            message = SipMessage.parse(data)
            key = _key(message)
        except Exception:  # whatever a parser of ours or theirs makes of bytes from outside
            self.dropped += 1
            return
        try:
            if isinstance(message, SipResponse):
                self._answered(message, key)
                self.on_message(message, addr)
            elif not self._again(message, key, addr) and not self._before(message, addr):
                self.on_message(message, addr)
        except Exception:
            self.dropped += 1
            if isinstance(message, SipRequest) and message.method != "ACK":
                with contextlib.suppress(Exception):
                    self.refuse(message, 400, "Bad Request")

    def _again(self, request: SipRequest, key: tuple[str, str, str], addr: tuple[str, int]) -> bool:
        """Whether this request came before; then its answer, if there is one yet, is sent again."""
        via = request.via[0]
        back = (addr[0], addr[1] if "rport" in via.params else via.port or 5060)
        _stamp_via_received(request, addr)
        if request.method == "ACK":
            return False
        known = self._asked.get(key)
        if known is not None:
            if known.answer is not None:
                self._raw(known.answer, known.back)
            return True
        self._asked[key] = _Asked(back, request.headers.get("record-route"))
        while len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        return False

    # Out

    def send_reply(self, response: SipResponse) -> None:
        asked = self._asked.get(_key(response))
        if asked is None:
            return  # forgotten, or never asked: nobody waits for it
        makes_dialog = 101 <= response.status_code < 300 and (response.cseq is not None)
        if makes_dialog and response.cseq.method == "INVITE" and "record-route" not in response.headers:
            for route in asked.record_route:
                response.headers.append("Record-Route", route)
        asked.answer = bytes(response)
        self._raw(asked.answer, asked.back)

    def send(self, message: SipRequest | SipResponse, addr: tuple[str, int]) -> None:
        self.ask(message, addr, lambda answer: self._alive(message, answer))

    def _alive(self, request: SipRequest | SipResponse, answer: SipResponse | None) -> None:
        gone = answer is None or answer.status_code in (408, 481)
        if gone and isinstance(request, SipRequest) and request.method == "UPDATE":
            self.dead(request.call_id or "")

    def ask(self, request: SipRequest, addr: tuple[str, int], done: Callable[[SipResponse | None], None]) -> None:
        """Sends a request until it is answered for good, at most 32 s; then `done` gets the answer, or None."""
        data = bytes(request)
        self._raw(data, addr)
        if isinstance(request, SipRequest) and request.method != "ACK":
            key = _key(request)[:2]
            self._sent[key] = _Sent(done)
            self._later(key, data, addr, _T1)

    def _later(self, key: tuple[str, str], data: bytes, addr: tuple[str, int], wait: float) -> None:
        def again() -> None:
            sent = self._sent.get(key)
            if sent is None:
                return
            sent.waited += wait
            if sent.waited >= _TIMEOUT:
                del self._sent[key]
                sent.done(None)
                return
            self._raw(data, addr)
            self._later(key, data, addr, min(2 * wait, _T2))

        self._sent[key].timer = asyncio.get_running_loop().call_later(wait, again)

    def _answered(self, response: SipResponse, key: tuple[str, str, str]) -> None:
        if response.status_code < 200:
            return
        sent = self._sent.pop(key[:2], None)
        if sent is not None:
            sent.timer.cancel()
            sent.done(response)

    def _raw(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._udp_transport is not None and not self._udp_transport.is_closing():
            with contextlib.suppress(OSError):
                self._udp_transport.sendto(data, addr)


def _key(message: SipRequest | SipResponse) -> tuple[str, str, str]:
    """A transaction: branch, method and call (RFC 3261 section 17.1.3).

    Raises:
        ValueError: the message has no Via with a branch, or no CSeq.
    """
    vias, cseq = message.via, message.cseq
    if not vias or not vias[0].branch or cseq is None:
        raise ValueError("no branch or no CSeq")
    return vias[0].branch, cseq.method.upper(), message.call_id or ""
