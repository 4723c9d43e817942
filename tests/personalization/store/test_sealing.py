"""Sealed values open for their owner, table, record and version only; what can be searched tells nothing."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.store.database import sqlite_file
from personalization.store.errors import Damaged
from personalization.store.lookup import Lookup
from personalization.store.sealing import Sealer, new_key
from tests.personalization.store.conftest import bytes_under

KEY, UID = new_key(), b"u" * 16
TEXTS = st.text().filter(lambda text: not text.endswith(" ") and text.isprintable())


@given(TEXTS, st.binary(max_size=16))
def test_what_is_sealed_is_what_opens(text, record):
    sealer = Sealer(KEY, UID)
    assert sealer.open("purchases", record, sealer.seal("purchases", record, text)) == text


@settings(max_examples=60)
@given(TEXTS, st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_is_refused(text, place, change):
    sealed = bytearray(Sealer(KEY, UID).seal("orders", b"r", text))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(Damaged):
        Sealer(KEY, UID).open("orders", b"r", bytes(sealed))


@pytest.mark.parametrize(
    ("key", "uid", "table", "record", "version"),
    [
        (new_key(), UID, "orders", b"r", 1),
        (KEY, b"v" * 16, "orders", b"r", 1),
        (KEY, UID, "purchases", b"r", 1),
        (KEY, UID, "orders", b"s", 1),
        (KEY, UID, "orders", b"r", 2),
    ],
    ids=["another key", "another customer", "another table", "another record", "another version"],
)
def test_a_sealed_value_opens_nowhere_else(key, uid, table, record, version):
    sealed = Sealer(KEY, UID).seal("orders", b"r", "CM4821")
    with pytest.raises(Damaged):
        Sealer(key, uid).open(table, record, sealed, version)


def test_equal_texts_are_sealed_differently_and_lengths_are_hidden():
    sealer = Sealer(KEY, UID)
    assert sealer.seal("orders", b"r", "tea") != sealer.seal("orders", b"r", "tea")
    assert len(sealer.seal("orders", b"r", "tea")) == len(sealer.seal("orders", b"r", "coffee filters"))


def test_a_look_up_hash_depends_on_the_key_and_the_field():
    one, other = Lookup(new_key()), Lookup(new_key())
    assert one.by_words("name", "Cunégonde") == one.by_words("name", "cunegonde")
    assert len({one.of("name", "x"), one.of("customer", "x"), other.of("name", "x")}) == 3


def test_no_word_of_any_customer_is_in_the_files(file_shop):
    """Also no product of a purchase, no order's number: beside the catalogue's own tables."""
    path = sqlite_file(str(file_shop.engine.url))
    people = [file_shop.person(uid) for uid in file_shop.keys.owners()]
    words = {person[name] for person in people for name in ("name", "story")} | {"CM4821", "2026-06"}
    held = bytes_under(path.parent)
    assert len(people) == 16
    assert not [word for word in words if word and word.encode() in held]
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT hex(sealed) FROM purchases").fetchall()
    products = [each.encode().hex().upper() for each in file_shop.catalogue().products]
    assert rows and not [product for product in products if any(product in row[0] for row in rows)]
