"""Opens a database of either kind, with transactions that mean it, and its errors as sentences.

SQLite: write-ahead log, so that nobody who reads waits for who writes; a write takes its lock at once and waits for it
a bounded time; what is deleted is overwritten (`secure_delete`).
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from personalization.store.errors import Busy, Damaged, ExtraMissing, Full, NoShop, StoreError, Unreachable

try:
    from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
except ImportError as missing:  # pragma: no cover
    raise ExtraMissing("SQLAlchemy") from missing

__all__ = ["insert_new", "is_sqlite", "open_database", "read", "sqlite_file", "told", "wipe_log", "write"]

WAIT = 20.0
"""Seconds a write waits for another one."""


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite URL; None for a server."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def open_database(url: str, wait: float = WAIT) -> Engine:
    """An engine for the URL; nothing is read yet.

    Raises:
        NoShop: the URL can't be understood. ExtraMissing: the server's driver isn't installed.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise NoShop(f"{parsed.get_backend_name()} databases aren't supported: use sqlite or postgresql")
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() == "postgresql")
    except (ArgumentError, NoSuchModuleError) as wrong:
        raise NoShop(
            f"{url!r} is no database address: write sqlite:///shop.db or postgresql://user@host/shop"
        ) from wrong
    except ModuleNotFoundError as missing:
        raise ExtraMissing(str(missing.name)) from missing
    if is_sqlite(engine):
        _prepare_sqlite(engine, wait)
    return engine


def _prepare_sqlite(engine: Engine, wait: float) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection, _record) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, so that a write takes its lock at once
        for pragma in (
            f"busy_timeout = {int(wait * 1000)}", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON",
            "cache_size = -131072", "temp_store = MEMORY",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection) -> None:
        mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """One consistent look at the database."""
    with told(engine), engine.connect() as connection:
        if not is_sqlite(engine):
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """A transaction: all of it or nothing. On SQLite no other one writes meanwhile."""
    with told(engine), engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        with connection.begin():
            yield connection


def insert_new(connection: Connection, table: Table, **values) -> None:
    """A row, unless its key is there already."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert
    connection.execute(insert(table).values(**values).on_conflict_do_nothing())


def wipe_log(engine: Engine, tables: tuple[str, ...]) -> bool:
    """Deleted rows leave the write-ahead log and dead tuples too. False while a reader still holds them."""
    with told(engine), engine.connect() as connection:
        if is_sqlite(engine):
            raw = connection.connection.driver_connection
            blocked, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not blocked
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in tables:
            connection.execute(text(f"VACUUM {table}"))
        return True


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """A database's error becomes a sentence, where there is something to do about it."""
    where = sqlite_file(str(engine.url)) or engine.url.render_as_string(hide_password=True)
    try:
        yield
    except DBAPIError as error:
        sentence = _sentence(error, str(where))
        if sentence is None:
            raise
        raise sentence from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise Full(f"{where}: the disk is full, so nothing was written: make room and try again") from error


_SENTENCES: tuple[tuple[type[StoreError], tuple[str, ...], str], ...] = (
    (Busy, ("database is locked", "lock timeout", "deadlock detected", "could not obtain lock", "could not serialize"),
     "another program is writing to it, so nothing was written: try again when it has finished"),
    (Full, ("disk is full", "no space left", "could not extend file", "disk i/o error", "file too large"),
     "the disk is full or can't be written, so nothing was written: make room and try again"),
    (Damaged, ("malformed", "not a database", "invalid page", "could not read block", "file is truncated",
              "could not decode"),
     "the database is damaged or was cut short: put back the last backup (candide shop restore)"),
    (NoShop, ("unable to open database file", "readonly database", "permission denied"),
     "it can't be opened or written: check the path and its permissions"),
    (NoShop, ("no such table", "does not exist"),
     "there is no shop in this database: make one with candide shop import"),
    (Unreachable, ("connection refused", "could not connect", "connection failed", "authentication failed",
                   "could not translate host", "server closed the connection", "terminating connection",
                   "the connection is lost", "connection timeout"),
     "the database server doesn't answer or refuses: check that it runs, the address and the password"),
)  # fmt: skip


def _sentence(error: DBAPIError, where: str) -> StoreError | None:
    said = str(error.orig).casefold()
    for kind, signs, what in _SENTENCES:
        if any(sign in said for sign in signs):
            return kind(f"{where}: {what}")
    return None
