"""Sealed rows on their way in: a private temporary file, sorted, that is gone when the program is, however it ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from personalization.store.errors import Full
from personalization.store.sealing import VERSION

__all__ = ["Spool", "SpooledRow"]

SpooledRow = tuple[bytes, bytes, bytes, int]
"""(customer's uid, record's key, sealed, whether it replaces what is there)."""


class Spool:
    """Args:
    tables: names of the tables rows are put aside for.
    """

    def __init__(self, tables: tuple[str, ...]) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA cache_size = -65536")
        for table in tables:
            self._connection.execute(f"CREATE TABLE {table} (customer BLOB, key BLOB, sealed BLOB, anew INTEGER)")
        self._connection.execute("BEGIN")
        self._indexed: set[str] = set()
        self._waiting: dict[str, list[SpooledRow]] = {table: [] for table in tables}

    def add(self, table: str, row: SpooledRow) -> None:
        waiting = self._waiting[table]
        waiting.append(row)
        if len(waiting) >= 20_000:
            self._flush(table)

    def of(self, table: str, customer: bytes) -> list[tuple[bytes, bytes, int]]:
        """(key, sealed, whether it replaces what is there) of this customer's rows, the oldest first."""
        self._flush(table)
        if table not in self._indexed:
            self._connection.execute(f"CREATE INDEX {table}_of ON {table} (customer)")
            self._indexed.add(table)
        asked = f"SELECT key, sealed, anew FROM {table} WHERE customer = ? ORDER BY rowid"
        return self._connection.execute(asked, (customer,)).fetchall()

    def batches(self, table: str, anew: bool, size: int = 10_000) -> Iterator[list[tuple[bytes, bytes, int, bytes]]]:
        """(customer, key, version, sealed), sorted; those that replace, or those that don't."""
        self._flush(table)
        asked = f"SELECT customer, key, {VERSION}, sealed FROM {table} WHERE anew = ? ORDER BY customer, key"
        rows = self._connection.execute(asked, (int(anew),))
        while some := rows.fetchmany(size):
            yield some

    def count(self, table: str) -> int:
        self._flush(table)
        return self._connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]

    def _flush(self, table: str) -> None:
        waiting, self._waiting[table] = self._waiting[table], []
        if not waiting:
            return
        try:
            self._connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", waiting)
        except sqlite3.OperationalError as error:
            raise Full(
                "the disk of temporary files is full, so nothing was imported: make room or set TMPDIR"
            ) from error

    def close(self) -> None:
        self._connection.close()
