"""A shop in a database for each test: SQLite always, PostgreSQL where it is installed, by the same code."""

from __future__ import annotations

import secrets
from datetime import date
from pathlib import Path

import pytest

from personalization.assets import asset
from personalization.store.importing import import_shop
from personalization.store.shop_store import ShopStore
from personalization.store.sources import open_source
from tests.personalization.store.postgres import cluster, new_database

TODAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Nothing of a test touches the user's keys or caches."""
    monkeypatch.setenv("CANDIDE_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CANDIDE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CANDIDE_MASTER_KEY", raising=False)
    monkeypatch.delenv("CANDIDE_KEYS", raising=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("postgres")) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path) -> str:
    """Where a shop is to be made."""
    if request.param == "sqlite":
        return str(tmp_path / "shop.db")
    return new_database(request.getfixturevalue("server"), f"shop_{secrets.token_hex(4)}")


@pytest.fixture
def shop(place) -> ShopStore:
    """The demo shop, brought in."""
    store = ShopStore.make(place, "Belmont", {"brand": "Belmont"})
    import_shop(store, open_source(str(asset("shop"))), today=TODAY)
    yield store
    store.close()


@pytest.fixture
def file_shop(tmp_path) -> ShopStore:
    """The demo shop in an SQLite file."""
    store = ShopStore.make(str(tmp_path / "shop.db"), "Belmont", {"brand": "Belmont"})
    import_shop(store, open_source(str(asset("shop"))), today=TODAY)
    yield store
    store.close()


def reopened(store: ShopStore) -> ShopStore:
    """The same shop, as another process finds it."""
    url, keys = str(store.engine.url.render_as_string(False)), str(store.keys.engine.url.render_as_string(False))
    return ShopStore.open(url, keys=keys)


def bytes_under(folder: Path) -> bytes:
    """Every byte of every file of a folder."""
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
