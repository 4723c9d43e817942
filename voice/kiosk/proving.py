"""One customer's entries, kept in memory until they are judged, in a lane beside the conversation.

Nothing of an entry goes to the conversation, its journal, the screen's picture or a log.
"""

from __future__ import annotations

import logging

from personalization.shop import Shop, UnknownCustomer
from personalization.view import CustomerFile
from voice.kiosk.proof import Entry, Outcome, Prover, Verdict
from voice.workers import Job, Workers

__all__ = ["LANE", "Proving"]

log = logging.getLogger(__name__)

LANE = "identity"
_LONGEST = 64
"""Characters of an entry that are looked at."""


class Proving:
    """Of one visit.

    Args:
        prover: judges.
        shop: opens the file of who is proved.
    """

    def __init__(self, prover: Prover, shop: Shop, workers: Workers) -> None:
        self._prover, self._shop, self._workers = prover, shop, workers
        self._entries: list[str] = []
        self._job: Job | None = None

    @property
    def asks(self) -> Entry:
        """What is to be entered now."""
        return self._prover.asks[len(self._entries)]

    @property
    def begun(self) -> bool:
        """Something was entered that isn't judged yet."""
        return bool(self._entries) or self._job is not None

    def restart(self) -> None:
        """What was entered is forgotten; what is being judged goes on."""
        self._entries = []

    def enter(self, entry: str, now: float) -> bool:
        """Whether it was taken: none is while the ones before are judged, and only a PIN or a code may be empty.

        Args:
            now: seconds of the conversation.
        """
        entry = entry.strip()[:_LONGEST]
        if self._job is not None or (not entry and self.asks not in (Entry.PIN, Entry.ONE_TIME)):
            return False
        self._entries.append(entry)
        if len(self._entries) == len(self._prover.asks):
            entries, self._entries = self._entries, []
            self._job = self._workers.submit(LANE, lambda: self._judge(entries), now)
        return True

    def verdict(self, now: float) -> tuple[Verdict | None, CustomerFile | None] | None:
        """What came of the entries, once, with the customer's file; no verdict where they couldn't be judged.

        Returns:
            None while there is nothing to tell.
        """
        if self._job is None or not self._job.ended(now):
            return None
        job, self._job = self._job, None
        if job.error is not None:
            log.error("a customer couldn't be identified: %s", type(job.error).__name__)
            return None, None
        return job.take(now)[0]

    def _judge(self, entries: list[str]) -> tuple[Verdict, CustomerFile | None]:
        verdict = self._prover.check(*entries)
        if verdict.outcome is not Outcome.RIGHT:
            return verdict, None
        try:
            return verdict, self._shop.open_file(verdict.customer)
        except UnknownCustomer:  # erased meanwhile
            self._prover.forget(verdict.customer)
            return Verdict(Outcome.WRONG), None
