"""Hand-offs on their way to the shop's desk: kept sealed in its database, beside the calls, where it has one."""

from __future__ import annotations

import logging
import threading
from queue import SimpleQueue
from typing import Any

from personalization.events import HandedOff

__all__ = ["NoDesk", "StoreDesk", "desk_of"]

log = logging.getLogger(__name__)


class NoDesk:
    """A shop in a folder keeps none: the webhook is what people read."""

    def put(self, event: HandedOff, customer: str | None, way: str) -> None:
        pass

    def close(self) -> None:
        pass


class StoreDesk:
    """Writes in a thread of its own: a database that is busy holds up no call."""

    def __init__(self, store: Any) -> None:
        from personalization.store.handoffs import Handoffs

        self._store, self._handoffs = store, Handoffs(store)
        self._waiting: SimpleQueue[tuple[HandedOff, str | None, str] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self._thread.start()

    def put(self, event: HandedOff, customer: str | None, way: str) -> None:
        """Returns at once."""
        self._waiting.put((event, customer, way))

    def close(self) -> None:
        """Waits until everything is written."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (given := self._waiting.get()) is not None:
            event, customer, way = given
            try:
                uid = self._store.find(customer) if customer else None
                self._handoffs.keep(event, uid, way)
            except Exception as error:  # erased meanwhile, or a database that can't be written: the call went on
                log.error("a hand-off could not be kept for the desk: %s", type(error).__name__)


def desk_of(shop: Any) -> NoDesk | StoreDesk:
    store = getattr(shop, "store_of_customers", None)
    return NoDesk() if store is None else StoreDesk(store)
