"""Who may come in: what a caller keyed, judged by the shop's database, and how a one-time code reaches them."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

from personalization.identity.identification import Identification, Outcome
from personalization.identity.sending import FileSender, Sender
from personalization.store.recorder import Recorder
from personalization.store.stored_shop import StoredShop
from voice.line.identifying import Known
from voice.line.outbox import signed
from voice.line.settings import CodeSettings

__all__ = ["StoreDoor", "WebhookSender", "door_of"]


class StoreDoor:
    """A `Door` on a shop in a database.

    Args:
        sends: one-time codes are sent; else callers read them off their authenticator.
    """

    def __init__(self, shop: StoredShop, identification: Identification, sends: bool) -> None:
        self._shop, self._identification, self.sends = shop, identification, sends

    def send(self, number: str, caller: str | None) -> float:
        """Raises: OSError, the code can't be delivered."""
        return float(self._identification.send_code(number, caller))

    def check(self, number: str, pin: str, code: str, caller: str | None) -> Known | float | None:
        verdict = self._identification.prove(number, caller, pin, code)
        if verdict.outcome is Outcome.LOCKED:
            return float(verdict.wait)
        if verdict.outcome is not Outcome.PROVED:
            return None
        shop, uid = self._shop, verdict.uid
        return Known(number, shop.open_file(number), lambda: Recorder(shop.store_of_customers, uid, shop.actor))


class WebhookSender:
    """Posts codes to the shop's text message service: {"to": ..., "code": ..., "language": ...}, signed like the rest.

    Tried once: a code that comes late is no use, and nothing is kept to be sent again.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret

    def send(self, to: str, code: str, language: str) -> None:
        """Raises: OSError."""
        body = json.dumps({"to": to, "code": code, "language": language}).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Candide-Signature": signed(self._secret, body, int(time.time())),
        }
        try:
            with urllib.request.urlopen(urllib.request.Request(self._url, body, headers), timeout=5):
                pass
        except (urllib.error.URLError, ValueError) as error:
            raise OSError("the service that sends codes can't be reached") from error


def door_of(shop: Any, codes: CodeSettings | None) -> StoreDoor | None:
    """The door of a shop in a database; None for one in a folder, which keeps no PIN."""
    if not isinstance(shop, StoredShop):
        return None
    sender: Sender | None = None
    if codes is not None:
        sender = WebhookSender(codes.url, codes.secret) if codes.url else FileSender(codes.file)
    return StoreDoor(shop, Identification(shop.store_of_customers, sender), sender is not None)
