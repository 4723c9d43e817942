"""A shop in a database: its files, keys, ledger and backups."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from personalization.audit.finding import Finding
from personalization.audit.permissions import open_to_others
from personalization.identity.staff import STRONG, Staff
from personalization.store.database import sqlite_file
from personalization.store.ledger import heads_in
from personalization.store.master import EnvironmentMaster, FileMaster
from personalization.store.schema import PERSONAL
from personalization.store.shop_store import ShopStore

__all__ = ["audit_store"]


def audit_store(
    store: ShopStore,
    backups: Path | None = None,
    key_days: int = 365,
    backup_days: int = 7,
    now: datetime | None = None,
    staff_days: int = 90,
) -> Iterator[Finding]:
    """
    Args:
        backups: the folder copies of the database are kept in; None says nothing about what they hold.
        key_days: a master key older than this many days is told. backup_days: the same of the last backup.
        staff_days: an account nobody has used for so long is told.
    """
    now = now or datetime.now(UTC)
    yield from open_to_others(_files(store))
    yield from _keys(store, key_days, now)
    yield from _ledger(store)
    yield from _staff(store, staff_days, now)
    yield from _last_backup(store, backup_days, now)
    if backups is not None:
        yield from _backups(store, backups)


def _database_files(store: ShopStore) -> list[Path]:
    found = [sqlite_file(str(engine.url)) for engine in (store.engine, store.keys.engine)]
    return [path for path in found if path is not None]


def _files(store: ShopStore) -> list[Path]:
    databases = _database_files(store)
    own = [path.with_name(path.name + suffix) for path in databases for suffix in ("", "-wal", "-shm")]
    master = store.keys.master
    return [*own, *([master.path] if isinstance(master, FileMaster) else ())]


def _keys(store: ShopStore, key_days: int, now: datetime) -> Iterator[Finding]:
    age = (now - store.keys.rotated).days
    if age > key_days:
        yield Finding("medium", "keys", f"the master key is {age} days old (at most {key_days})", "candide keys rotate")
    master = store.keys.master
    if isinstance(master, EnvironmentMaster):
        yield Finding(
            "low", "keys", "the master key is in the environment, which every program of that user can read",
            "keep it in a file of mode 0600 on another disk, or in the system's keyring",
        )  # fmt: skip
    if not isinstance(master, FileMaster):
        return
    folders = {path.resolve().parent for path in _database_files(store)}
    home = master.path.resolve().parent
    if home in folders:
        yield Finding(
            "high", "keys", f"the master key ({master.path.name}) lies beside the data it opens",
            "move it to another disk or machine and name it with --master",
        )  # fmt: skip
    elif any(home.is_relative_to(folder) or folder.is_relative_to(home) for folder in folders):
        yield Finding(
            "medium", "keys", "the master key and the data lie in one tree of folders: one copy may take both",
            "move the key out of what is copied with the data",
        )  # fmt: skip


def _ledger(store: ShopStore) -> Iterator[Finding]:
    heads = heads_in(store.places.heads) if store.places.heads.is_file() else ()
    for problem in store.ledger.verify(heads).problems:
        yield Finding("high", "ledger", problem, "find who could write the database; put back the last whole backup")
    if not heads:
        yield Finding(
            "low", "ledger", "no head of the ledger was exported: a whole database put back goes unnoticed",
            "candide ledger head, each day, to where nobody who writes the database can write",
        )  # fmt: skip


def _staff(store: ShopStore, staff_days: int, now: datetime) -> Iterator[Finding]:
    """Accounts without their second factor, with a password that is easily guessed, or that nobody uses any more."""
    staff, brand = Staff(store), store.brand()[0]
    open_ = [each for each in staff.accounts() if each.closed is None]
    guessed = set(staff.guessed((*_FIRST_TRIED, brand, f"{brand}123", f"{brand}1234"))) if open_ else set()
    for account in open_:
        if account.name in guessed or account.strength < STRONG:
            yield Finding("high", "staff", f"the password of {account.name} is easily guessed",
                          "candide staff password, with another")  # fmt: skip
        if not account.confirmed:
            yield Finding("medium", "staff", f"{account.name} has never shown a code of their second factor",
                          "have them sign in, or candide staff close")  # fmt: skip
        idle = (now.timestamp() - (account.signed_in or account.since)) / 86_400
        if idle > staff_days:
            yield Finding("low", "staff", f"nobody has signed in as {account.name} for {idle:.0f} days",
                          "candide staff close, where the account isn't needed")  # fmt: skip


_FIRST_TRIED = ("password", "password1234", "motdepasse", "motdepasse123", "azertyuiop", "qwertyuiop", "123456789012",
                "admin", "administrator", "letmein", "changeme", "bienvenue", "welcome123")  # fmt: skip


def _last_backup(store: ShopStore, backup_days: int, now: datetime) -> Iterator[Finding]:
    made = [entry for entry in store.ledger.entries() if entry.kind == "backup" and _was_made(entry.detail)]
    if not made:
        yield Finding("medium", "backups", "no backup was ever made", "candide shop backup, each night")
        return
    age = (now - datetime.fromisoformat(made[-1].at)).days
    if age > backup_days:
        yield Finding("medium", "backups", f"the last backup is {age} days old (at most {backup_days})",
                      "candide shop backup, each night")  # fmt: skip


def _was_made(detail: dict | None) -> bool:
    return (detail or {}).get("what") == "made"


def _backups(store: ShopStore, folder: Path) -> Iterator[Finding]:
    copies = [path for path in sorted(folder.glob("*")) if path.is_file()] if folder.is_dir() else []
    if not copies:
        yield Finding("medium", "backups", f"no backup is in {folder}", "candide shop backup, each night")
    yield from open_to_others(copies, "medium")
    secrets = _secrets(store)
    for path in copies:
        if path.read_bytes()[:16] == b"SQLite format 3\0":
            yield from _readable(path)
        if any(_holds(path, secret) for secret in secrets):
            yield Finding("high", "backups", f"{path.name} holds a key that opens it",
                          "destroy this copy, then candide keys rotate")  # fmt: skip


def _secrets(store: ShopStore) -> list[bytes]:
    """Every form in which a master key, or one of the shop's own keys, could stand in a file."""
    found = [store.keys.shop_key("lookup"), store.keys.shop_key("ledger")]
    if hasattr(store.keys.master, "_keys"):
        found += list(store.keys.master._keys())
    return [form for key in found for form in (key, base64.b64encode(key))]


def _holds(path: Path, secret: bytes) -> bool:
    before = b""
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            if secret in before + piece:
                return True
            before = piece[-len(secret) :]
    return False


def _readable(path: Path) -> Iterator[Finding]:
    """What a person with the copy alone could read: wrapped keys in it, or records that aren't sealed."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as copy:
            tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "keys" in tables:
                if "customers" in tables:
                    yield Finding("high", "backups", f"{path.name} carries the data keys with the data",
                                  "destroy it; make copies with candide shop backup")  # fmt: skip
                return
            for table in ("customers", *(each.name for each in PERSONAL)):
                rows = copy.execute(f"SELECT sealed FROM {table} LIMIT 1000") if table in tables else ()
                if any(bytes(row[0])[:1] in (b"{", b"[") for row in rows):
                    yield Finding("high", "backups", f"{path.name}: {table} can be read without a key",
                                  "destroy this copy; make another with candide shop backup")  # fmt: skip
    except sqlite3.DatabaseError as wrong:
        yield Finding(
            "medium", "backups", f"{path.name} can't be opened ({wrong})", "make another: candide shop backup"
        )
