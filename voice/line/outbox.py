"""What leaves the line for people: hand-off summaries and requests for a call back, posted to the shop's webhook.

The body is JSON; `X-Candide-Signature` is "t=SECONDS,v1=HEX", HEX being HMAC-SHA256 over "SECONDS.BODY" with the shared
secret, so that the receiver can refuse what is forged or replayed. Nothing is written to a disk here.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from typing import Any

from voice.line.settings import WebhookSettings

__all__ = ["Outbox", "signed", "verified"]

_TRIES = (0.0, 2.0, 10.0)
"""Seconds before each attempt."""
_UNSENT = 100
"""Messages kept in memory that nobody took; the oldest go."""


def signed(secret: str, body: bytes, seconds: int) -> str:
    mac = hmac.new(secret.encode(), str(seconds).encode() + b"." + body, hashlib.sha256)
    return f"t={seconds},v1={mac.hexdigest()}"


def verified(secret: str, body: bytes, header: str, now: float, within: float = 300.0) -> bool:
    """What a receiver does: the signature is right and not older than `within` seconds."""
    parts = dict(each.partition("=")[::2] for each in header.split(","))
    seconds = parts.get("t", "")
    if not seconds.isdecimal() or abs(now - int(seconds)) > within:
        return False
    return hmac.compare_digest(signed(secret, body, int(seconds)), header)


class Outbox:
    """Posts without holding up a call.

    Args:
        webhook: none: what is posted stays in `unsent`, in memory.
    """

    def __init__(self, webhook: WebhookSettings | None, wait: Callable[[float], Any] = asyncio.sleep) -> None:
        self.unsent: deque[dict[str, Any]] = deque(maxlen=_UNSENT)
        self.sent = 0
        self._webhook, self._wait = webhook, wait
        self._tasks: set[asyncio.Task[None]] = set()

    def post(self, message: dict[str, Any]) -> None:
        if self._webhook is None:
            self.unsent.append(message)
            return
        task = asyncio.create_task(self._deliver(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Waits for what is being delivered."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, message: dict[str, Any]) -> None:
        for pause in _TRIES:
            await self._wait(pause)
            if await asyncio.to_thread(self._once, message):
                self.sent += 1
                return
        self.unsent.append(message)

    def _once(self, message: dict[str, Any]) -> bool:
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Candide-Signature": signed(self._webhook.secret, body, int(time.time())),
        }
        try:
            request = urllib.request.Request(self._webhook.url, body, headers)
            with urllib.request.urlopen(request, timeout=5) as answer:
                return 200 <= answer.status < 300
        except (OSError, urllib.error.URLError, ValueError):
            return False
