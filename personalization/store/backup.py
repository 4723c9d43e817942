"""Copies of a shop's database, without the data keys; and putting one back.

A backup opens only with the data keys as they are now: who was erased since then stays erased. The keys have a copy of
their own (`copy_keys`), of which only the newest is to be kept.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy import delete, insert, select

from personalization.store import schema
from personalization.store.database import insert_new, open_database, read, sqlite_file, wipe_log, write
from personalization.store.errors import Damaged, ExtraMissing, Full, StoreError
from personalization.store.exclusive import exclusive
from personalization.store.master import Master
from personalization.store.places import address
from personalization.store.shop_store import ShopStore

__all__ = ["back_up", "copy_keys", "restore"]


def back_up(store: ShopStore, path: Path) -> None:
    """One consistent copy, while everybody goes on.

    Args:
        path: a new file, readable by its owner alone. PostgreSQL's is what `pg_dump -Fc` writes.

    Raises:
        StoreError: there is a file already, or it can't be written.
    """
    if path.exists():
        raise StoreError(f"{path} exists already: a backup never replaces another one, name a new file")
    file = sqlite_file(str(store.engine.url))
    if file is not None:
        _copy(file, path)
    else:
        _dump(store, path)
    store.ledger.record("backup", "command", {"what": "made"})


def copy_keys(store: ShopStore, path: Path) -> None:
    """The newest copy of the wrapped data keys, in the place of the one before: an older one would outlive erasures.

    Raises:
        StoreError: the keys aren't in an SQLite file: copy that database with its own tools.
    """
    file = sqlite_file(str(store.keys.engine.url))
    if file is None:
        raise StoreError("the data keys are on a server: copy that database with its own tools, and keep one copy only")
    _copy(file, path)
    store.ledger.record("keys", "command", {"what": "copied"})


def _copy(file: Path, path: Path) -> None:
    """A whole file or none: copied beside, then named."""
    beside = path.with_name(f"{path.name}.part")
    beside.unlink(missing_ok=True)
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        source, copy = sqlite3.connect(f"file:{file}?mode=ro", uri=True), sqlite3.connect(beside)
        try:
            source.backup(copy, pages=4096)
            copy.execute("PRAGMA journal_mode = DELETE")
            _whole(copy, str(file))
        finally:
            copy.close()
            source.close()
        os.replace(beside, path)
    except sqlite3.OperationalError as error:
        raise Full(f"{path} can't be written ({error}): make room, or name a file elsewhere") from error
    except sqlite3.DatabaseError as error:
        raise Damaged(f"{file} is damaged ({error}): keep the backup before this one") from error
    finally:
        beside.unlink(missing_ok=True)


def _whole(connection: sqlite3.Connection, where: str) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise Damaged(f"{where} is damaged ({found}): put back the backup before")


def _dump(store: ShopStore, path: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise ExtraMissing("pg_dump (PostgreSQL's client programs)")
    _run_client([program, "-Fc", "--no-owner", "-f", str(path)], store.engine.url)
    path.chmod(0o600)


def _run_client(command: list[str], url) -> None:
    environment = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    before = os.umask(0o077)
    try:
        done = subprocess.run([*command, "--dbname", plain], env=environment, capture_output=True, text=True)
    finally:
        os.umask(before)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StoreError(f"{Path(command[0]).name} failed: {said}")


def restore(backup: Path, named: str, master: Master | str | None = None, keys: str | None = None) -> tuple[int, bool]:
    """Puts a backup in the place of the database.

    Rows of customers who were erased since it was made are deleted; the ledger, and whom not to import again, are
    carried over from the database that is replaced, where that can still be read.

    Returns:
        how many customers stay erased, and whether the ledger could be carried over.

    Raises:
        StoreError: the backup is damaged or the keys don't open it; the database is as it was.
    """
    url = address(named)
    file = sqlite_file(url)
    if not backup.is_file():
        raise StoreError(f"{backup}: there is no such backup")
    if file is None:
        return _restore_server(backup, url, master, keys)
    beside = file.with_name(f"{file.name}.restored")
    for suffix in ("", "-wal", "-shm"):
        Path(f"{beside}{suffix}").unlink(missing_ok=True)
    _copy(backup, beside)
    try:
        keys = keys or os.environ.get("CANDIDE_KEYS") or f"sqlite:///{file}-keys"
        store = ShopStore.open(f"sqlite:///{beside}", master, keys)
        with exclusive(open_database(url), store.name, 20.0):
            kept = _carry_over(url, store) if file.is_file() else False
            gone = _forget_erased(store, kept)
            _, _ = store.engine.dispose(), store.keys.engine.dispose()
            for suffix in ("-wal", "-shm"):
                Path(f"{file}{suffix}").unlink(missing_ok=True)
            os.replace(beside, file)
    finally:
        for suffix in ("", "-wal", "-shm", ".lock"):
            Path(f"{beside}{suffix}").unlink(missing_ok=True)
    return gone, kept


def _restore_server(backup: Path, url: str, master, keys) -> tuple[int, bool]:
    program = shutil.which("pg_restore")
    if program is None:
        raise ExtraMissing("pg_restore (PostgreSQL's client programs)")
    ledger = _ledger_of(url)
    command = [program, "--clean", "--if-exists", "--single-transaction", "--no-owner", str(backup)]
    _run_client(command, open_database(url).url)
    store = ShopStore.open(url, master, keys)
    kept = ledger is not None and _put_ledger(store, ledger)
    gone = _forget_erased(store, kept)
    store.close()
    return gone, kept


def _ledger_of(url: str) -> dict[str, list] | None:
    """The ledger of a database, its state and whom not to import again; None where it can't be read."""
    engine = open_database(url)
    try:
        with read(engine) as connection:
            names = ("ledger", "ledger_state", "suppressed", "erasures")
            return {name: connection.execute(select(schema.SHOP.tables[name])).mappings().all() for name in names}
    except Exception:  # damaged: that is why there is a restore
        return None
    finally:
        engine.dispose()


def _carry_over(url: str, store: ShopStore) -> bool:
    found = _ledger_of(url)
    return found is not None and _put_ledger(store, found)


def _put_ledger(store: ShopStore, found: dict[str, list]) -> bool:
    """False where it isn't this shop's, or not whole; then the backup's own stays."""
    if not found["ledger"] or not found["ledger_state"]:
        return False
    with write(store.engine) as connection:
        before = {name: connection.execute(select(schema.SHOP.tables[name])).mappings().all() for name in found}
        _replace(connection, found)
    if not store.ledger.verify().problems:
        return True
    with write(store.engine) as connection:
        _replace(connection, before)
    return False


def _replace(connection, tables: dict[str, list]) -> None:
    for name, rows in tables.items():
        connection.execute(delete(schema.SHOP.tables[name]))
        if rows:
            connection.execute(insert(schema.SHOP.tables[name]), [dict(row) for row in rows])


def _forget_erased(store: ShopStore, kept: bool) -> int:
    gone = store.missing_keys()
    with write(store.engine) as connection:
        for uid in gone:
            lookup = connection.scalar(select(schema.customers.c.lookup).where(schema.customers.c.uid == uid))
            if not kept:
                insert_new(connection, schema.suppressed, lookup=lookup)
            for table in schema.PERSONAL:
                connection.execute(delete(table).where(table.c.customer == uid))
            connection.execute(delete(schema.customers).where(schema.customers.c.uid == uid))
        store.ledger.append(connection, "backup", "command", {"what": "restored", "erased": len(gone), "ledger": kept})
    wipe_log(store.engine, tuple(table.name for table in (*schema.PERSONAL, schema.customers)))
    return len(gone)
