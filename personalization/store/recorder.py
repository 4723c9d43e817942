"""What a conversation's journal says about a known customer goes to the database: consents that last, and the ledger.

The journal is listened to; a thread of its own writes, so that the conversation never waits for a disk (law 9).
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import Any

from personalization.events import Authenticated, ConsentChanged, DataRead, Explained, HandedOff, Refused, Suggested
from personalization.store.erasure import erase
from personalization.store.errors import KeyGone
from personalization.store.shop_store import ShopStore

__all__ = ["Recorder"]

_ERASE = object()
_log = logging.getLogger(__name__)


class Recorder:
    """A listener of the journal for one customer; `close` it when the conversation is over.

    Args:
        uid: of the customer the conversation is with.

    Attributes:
        failures: what could not be written.
    """

    def __init__(self, store: ShopStore, uid: bytes, actor: str = "conversation") -> None:
        self._store, self._uid, self._actor = store, uid, actor
        self._waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.failures: list[Exception] = []
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    def __call__(self, entry: Any) -> None:
        """Takes a journal entry, or an event; returns at once."""
        self._waiting.put(getattr(entry, "event", entry))

    def erase(self) -> None:
        """The customer asked to be erased and confirmed it: done once all before it is written. Returns at once."""
        self._waiting.put(_ERASE)

    def close(self) -> None:
        """Waits until everything is written, and exports the ledger's head."""
        self._waiting.put(None)
        self._thread.join()
        self._store.head()

    def _work(self) -> None:
        while (event := self._waiting.get()) is not None:
            try:
                self._write(event)
            except KeyGone:  # erased in the middle of the conversation: there is nobody left to write about
                pass
            except Exception as error:
                self.failures.append(error)
                _log.error("the ledger could not be written: %s", type(error).__name__)

    def _write(self, event: Any) -> None:
        if event is _ERASE:
            erase(self._store, self._uid, self._actor)
            return
        if isinstance(event, ConsentChanged):
            self._store.keep_consent(self._uid, event, self._actor)
            return
        for kind, detail in _told(event):
            sealer = self._store.keys.sealer(self._uid)
            self._store.ledger.record(kind, self._actor, detail, subject=self._uid, sealer=sealer)


def _told(event: Any) -> list[tuple[str, dict[str, Any]]]:
    """(kind, detail) of the ledger entries of an event; never the caller's words, nor a sentence."""
    match event:
        case Authenticated():
            return [("identity", {"method": event.method})]
        case DataRead():
            return [("access", {"purpose": event.purpose.value, "records": event.records})]
        case Suggested():
            told = {"product": event.product, "rule": event.rule, "verified": event.verified}
            return [("suggestion", told | {"evidence": [each.get("product") for each in event.evidence]})]
        case Refused():
            return [("suggestion", {"refused": event.product, "category": event.category})]
        case Explained():
            return [("suggestion", {"explained": event.product, "depth": event.depth})]
        case HandedOff():
            return [("handoff", {"reasons": list(event.reasons), "outcome": event.outcome, "consents": event.consents})]
    return [("disclosure", {"data": str(kind)}) for kind in getattr(event, "discloses", ())]
