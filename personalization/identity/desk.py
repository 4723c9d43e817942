"""What staff see, by their role: hand-offs as far as consents let them through, and who looked. Looks are entered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from personalization.identity.staff import Right, SignedIn
from personalization.store.handoffs import Handoff, Handoffs
from personalization.store.ledger import Entry
from personalization.store.shop_store import ShopStore

__all__ = ["Desk", "NotAllowed"]


class NotAllowed(PermissionError):
    """The role doesn't carry that right."""


class Desk:
    """Of somebody who has signed in (`Staff.sign_in`)."""

    def __init__(self, store: ShopStore, who: SignedIn) -> None:
        self._store, self.who = store, who
        self._handoffs = Handoffs(store)

    def waiting(self) -> tuple[dict[str, Any], ...]:
        """Outlines of the hand-offs, newest first. Raises NotAllowed."""
        self._must(Right.HANDOFFS)
        return tuple(each.outline() for each in self._handoffs.all())

    def read(self, id: str) -> Handoff:
        """One of them, whole; the look is in the ledger before it is seen.

        Raises:
            NotAllowed: the role doesn't carry it. NoSuchHandoff: none, or several, begin with this.
        """
        self._must(Right.HANDOFFS)
        found = self._handoffs.open(id)
        sealer = self._store.keys.sealer(found.customer) if found.customer else None
        told = {"what": "hand-off", "handoff": found.id}
        self._store.ledger.record("access", self.who.actor, told, subject=found.customer, sealer=sealer)
        return found

    def looks(self) -> Iterator[Entry]:
        """Every access and sign-in, oldest first; the details of an erased customer's are gone. Raises NotAllowed."""
        self._must(Right.LOOKS)
        self._store.ledger.record("access", self.who.actor, {"what": "looks"})
        return (entry for entry in self._store.ledger.entries() if entry.kind in ("access", "identity"))

    def _must(self, right: Right) -> None:
        if not self.who.may(right):
            self._store.ledger.record("access", self.who.actor, {"what": "refused", "right": right.value})
            raise NotAllowed(f"an account of the role {self.who.role} may not do that ({right})")
