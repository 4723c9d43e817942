"""Many sealed rows into a table at once, as fast as each database takes them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Table

__all__ = ["insert_records"]

_COLUMNS = ("customer", "key", "version", "sealed")


def insert_records(
    connection: Connection, table: Table, batches: Iterable[list[tuple[bytes, bytes, int, bytes]]], replace: bool
) -> None:
    """Rows (customer, key, version, sealed) in the caller's transaction; one that is there stays, or is replaced.

    SQLite takes them row by row through its own driver; PostgreSQL by COPY into a table of this transaction's.
    """
    names = ", ".join(_COLUMNS)
    kept = "DO UPDATE SET version = excluded.version, sealed = excluded.sealed" if replace else "DO NOTHING"
    clash = f"ON CONFLICT (customer, key) {kept}"
    raw = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        for rows in batches:
            raw.executemany(f"INSERT INTO {table.name} ({names}) VALUES (?, ?, ?, ?) {clash}", rows)
        return
    with raw.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS incoming (LIKE {table.name}) ON COMMIT DROP")
        with cursor.copy(f"COPY incoming ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(("bytea", "bytea", "int2", "bytea"))
            for rows in batches:
                for row in rows:
                    copy.write_row(row)
        cursor.execute(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM incoming {clash}")
        cursor.execute("TRUNCATE incoming")
