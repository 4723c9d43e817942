"""Calls as they are named for an audit: journals (of demos, of tests) and records of the line and the kiosk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from personalization.catalogue import Catalogue
from voice.audit.journals import Recorded, files, journals
from voice.audit.promises import Verdicts
from voice.record import CallRecord, read_records, record_of

__all__ = ["Calls", "read_calls"]


@dataclass(frozen=True)
class Calls:
    journals: tuple[Recorded, ...] = ()
    records: tuple[CallRecord, ...] = ()

    def __len__(self) -> int:
        return len(self.journals) + len(self.records)

    def verdicts(self) -> tuple[Verdicts, ...]:
        """On the calls whose journals are gone."""
        return tuple(
            Verdicts(f"call of {each.began} ({each.way})", each.promises, each.broken) for each in self.records
        )

    def all_records(self, catalogue: Catalogue) -> tuple[CallRecord, ...]:
        """Of the journals too."""
        return (*self.records, *(record_of([each.rows], catalogue) for each in self.journals))


def read_calls(named: Iterable[Path]) -> Calls:
    """Files as they are named; of a folder, every *.jsonl below it.

    Raises:
        JournalError: there is none, or a line is neither an event nor a record.
    """
    found = files(named)
    kept = [path for path in found if _holds_records(path)]
    others = [path for path in found if path not in kept]
    records = tuple(record for path in kept for record in read_records(path))
    return Calls(journals(others), records)


def _holds_records(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as lines:
            first = json.loads(lines.readline())
    except (OSError, ValueError):
        return False
    return isinstance(first, dict) and "record" in first
