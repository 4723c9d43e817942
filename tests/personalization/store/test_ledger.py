"""The ledger's chain: whole when nothing was touched, and any touch is found."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.store.database import open_database, write
from personalization.store.erasure import erase
from personalization.store.errors import StoreError
from personalization.store.ledger import Head, Ledger, heads_in
from personalization.store.shop_store import ShopStore

ENTRIES = 12


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """(database file, key, shop's name, head after the eighth entry, whole file then): twelve entries, three sealed."""
    folder = tmp_path_factory.mktemp("ledger")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANDIDE_CONFIG", str(folder))
        store = ShopStore.make(str(folder / "shop.db"), "Belmont", {})
        uid = b"u" * 16
        store.keys.add({uid: b"k" * 32})
        for number in range(2, ENTRIES + 1):
            sealed = {"subject": uid, "sealer": store.keys.sealer(uid)} if number % 4 == 0 else {}
            store.ledger.record("access", "test", {"number": number}, **sealed)
            if number == 8:
                head = store.ledger.head()
        key = store.keys.shop_key("ledger")
        with sqlite3.connect(folder / "shop.db") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
    return folder / "shop.db", key, store.name, head


def verdict(file: Path, written, heads=()):
    _, key, name, _ = written
    engine = open_database(f"sqlite:///{file}")
    try:
        return Ledger(engine, key, name).verify(heads)
    finally:
        engine.dispose()


def touched(written, folder: Path, *statements: tuple) -> Path:
    """A copy of the database, changed by somebody who can write it and has no key."""
    copy = folder / "touched.db"
    for path in folder.glob("touched.db*"):
        path.unlink()
    shutil.copy(written[0], copy)
    with sqlite3.connect(copy) as connection:
        for statement in statements:
            connection.execute(*statement)
    connection.close()
    return copy


def test_untouched_it_is_whole(written):
    found = verdict(written[0], written, [written[3]])
    assert found.entries == ENTRIES and not found.problems


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("touched")


PLACES = st.integers(1, ENTRIES)
COLUMNS = st.sampled_from(["at", "kind", "actor", "subject", "detail", "mac", "sealed"])
CHANGES = st.one_of(
    st.tuples(st.just("edit"), PLACES, COLUMNS),
    st.tuples(st.just("delete"), PLACES, st.integers(0, 3)),
    st.tuples(st.just("swap"), PLACES, PLACES).filter(lambda each: each[1] != each[2]),
    st.tuples(st.just("cut"), st.integers(2, ENTRIES), st.none()),
    st.tuples(st.just("add"), PLACES, st.none()),
)


@settings(max_examples=120, deadline=None)
@given(CHANGES, st.binary(min_size=1, max_size=20))
def test_any_edit_deletion_swap_or_cut_is_found(written, folder, change, bytes_):
    what, one, other = change
    if what == "edit":
        new = {"sealed": 7, "at": bytes_.hex(), "kind": bytes_.hex(), "actor": bytes_.hex()}.get(other, bytes_)
        steps = [(f"UPDATE ledger SET {other} = ? WHERE seq = ?", (new, one))]
    elif what == "delete":
        steps = [("DELETE FROM ledger WHERE seq BETWEEN ? AND ?", (one, one + other))]
    elif what == "swap":
        steps = [("UPDATE ledger SET seq = -seq WHERE seq IN (?, ?)", (one, other))]
        steps += [("UPDATE ledger SET seq = ? WHERE seq = ?", pair) for pair in ((one, -other), (other, -one))]
    elif what == "cut":
        steps = [("DELETE FROM ledger WHERE seq >= ?", (one,))]
    else:  # an entry of their own, at the end
        steps = [
            ("INSERT INTO ledger SELECT ?, at, kind, actor, subject, sealed, detail, mac FROM ledger WHERE seq = ?",
             (ENTRIES + 1, one)),
        ]  # fmt: skip
    assert verdict(touched(written, folder, *steps), written).problems


@pytest.mark.parametrize("column", ["seq", "mac", "before", "before_mac"])
def test_the_count_beside_it_can_not_be_moved(written, folder, column):
    new = b"m" * 32 if column.endswith("mac") else 3
    assert verdict(touched(written, folder, (f"UPDATE ledger_state SET {column} = ?", (new,))), written).problems


def test_a_whole_database_put_back_to_an_earlier_day_is_found_by_an_exported_head(
    written, folder, tmp_path, monkeypatch
):
    """Entries, count and all, as they were: only what was kept elsewhere knows better."""
    monkeypatch.setenv("CANDIDE_CONFIG", str(written[0].parent))
    shutil.copy(written[0], tmp_path / "shop.db")
    shutil.copy(f"{written[0]}-keys", tmp_path / "shop.db-keys")
    store = ShopStore.open(str(tmp_path / "shop.db"))
    store.ledger.record("access", "test", {"number": 13})
    head = store.ledger.head()
    store.close()
    assert not verdict(written[0], written).problems
    found = verdict(written[0], written, [head])
    assert found.problems == ("entry 13 was there when its head was exported and isn't now",)


def test_a_forged_head_is_found(written):
    head = written[3]
    assert verdict(written[0], written, [Head(head.shop, head.seq, "00" * 32, head.at)]).problems
    assert not verdict(written[0], written, [Head("another shop", head.seq, "00" * 32, head.at)]).problems


def test_heads_are_kept_as_lines(written, tmp_path):
    path = tmp_path / "heads"
    for _ in range(2):
        written[3].write(path)
    assert heads_in(path) == (written[3], written[3])
    path.write_text("not a head\n", encoding="utf-8")
    with pytest.raises(StoreError, match="name another file"):
        heads_in(path)


def test_two_who_write_at_once_make_one_chain(shop):
    import threading

    before = shop.ledger.head().seq

    def work(name: str) -> None:
        for number in range(15):
            shop.ledger.record("access", name, {"number": number})

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = shop.ledger.verify([shop.head()])
    assert not found.problems and found.entries == before + 45


def test_after_an_erasure_the_chain_holds_and_the_details_are_unreadable(shop):
    uid = shop.find("Candide")
    shop.ledger.record("suggestion", "test", {"product": "marmelade"}, subject=uid, sealer=shop.keys.sealer(uid))
    assert [each.detail for each in shop.ledger.entries(uid, shop.keys.sealer(uid))] == [{"product": "marmelade"}]
    erase(shop, uid)
    assert not shop.ledger.verify().problems
    assert [each.detail for each in shop.ledger.entries(uid) if each.kind == "suggestion"] == [None]


def test_entries_that_had_their_time_are_let_go_and_the_rest_is_still_proved(shop):
    for number in range(5):
        shop.ledger.record("access", "test", {"number": number})
    entries = list(shop.ledger.entries())
    with write(shop.engine) as connection:
        gone = shop.ledger.let_go(connection, entries[3].at)
        shop.ledger.append(connection, "retention", "test", {"gone": gone})
    assert gone and next(iter(shop.ledger.entries())).seq == gone + 1
    assert not shop.ledger.verify([Head(shop.name, 1, "00" * 32, "")]).problems
    from sqlalchemy import delete

    from personalization.store.schema import ledger

    with write(shop.engine) as connection:
        connection.execute(delete(ledger).where(ledger.c.seq == gone + 1))
    assert shop.ledger.verify().problems


def test_an_unknown_kind_is_refused(file_shop):
    with pytest.raises(ValueError, match="no kind"):
        file_shop.ledger.record("gossip", "test", {})
