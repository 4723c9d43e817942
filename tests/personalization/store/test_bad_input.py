"""What can happen to a database: each is one sentence, nothing is lost and nothing is half-written."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta

import pytest

from personalization.assets import asset
from personalization.store.checking import check
from personalization.store.database import sqlite_file
from personalization.store.errors import Busy, Damaged, NoShop, StoreError, Unreachable
from personalization.store.importing import import_shop
from personalization.store.shop_store import ShopStore
from personalization.store.sources import open_source
from tests.personalization.store.conftest import TODAY, reopened

SOURCE = str(asset("shop"))


def run(code: str, *arguments: str, **more) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, **more)


@pytest.fixture
def big_source(tmp_path):
    """Eight thousand purchases."""
    folder = tmp_path / "big"
    folder.mkdir()
    days = [(TODAY - timedelta(days=number)).isoformat() for number in range(3000)]
    with (folder / "purchases.csv").open("w", encoding="utf-8") as file:
        file.write("customer,product,date,order\n")
        for number in range(8_000):
            file.write(f"candide,brunelle-filtres,{days[number % 3000]},T{number}\n")
    return str(folder)


IMPORT = """
import resource, signal, sys
from personalization.store.importing import import_shop
from personalization.store.shop_store import ShopStore
from personalization.store.sources import open_source
store = ShopStore.open(sys.argv[1])
if len(sys.argv) > 3:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    import_shop(store, open_source(sys.argv[2]), progress=lambda what, done, total: print(what, flush=True))
except Exception as error:
    print(type(error).__name__, error)
    sys.exit(2)
"""


def test_a_full_disk_is_said_and_the_shop_is_as_it_was(file_shop, big_source, tmp_path):
    """The operating system refuses to let any file grow further."""
    before, customer = file_shop.counts(), file_shop.customer(file_shop.find("Candide"))
    path = sqlite_file(str(file_shop.engine.url))
    limit = path.stat().st_size + 400_000
    done = run(IMPORT, str(path), big_source, str(limit))
    assert done.returncode == 2, done.stderr
    assert done.stdout.splitlines()[-1].startswith("Full") and "make room" in done.stdout and not done.stderr
    again = reopened(file_shop)
    assert again.counts() == before and again.customer(again.find("Candide")) == customer
    assert not check(again).problems
    import_shop(again, open_source(big_source))
    assert again.counts()["purchases"] == before["purchases"] + 8_000


def test_a_disk_that_is_full_while_the_copy_is_made_leaves_no_half_copy(file_shop, tmp_path):
    code = (
        "import resource, signal, sys\nfrom pathlib import Path\n"
        "from personalization.store.backup import back_up\nfrom personalization.store.shop_store import ShopStore\n"
        "store = ShopStore.open(sys.argv[1])\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000,) * 2)\n"
        "try:\n    back_up(store, Path(sys.argv[2]))\nexcept Exception as error:\n    print(type(error).__name__)\n"
    )
    done = run(code, str(tmp_path / "shop.db"), str(tmp_path / "copy.db"))
    assert done.stdout.strip() == "Full", done.stderr
    assert not list(tmp_path.glob("copy*"))


@pytest.mark.parametrize("stage", ["purchases", "writing"])
def test_an_import_that_is_killed_has_written_all_or_nothing(file_shop, big_source, stage):
    before = file_shop.counts()
    path = sqlite_file(str(file_shop.engine.url))
    running = subprocess.Popen([sys.executable, "-c", IMPORT, str(path), big_source], stdout=subprocess.PIPE, text=True)
    for line in running.stdout:
        if line.strip() == stage:
            os.kill(running.pid, signal.SIGKILL)
            break
    running.wait()
    running.stdout.close()
    again = reopened(file_shop)
    after = again.counts()
    assert after["purchases"] in (before["purchases"], before["purchases"] + 8_000)
    assert not check(again).problems
    import_shop(again, open_source(big_source))
    assert again.counts()["purchases"] == before["purchases"] + 8_000


def test_two_imports_at_once_the_second_is_refused(shop):
    with shop.exclusive(), pytest.raises(Busy, match="another import"):
        import_shop(reopened(shop), open_source(SOURCE), today=TODAY)
    import_shop(shop, open_source(SOURCE), today=TODAY)


def test_a_locked_database_is_said_after_a_bounded_wait(file_shop, tmp_path):
    path = tmp_path / "shop.db"
    before = file_shop.counts()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = ShopStore.open(str(path), wait=0.1)
    with pytest.raises(Busy, match="another program is writing"):
        import_shop(waiting, open_source(SOURCE), today=TODAY)
    assert waiting.find("Candide") == file_shop.find("Candide"), "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert waiting.counts() == before
    waiting.close()


WRITE = """
import sys
from personalization.store.shop_store import ShopStore
store = ShopStore.open(sys.argv[1], keys=sys.argv[2])
uid = store.find("Candide")
for number in range(40):
    store.ledger.record("access", sys.argv[3], {"number": number}, subject=uid, sealer=store.keys.sealer(uid))
"""


def test_two_processes_writing_at_once_lose_nothing(shop):
    url, keys = (each.url.render_as_string(False) for each in (shop.engine, shop.keys.engine))
    before = shop.counts()["ledger"]
    command = [sys.executable, "-c", WRITE, url, keys]
    both = [subprocess.Popen([*command, name], stderr=subprocess.PIPE) for name in ("one", "other")]
    import_shop(shop, open_source(SOURCE), today=TODAY)
    for each in both:
        _, wrong = each.communicate(timeout=120)
        assert each.returncode == 0, wrong
    found = shop.ledger.verify()
    assert not found.problems and found.entries == before + 81


@pytest.mark.parametrize("size", [0, 10, 4096, 60_000])
def test_a_database_cut_short_is_said(file_shop, tmp_path, size):
    file_shop.close()
    path = tmp_path / "shop.db"
    path.write_bytes(path.read_bytes()[:size])
    for beside in tmp_path.glob("shop.db-*"):
        if beside.name != "shop.db-keys":
            beside.unlink()
    with pytest.raises(StoreError) as told:
        store = ShopStore.open(str(path))
        condition = check(store)
        raise Damaged("; ".join(condition.problems)) if condition.problems else AssertionError("nothing was found")
    assert "backup" in str(told.value) or "holds no shop" in str(told.value)


def test_a_flipped_byte_in_a_sealed_record_is_found(file_shop, tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute(
            "UPDATE purchases SET sealed = CAST(substr(sealed, 1, 20) || x'00' || substr(sealed, 22) AS BLOB)"
        )
    assert "purchases" in check(file_shop).problems[0]
    with pytest.raises(Damaged):
        file_shop.customer(file_shop.find("Candide"))


def test_a_file_that_is_no_database_and_one_that_is_somebody_elses(tmp_path):
    (tmp_path / "text.db").write_text("not a database at all, " * 300, encoding="utf-8")
    with pytest.raises(Damaged):
        ShopStore.open(str(tmp_path / "text.db"))
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE products (id)")
    with pytest.raises(NoShop):
        ShopStore.open(str(tmp_path / "other.db"))
    with pytest.raises(NoShop, match="aren't Candide's"):
        ShopStore.make(str(tmp_path / "other.db"), "Belmont", {})
    with pytest.raises(NoShop, match="isn't there"):
        ShopStore.open(str(tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()


def test_a_shop_of_a_newer_version_is_left_alone(file_shop, tmp_path):
    file_shop.close()
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'shop_9999'")
    with pytest.raises(NoShop, match="newer"):
        ShopStore.open(str(tmp_path / "shop.db"))


def test_a_shop_is_never_made_over_another(file_shop, tmp_path):
    before = file_shop.counts()
    with pytest.raises(StoreError, match="a shop already"):
        ShopStore.make(str(tmp_path / "shop.db"), "Other", {})
    assert reopened(file_shop).counts() == before


def test_a_server_that_does_not_answer_is_said():
    with pytest.raises(Unreachable, match="doesn't answer"):
        ShopStore.open("postgresql://candide@127.0.0.1:9/shop")


def test_a_password_is_not_shown(monkeypatch):
    with pytest.raises(Unreachable) as told:
        ShopStore.open("postgresql://candide:s3cret@127.0.0.1:9/shop")
    assert "s3cret" not in str(told.value)
