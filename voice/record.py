"""One line a call, for audits: figures, promises kept or broken, how a human was reached; nothing said or bought.

The promises are judged with the whole journal when the call ends; then the journal is let go and only this stays. Age
band and region are in it only where a customer who proved who they are allows statistics.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from nlu.dialogue import Dialogue
from personalization.audit.recommendation import age_band
from personalization.catalogue import Catalogue
from personalization.purposes import Purpose
from personalization.shop import Shop
from personalization.store.periods import retention_of
from voice.audit.journals import JournalError, Recorded
from voice.audit.promises import Verdicts
from voice.journal import Journal

__all__ = ["CallRecord", "Human", "Records", "groups_of", "keep_record", "read_records", "record_of", "shop_records"]

log = logging.getLogger(__name__)

VERSION = 1
_OFFERS = ("human.offer", "human.offer_calm", "handoff.closed", "courtesy.machine_human", "line.no_adviser")
"""Lines that tell a caller that a person can be had."""
_SPEAKS = ("ConversationStarted", "LineStarted")
_FILE = re.compile(r"calls-(\d{4}-\d{2}-\d{2})\.jsonl")


@dataclass(frozen=True)
class Human:
    """How a person was asked for and reached."""

    offered: bool = False
    """The assistant offered one, heard to its end, before one was asked for."""
    asked: bool = False
    """By a word or a key."""
    reached: bool = False
    callback: bool = False
    """A call back was promised."""
    waited: float | None = None
    """Seconds from the wish to the person, the promise or the giving up; None where there was no wish."""

    @property
    def gave_up(self) -> bool:
        return self.asked and not self.reached and not self.callback


@dataclass(frozen=True)
class CallRecord:
    began: str
    """The day and the hour, "2026-11-26T14"; "" where it isn't known."""
    way: str
    """"sip", "audiosocket", "kiosk", "demo"."""
    language: str
    """Of the last words."""
    ended: str
    seconds: float
    turns: int
    not_understood: int
    """Turns in which nothing was recognised or understood."""
    interrupted: int
    """Times the caller's voice stopped the assistant."""
    resumed: int
    """Times it had been nothing, and the assistant went on."""
    identified: bool
    human: Human = Human()
    promises: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By name: (places where it held, places where it could be broken)."""
    broken: tuple[tuple[str, int], ...] = ()
    """(promise, turn) of each that was broken."""
    groups: dict[str, str] = field(default_factory=dict)
    """What is known of the caller and may be used for statistics."""

    def as_dict(self) -> dict[str, Any]:
        return {"record": VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> CallRecord:
        """Raises KeyError, TypeError or ValueError where it is no record of this version."""
        if row["record"] != VERSION:
            raise ValueError(f"a record of version {row['record']}")
        told = {name: value for name, value in row.items() if name != "record"}
        told["human"] = Human(**told["human"])
        told["promises"] = {name: (int(held), int(n)) for name, (held, n) in told["promises"].items()}
        told["broken"] = tuple((str(name), int(turn)) for name, turn in told["broken"])
        return cls(**told)


def record_of(
    journals: Sequence[Sequence[Mapping[str, Any]]],
    catalogue: Catalogue,
    *,
    began: datetime | None = None,
    way: str = "",
    rings: Sequence[tuple[float, bool]] = (),
    groups: Mapping[str, str] | None = None,
) -> CallRecord:
    """
    Args:
        journals: the rows of one call, one journal for each time the assistant had it.
        rings: (seconds, whether somebody answered) of each person rung; without any, a hand-off counts as answered.
        groups: of `groups_of`.
    """
    verdicts = [Verdicts.of(Recorded(way, tuple(rows)), catalogue) for rows in journals]
    promises: dict[str, tuple[int, int]] = {}
    for name, (held, n) in (pair for each in verdicts for pair in each.counts.items()):
        before = promises.get(name, (0, 0))
        promises[name] = (before[0] + held, before[1] + n)
    rows = [row for each in journals for row in each]
    ends = [row for row in rows if row["event"] == "ConversationEnded"]
    starts = [row for row in rows if row["event"] == "ConversationStarted"]
    spoken = [row["language"] for row in rows if "language" in row and row["event"] in _SPEAKS]

    def count(*events: str) -> int:
        return sum(row["event"] in events for row in rows)

    return CallRecord(
        began.strftime("%Y-%m-%dT%H") if began else "",
        way or (starts[0]["conversation"] if starts else ""),
        spoken[-1] if spoken else "",
        ends[-1]["reason"] if ends else "stopped",
        round(sum(row["at"] for row in ends) + sum(seconds for seconds, _ in rings), 2),
        count("Utterance"),
        sum(row["event"] == "Trouble" and row["where"] == "hearing" and row["what"] != "echo" for row in rows),
        count("Interrupted"),
        count("Resumed"),
        count("Authenticated") > 0,
        _human(journals, rings),
        promises,
        tuple(broken for each in verdicts for broken in each.broken),
        dict(groups or {}),
    )


def groups_of(dialogue: Dialogue) -> dict[str, str]:
    """Age band and store of a customer whose consent to statistics stands; nothing of anybody else.

    After the conversation, only a lasting consent does.
    """
    file = dialogue.file
    if file is None or not file.consents.granted(Purpose.IMPROVEMENT_STATISTICS):
        return {}
    seen = file.view(Purpose.IMPROVEMENT_STATISTICS)
    return {"age": age_band(seen.age), "region": seen.store or "not given"}


def _human(journals: Sequence[Sequence[Mapping[str, Any]]], rings: Sequence[tuple[float, bool]]) -> Human:
    offered, callback, handed = False, False, False
    wished: float | None = None
    now = begun = 0.0
    rung = iter(rings)
    for rows in journals:
        lines: dict[tuple[int, int], str] = {}
        for row in rows:
            now, event = begun + row["at"], row["event"]
            if event == "LineStarted":
                lines[row["turn"], row["line"]] = row["phrase"]
            elif event == "LineHeard" and row["complete"] and wished is None:
                offered = offered or lines.get((row["turn"], row["line"])) in _OFFERS
            elif event == "Understood" and "human" in (row["intent"], row.get("also")):
                wished = now if wished is None else wished
            elif event == "HandedOff" and row["outcome"] == "callback":
                callback, wished = True, now if wished is None else wished
            elif event == "HandedOff":
                wished = now if wished is None else wished
            elif event == "Replied" and "callback" in row["actions"]:
                callback = True
            elif event == "ConversationEnded" and row["reason"] == "handed off":
                seconds, answered = next(rung, (0.0, not rings))
                now, handed = now + seconds, answered
        begun = now
    waited = None if wished is None else round(max(0.0, now - wished), 2)
    return Human(offered, wished is not None, handed, callback, waited)


async def keep_record(
    records: Records | None,
    journals: Sequence[Journal],
    catalogue: Catalogue,
    *,
    began: datetime,
    way: str,
    rings: Sequence[tuple[float, bool]] = (),
    groups: Mapping[str, str] | None = None,
) -> None:
    """Keeps what audits need of a call that is over, beside the loop; a promise that was broken is logged at once."""
    if records is None:
        return

    def work() -> CallRecord:
        rows = [[entry.as_dict() for entry in journal.entries] for journal in journals]
        made = record_of(rows, catalogue, began=began, way=way, rings=rings, groups=groups)
        records.add(made, began.date())
        return made

    try:
        record = await asyncio.to_thread(work)
    except OSError as error:
        log.error("the record of a call could not be written (%s)", error.strerror)
        return
    for promise, turn in record.broken:
        log.error("a promise was broken: %s, turn %d", promise, turn)


def shop_records(folder: Path | None, shop: Shop) -> Records | None:
    """The folder a shop's calls are recorded in, where it wants that.

    Raises:
        OSError: it can't be made.
        StoreError: the shop's settings hold a period that can't be.
    """
    return None if folder is None else Records(folder, retention_of(shop.settings).records)


def read_records(path: Path) -> tuple[CallRecord, ...]:
    """A file of records. A last line that was being written when the machine stopped is left out.

    Raises:
        JournalError: a line is no record, or the file can't be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise JournalError(f"{path}: it can't be read ({type(wrong).__name__}): name another file") from wrong
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(CallRecord.from_dict(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            if number == len(lines) and number > 1:
                break
            raise JournalError(f"{path}, line {number}: not a call's record: name another file") from wrong
    return tuple(found)


class Records:
    """A folder of them, a file a day, readable by its owner alone; days that have had their time are deleted.

    Args:
        folder: made if need be.
        days: a file is kept (`retention.records` of the shop's settings).

    Raises:
        OSError: the folder can't be made or written to.
    """

    def __init__(self, folder: Path, days: int) -> None:
        self.folder, self._days = folder, days
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._cleaned: date | None = None
        self.clean(date.today())

    def add(self, record: CallRecord, today: date) -> None:
        """Appends one line, in one write: several lines may use one folder. Raises OSError."""
        self.clean(today)
        line = json.dumps(record.as_dict(), ensure_ascii=False) + "\n"
        file = os.open(self.folder / f"calls-{today.isoformat()}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

    def clean(self, today: date) -> None:
        """Once a day."""
        if self._cleaned == today:
            return
        self._cleaned = today
        for path in self.folder.iterdir():
            named = _FILE.fullmatch(path.name)
            if named and date.fromisoformat(named[1]) < today - timedelta(days=self._days):
                path.unlink(missing_ok=True)
