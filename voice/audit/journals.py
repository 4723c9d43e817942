"""Journals on disk, as rows: what the conversation wrote while it ran (`voice.journal.Journal`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["JournalError", "Recorded", "files", "journals"]


class JournalError(ValueError):
    """The file is no journal; the message says what to do."""


@dataclass(frozen=True)
class Recorded:
    """One conversation, read back."""

    name: str
    """The file's name."""
    rows: tuple[dict[str, Any], ...]
    """In order; `event` is the name of the event's class, `at` seconds on the audio clock."""
    cut: bool = False
    """The last line was being written when the machine stopped; what is there is used."""


def journals(named: Iterable[Path]) -> tuple[Recorded, ...]:
    """Files as they are named; of a folder, every *.jsonl below it.

    Raises:
        JournalError: there is none, or a line isn't an event.
    """
    return tuple(_read(path) for path in files(named))


def files(named: Iterable[Path]) -> list[Path]:
    """Raises:
    JournalError: a folder holds none.
    """
    found: list[Path] = []
    for path in named:
        inside = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
        if not inside:
            raise JournalError(
                f"{path}: no journal (*.jsonl) is in this folder: name another, or play one (candide demo)"
            )
        found += inside
    return found


def _read(path: Path) -> Recorded:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as wrong:
        raise JournalError(f"{path}: not a journal (it isn't UTF-8 text): name a .jsonl file") from wrong
    except OSError as wrong:
        raise JournalError(
            f"{path}: it can't be read ({wrong.strerror}): name a journal or a folder of them"
        ) from wrong
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            if not (isinstance(row, dict) and isinstance(row.get("event"), str) and "at" in row):
                raise ValueError
        except ValueError as wrong:
            if number == len(lines) and rows:
                return Recorded(path.name, tuple(rows), cut=True)
            raise JournalError(f"{path}, line {number}: not an event of a journal: name another file") from wrong
        rows.append(row)
    if not rows:
        raise JournalError(f"{path}: the journal is empty: name another file")
    return Recorded(path.name, tuple(rows))
