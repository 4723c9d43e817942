"""The ledger: every access, consent, disclosure, suggestion, erasure and key operation, in an order nobody can change.

Append-only; each entry's HMAC-SHA-256 covers the entry and the one before (Schneier and Kelsey, "Secure audit logs",
1999). An edit, a deletion or a swap breaks the chain; a cut end is told by the sealed count, and a whole database put
back to an earlier day only by a head kept elsewhere (`Head`). Details about a customer are sealed under their key:
erasing them makes those unreadable and leaves the chain whole.
"""

from __future__ import annotations

import hmac
import json
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from personalization.store.database import is_sqlite, read, write
from personalization.store.errors import StoreError
from personalization.store.schema import ledger, ledger_state
from personalization.store.sealing import Sealer

__all__ = ["KINDS", "Entry", "Head", "Ledger", "Verdict", "heads_in"]

KINDS = (
    "access", "consent", "disclosure", "suggestion", "identity", "handoff", "import", "export", "erasure", "retention",
    "backup", "keys",
)  # fmt: skip

_START = b"\0" * 32


@dataclass(frozen=True)
class Entry:
    seq: int
    at: str
    """ISO 8601, UTC."""
    kind: str
    actor: str
    """Who did it: "conversation", "command", "daily", "staff:NAME"."""
    subject: bytes | None
    """The customer's uid."""
    detail: dict[str, Any] | None
    """None where it is sealed and its key is gone (or wasn't given)."""


@dataclass(frozen=True)
class Head:
    """The last entry at a moment: published outside the database, it pins everything before it."""

    shop: str
    seq: int
    mac: str
    """(64,) hex digits."""
    at: str

    def write(self, path: Path) -> None:
        """Adds a line to a file of heads, JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(self)) + "\n")


def heads_in(path: Path) -> tuple[Head, ...]:
    """The heads a file holds, one JSON object a line.

    Raises:
        StoreError: a line isn't one.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return tuple(Head(**json.loads(line)) for line in lines if line.strip())
    except (ValueError, TypeError) as wrong:
        raise StoreError(f"{path} doesn't hold ledger heads, one JSON object a line: name another file") from wrong


@dataclass(frozen=True)
class Verdict:
    entries: int
    problems: tuple[str, ...]
    """What was found changed, in order; empty where everything holds."""


class Ledger:
    """Args:
    key: (32,) bytes, from the key store. shop: the shop's random name.
    """

    def __init__(self, engine: Engine, key: bytes, shop: str, now: Callable[[], datetime] | None = None) -> None:
        self.engine, self._key, self.shop = engine, key, shop
        self._now = now or (lambda: datetime.now(UTC))

    def set_up(self, connection: Connection) -> None:
        start = {"before": 0, "before_mac": _START, "seq": 0, "mac": _START}
        connection.execute(insert(ledger_state).values(id=1, **start, tag=self._tag(**start)))

    def append(
        self,
        connection: Connection,
        kind: str,
        actor: str,
        detail: dict[str, Any],
        subject: bytes | None = None,
        sealer: Sealer | None = None,
    ) -> None:
        """One more entry, in the caller's transaction: what happened and its entry stand or fall together.

        Args:
            sealer: of the customer the detail tells something about; without it the detail is legible.
        """
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of ledger entry: use one of {', '.join(KINDS)}")
        state = self._state(connection, lock=True)
        seq, at = state.seq + 1, self._now().astimezone(UTC).isoformat(timespec="milliseconds")
        text = json.dumps(detail, ensure_ascii=False, sort_keys=True)
        told = sealer.seal("ledger", struct.pack(">q", seq), text) if sealer else text.encode()
        row = {
            "seq": seq, "at": at, "kind": kind, "actor": actor, "subject": subject, "sealed": int(sealer is not None),
            "detail": told,
        }  # fmt: skip
        mac = self._mac(row, state.mac)
        connection.execute(insert(ledger).values(**row, mac=mac))
        self._set(connection, before=state.before, before_mac=state.before_mac, seq=seq, mac=mac)

    def record(self, kind: str, actor: str, detail: dict[str, Any], **about) -> None:
        """The same in a transaction of its own."""
        with write(self.engine) as connection:
            self.append(connection, kind, actor, detail, **about)

    def head(self) -> Head:
        with read(self.engine) as connection:
            state = self._state(connection)
        return Head(self.shop, state.seq, state.mac.hex(), self._now().astimezone(UTC).isoformat(timespec="seconds"))

    def entries(self, subject: bytes | None = None, sealer: Sealer | None = None) -> Iterator[Entry]:
        """In order; all of them, or one customer's, with what the sealer can open."""
        asked = select(ledger).order_by(ledger.c.seq)
        if subject is not None:
            asked = asked.where(ledger.c.subject == subject)
        with read(self.engine) as connection:
            for row in connection.execution_options(yield_per=5000).execute(asked):
                yield _entry(row, sealer)

    def verify(self, heads: Iterable[Head] = ()) -> Verdict:
        """Walks the chain from its start (or from where older entries were let go) and compares it with the heads."""
        problems: list[str] = []
        with read(self.engine) as connection:
            state = self._state(connection)
            if not hmac.compare_digest(state.tag, self._tag(*state[1:5])):
                problems.append("the ledger's own count was changed")
            wanted: dict[int, list[Head]] = {}
            for head in heads:
                if head.shop == self.shop and head.seq > state.before:
                    wanted.setdefault(head.seq, []).append(head)
            last, mac, counted = state.before, state.before_mac, 0
            for row in connection.execution_options(yield_per=5000).execute(select(ledger).order_by(ledger.c.seq)):
                if row.seq != last + 1:
                    problems.append(_missing(last + 1, row.seq - 1) if row.seq > last else f"entry {row.seq} was added")
                if not hmac.compare_digest(row.mac, self._mac(row._asdict(), mac)):
                    problems.append(f"entry {row.seq} isn't what was written, or follows another one")
                if any(head.mac != row.mac.hex() for head in wanted.pop(row.seq, ())):
                    problems.append(f"entry {row.seq} isn't the one whose head was exported")
                last, mac, counted = row.seq, row.mac, counted + 1
            if last < state.seq:
                problems.append(_missing(last + 1, state.seq))
            elif last > state.seq or not hmac.compare_digest(mac, state.mac):
                problems.append("the last entry isn't the one the ledger ended with")
            problems += [f"entry {seq} was there when its head was exported and isn't now" for seq in sorted(wanted)]
        return Verdict(counted, tuple(problems))

    def let_go(self, connection: Connection, before: str) -> int:
        """Entries older than this moment (ISO 8601) have had their time: the chain then starts after them."""
        last = select(ledger.c.seq, ledger.c.mac).where(ledger.c.at < before).order_by(ledger.c.seq.desc()).limit(1)
        state = self._state(connection, lock=True)
        found = connection.execute(last).first()
        if found is None:
            return 0
        gone = connection.execute(delete(ledger).where(ledger.c.seq <= found.seq)).rowcount
        self._set(connection, before=found.seq, before_mac=found.mac, seq=state.seq, mac=state.mac)
        return gone

    def _state(self, connection: Connection, lock: bool = False):
        asked = select(ledger_state).where(ledger_state.c.id == 1)
        state = connection.execute(asked.with_for_update() if lock and not is_sqlite(self.engine) else asked).first()
        if state is None:
            raise StoreError("the ledger's count is gone: somebody removed it; put back the last backup")
        return state

    def _set(self, connection: Connection, **state) -> None:
        connection.execute(update(ledger_state).values(**state, tag=self._tag(**state)))

    def _tag(self, before: int, before_mac: bytes, seq: int, mac: bytes) -> bytes:
        return hmac.digest(self._key, struct.pack(">qq", before, seq) + before_mac + mac, "sha256")

    def _mac(self, row: dict[str, Any], previous: bytes) -> bytes:
        """Each part is preceded by its length, so that no letter can move from one to the next."""
        parts = (
            struct.pack(">qb", row["seq"], row["sealed"]), row["at"].encode(), row["kind"].encode(),
            row["actor"].encode(), row["subject"] or b"", row["detail"], previous,
        )  # fmt: skip
        return hmac.digest(self._key, b"".join(struct.pack(">q", len(part)) + part for part in parts), "sha256")


def _missing(first: int, last: int) -> str:
    return f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"


def _entry(row, sealer: Sealer | None) -> Entry:
    detail = None
    if not row.sealed:
        detail = json.loads(row.detail)
    elif sealer is not None:
        detail = json.loads(sealer.open("ledger", struct.pack(">q", row.seq), row.detail))
    return Entry(row.seq, row.at, row.kind, row.actor, row.subject, detail)
