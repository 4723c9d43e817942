"""A sound shop has nothing grave; each weakness is found and says what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from personalization.audit.finding import Finding, worst
from personalization.audit.store_security import audit_store
from personalization.store.backup import back_up
from personalization.store.database import sqlite_file
from personalization.store.shop_store import ShopStore
from tests.personalization.store.conftest import own_folders

__all__ = ["own_folders"]


@pytest.fixture
def store(tmp_path) -> ShopStore:
    (tmp_path / "data").mkdir()
    master = str(tmp_path / "elsewhere" / "master.key")
    made = ShopStore.make(str(tmp_path / "data" / "shop.db"), "Belmont", {"brand": "Belmont"}, master)
    yield made
    made.close()


def found(store, check: str, **more) -> list[Finding]:
    return [each for each in audit_store(store, **more) if each.check == check and each.severity != "info"]


def test_a_shop_kept_well_has_no_finding(store, tmp_path):
    (tmp_path / "copies").mkdir()
    back_up(store, tmp_path / "copies" / "night.db")
    store.head()
    assert worst(tuple(audit_store(store, tmp_path / "copies"))) == "info"


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's: run this on Linux or macOS")
def test_a_file_others_can_read_is_told_with_the_command_that_mends_it(store):
    file = sqlite_file(str(store.engine.url))
    file.chmod(0o644)
    (finding,) = found(store, "permissions")
    assert finding.severity == "high" and finding.to_do == f"chmod 600 {file}"


def test_an_old_master_key_and_one_beside_the_data(store, tmp_path):
    later = datetime.now(UTC) + timedelta(days=366)
    assert "366 days old" in found(store, "keys", now=later)[0].what
    beside = ShopStore.make(str(tmp_path / "b" / "shop.db"), "B", {}, str(tmp_path / "b" / "master.key"))
    assert found(beside, "keys")[0].severity == "high"
    beside.close()


def test_a_changed_ledger_and_a_head_that_was_never_exported(store):
    assert found(store, "ledger")[0].severity == "low"
    with sqlite3.connect(sqlite_file(str(store.engine.url))) as raw:
        raw.execute("UPDATE ledger SET actor = 'nobody' WHERE seq = 1")
    raw.close()
    assert found(store, "ledger")[0].severity == "high"


def test_no_backup_an_old_one_and_one_that_can_be_read(store, tmp_path):
    assert "no backup was ever made" in found(store, "backups")[0].what
    copies = tmp_path / "copies"
    copies.mkdir()
    assert any("no backup is in" in each.what for each in found(store, "backups", backups=copies))
    back_up(store, copies / "a.db")
    later = datetime.now(UTC) + timedelta(days=9)
    assert "9 days old" in found(store, "backups", now=later)[0].what
    with sqlite3.connect(copies / "a.db") as raw:
        raw.execute("INSERT INTO customers VALUES (?, ?, ?, 1, ?)", (b"u" * 16, b"l" * 16, b"n" * 16, b'{"name": 1}'))
    raw.close()
    assert "customers can be read without a key" in found(store, "backups", backups=copies)[0].what


def test_a_backup_that_carries_its_key(store, tmp_path):
    copies = tmp_path / "copies"
    copies.mkdir()
    shutil.copy(store.keys.master.path, copies / "key.txt")
    assert any("holds a key that opens it" in each.what for each in found(store, "backups", backups=copies))
