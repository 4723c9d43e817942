"""Customers of a shop in a database prove who they are as on the telephone: customer number, PIN, one-time code."""

from __future__ import annotations

import platform

from personalization.identity import identification
from personalization.identity.identification import Identification
from personalization.identity.lockout import PER_KIOSK
from personalization.identity.step_up import Level, step_up
from personalization.store.shop_store import ShopStore
from voice.kiosk.proof import Entry, Outcome, Verdict

__all__ = ["StoreProof"]


class StoreProof:
    """A `Prover`. All that a customer has set must be shown; who hasn't set one of the two leaves it empty.

    Args:
        kiosk: whose wrong tries count together, whoever stands there; this machine's name by default.
    """

    asks = (Entry.NUMBER, Entry.PIN, Entry.ONE_TIME)

    def __init__(self, store: ShopStore, known: Identification | None = None, kiosk: str | None = None) -> None:
        self._identification = known or Identification(store, callers=PER_KIOSK)
        self._kiosk = kiosk or f"kiosk {platform.node()}"

    def check(self, number: str, pin: str, code: str) -> Verdict:
        """Raises:
        SQLAlchemyError: the database can't be read or written.
        """
        found = self._identification.prove(number, self._kiosk, pin or None, code or None, all_set=True)
        if found.outcome is identification.Outcome.LOCKED:
            return Verdict(Outcome.LOCKED, seconds=found.wait)
        if found.outcome is identification.Outcome.WRONG:
            return Verdict(Outcome.WRONG)
        shown = "PIN and one-time code" if found.level is Level.TWO_FACTORS else "PIN" if pin else "one-time code"
        full = step_up(found.level, actions=["erase", "export"]) is None
        return Verdict(Outcome.RIGHT, number, method=f"{shown}, with the customer number", full=full)

    def forget(self, customer: str) -> None:
        """Erasing takes the credentials with the customer's key."""
