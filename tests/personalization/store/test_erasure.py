"""Erased is erased: no word, no sealed byte, no key is left in any file, and no backup opens for that customer."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys

import pytest
from sqlalchemy import select

from personalization.assets import asset
from personalization.consent import Proof
from personalization.events import ConsentChanged
from personalization.purposes import Purpose, Scope
from personalization.store import schema
from personalization.store.backup import back_up, copy_keys, restore
from personalization.store.checking import check
from personalization.store.database import read, sqlite_file
from personalization.store.derived import derived_dir
from personalization.store.erasure import ask_erasure, erase, finish_erasures
from personalization.store.errors import Busy, KeyGone, MasterKeyWrong, StoreError
from personalization.store.importing import import_shop
from personalization.store.shop_store import NoSuchCustomer, ShopStore
from personalization.store.sources import open_source
from personalization.store.stored_shop import StoredShop
from tests.personalization.store.conftest import TODAY, bytes_under, reopened

YES = Proof("consent.purchases", 1, "fr", "oui, gardez-le pour toujours", 0.97)


def lasting(store: ShopStore, uid: bytes) -> None:
    changed = ConsentChanged(
        Purpose.PURCHASES, True, Scope.LASTING, YES.script, YES.version, YES.language, YES.heard, YES.confidence, "said"
    )
    store.keep_consent(uid, changed)


def sealed_of(store: ShopStore, uid: bytes) -> list[bytes]:
    """Every sealed value, keyed hash and wrapped key that is this customer's."""
    found: list[bytes] = []
    with read(store.engine) as connection:
        for table in schema.PERSONAL:
            for row in connection.execute(select(table.c.key, table.c.sealed).where(table.c.customer == uid)):
                found += [row.key, row.sealed]
        row = connection.execute(select(schema.customers).where(schema.customers.c.uid == uid)).one()
        found += [row.by_name, row.sealed]
    with read(store.keys.engine) as connection:
        found.append(connection.scalar(select(schema.keys.c.wrapped).where(schema.keys.c.owner == uid)))
    return found


def test_nothing_of_an_erased_customer_is_in_any_file(file_shop, tmp_path, caplog):
    """Database, write-ahead log, data keys, ledger heads, caches and what was derived, and what was logged."""
    with caplog.at_level(logging.DEBUG):
        uid = file_shop.find("Astarté")
        customer = file_shop.customer(uid)
        lasting(file_shop, uid)
        StoredShop(file_shop, TODAY).open_file("Astarté")
        model = derived_dir(file_shop.name) / "neighbours.bin"
        model.write_text(f"{customer.name} {customer.story} oui, gardez-le pour toujours", encoding="utf-8")
        pieces = sealed_of(file_shop, uid)
        assert len(pieces) > 10
        held = bytes_under(tmp_path)
        assert all(piece in held for piece in pieces), "they are there before, so that their absence means something"
        assert customer.story.encode() in held
        receipt = erase(file_shop, uid)
    held = bytes_under(tmp_path)
    words = [customer.name, customer.story, "astarte", YES.heard, uid.hex()]
    assert not [piece for piece in pieces if piece in held]
    assert not [word for word in words if word.encode() in held]
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert not [word for word in words if word in logged]
    assert receipt.rows["purchases"] == len(customer.purchases) and receipt.rows["consents"] == 1
    assert receipt.derived == 1 and receipt.log_emptied and not model.exists()
    assert customer.name not in str(receipt.as_dict()) and receipt.mac == file_shop.ledger.head().mac


def test_the_others_keep_everything(shop):
    before = {name: shop.customer(shop.find(name)) for name in ("Candide", "Martin")}
    erase(shop, shop.find("Astarté"))
    assert {name: shop.customer(shop.find(name)) for name in before} == before
    assert not check(shop).problems
    with pytest.raises(NoSuchCustomer):
        shop.find("Astarté")


def test_the_next_import_does_not_bring_an_erased_customer_back(shop):
    erase(shop, shop.find("Astarté"))
    report = import_shop(shop, open_source(str(asset("shop"))), today=TODAY)
    assert report.erased == 9 and not any(report.new.values())
    with pytest.raises(NoSuchCustomer):
        shop.find("astarte")


def test_yesterdays_backup_does_not_open_for_an_erased_customer(file_shop, tmp_path):
    uid = file_shop.find("Astarté")
    back_up(file_shop, tmp_path / "yesterday.db")
    copy_keys(file_shop, tmp_path / "keys-of-yesterday")
    erase(file_shop, uid)
    file_shop.keys.rotate()  # candide shop daily does
    # A thief of the backup, who also has today's keys and master key:
    keys = str(file_shop.keys.engine.url)
    thief = ShopStore.open(str(tmp_path / "yesterday.db"), keys=keys)
    assert thief.find("Astarté") == uid
    with pytest.raises(KeyGone):
        thief.person(uid)
    assert thief.person(thief.find("Candide"))["name"] == "Candide"
    thief.close()
    # One who has yesterday's copy of the keys as well: the master key that opens them is destroyed.
    with pytest.raises(MasterKeyWrong):
        ShopStore.open(str(tmp_path / "yesterday.db"), keys=f"sqlite:///{tmp_path / 'keys-of-yesterday'}")


def test_a_backup_put_back_leaves_the_erased_out_and_carries_the_ledger_over(file_shop, tmp_path):
    back_up(file_shop, tmp_path / "yesterday.db")
    uid = file_shop.find("Astarté")
    erase(file_shop, uid)
    head = file_shop.ledger.head()
    place = str(tmp_path / "shop.db")
    file_shop.close()
    assert restore(tmp_path / "yesterday.db", place) == (1, True)
    again = ShopStore.open(place)
    assert again.counts()["customers"] == 15 and not check(again).problems
    assert not again.ledger.verify([head]).problems
    assert again.customer(again.find("Candide")).purchases
    assert import_shop(again, open_source(str(asset("shop"))), today=TODAY).erased == 9
    again.close()


@pytest.mark.skipif(
    shutil.which("pg_dump") is None, reason="pg_dump isn't installed: apt-get install postgresql-client"
)
def test_a_postgresql_backup_does_the_same(server, tmp_path):
    from tests.personalization.store.postgres import new_database

    place = new_database(server, f"backup_{tmp_path.name[-8:]}")
    store = ShopStore.make(place, "Belmont", {})
    import_shop(store, open_source(str(asset("shop"))), today=TODAY)
    back_up(store, tmp_path / "yesterday.dump")
    assert (tmp_path / "yesterday.dump").stat().st_mode & 0o777 == 0o600
    erase(store, store.find("Astarté"))
    head = store.ledger.head()
    keys = str(store.keys.engine.url)
    store.close()
    assert restore(tmp_path / "yesterday.dump", place, keys=keys) == (1, True)
    again = ShopStore.open(place, keys=keys)
    assert again.counts()["customers"] == 15 and not again.ledger.verify([head]).problems
    again.close()


def test_a_backup_is_whole_or_not_there_and_never_replaces_another(file_shop, tmp_path):
    back_up(file_shop, tmp_path / "one.db")
    assert (tmp_path / "one.db").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError, match="exists already"):
        back_up(file_shop, tmp_path / "one.db")
    with pytest.raises((StoreError, OSError)):
        back_up(file_shop, tmp_path / "nowhere" / "two.db")
    with pytest.raises(StoreError, match="no such backup"):
        restore(tmp_path / "none.db", str(tmp_path / "shop.db"))
    (tmp_path / "broken.db").write_bytes((tmp_path / "one.db").read_bytes()[:70_000])
    before = bytes_under(tmp_path)
    with pytest.raises(StoreError):
        restore(tmp_path / "broken.db", str(tmp_path / "shop.db"))
    assert bytes_under(tmp_path) == before


KILLED = """
import os, signal, sys
from personalization.store import erasure
from personalization.store.keys import DataKeys
from personalization.store.shop_store import ShopStore
store = ShopStore.open(sys.argv[1])
if sys.argv[2] == "after the key":
    erasure.forget_derived = lambda shop: os.kill(os.getpid(), signal.SIGKILL)
else:
    DataKeys.destroy = lambda self, uids: os.kill(os.getpid(), signal.SIGKILL)
erasure.erase(store, store.find("Astart\\u00e9"))
"""


@pytest.mark.parametrize("point", ["before the key", "after the key"])
def test_an_erasure_that_is_killed_is_finished_by_the_next_day(file_shop, tmp_path, point):
    uid = file_shop.find("Astarté")
    path = sqlite_file(str(file_shop.engine.url))
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), point], capture_output=True, text=True)
    assert done.returncode < 0, done.stderr
    again = reopened(file_shop)
    if point == "after the key":
        with pytest.raises(NoSuchCustomer):
            again.customer(uid)
    assert [receipt.number for receipt in finish_erasures(again)] == [uid.hex()]
    assert again.counts()["customers"] == 15 and not again.keys.owners() & {uid}
    assert not check(again).problems and finish_erasures(again) == []
    again.close()


def test_during_an_import_the_wish_is_written_down(file_shop):
    uid = file_shop.find("Astarté")
    with file_shop.exclusive(), pytest.raises(Busy, match="written down"):
        erase(reopened(file_shop), uid, wait=0.05)
    assert len(finish_erasures(file_shop)) == 1


def test_asking_twice_is_asking_once(shop):
    uid = shop.find("Astarté")
    ask_erasure(shop, uid)
    ask_erasure(shop, uid)
    assert len(finish_erasures(shop)) == 1
    with pytest.raises(NoSuchCustomer):
        shop.customer(uid)


def test_the_file_can_not_be_told_from_one_that_was_just_as_big(file_shop):
    """Freed pages are overwritten: nothing sealed stands outside the tables' own rows."""
    uid = file_shop.find("Pangloss")
    pieces = sealed_of(file_shop, uid)
    erase(file_shop, uid)
    file_shop.close()
    held = sqlite_file(str(file_shop.engine.url)).read_bytes()
    assert not [piece for piece in pieces if piece in held]
