"""Fixtures: a shop in a database, made by the project's import; one customer has a PIN and an authenticator."""

from __future__ import annotations

import base64
import shutil
from urllib.parse import parse_qs, urlparse

import pytest

from personalization.assets import asset
from tests.voice.calls import TUESDAY

NUMBER, PIN = "730294", "8264"
NOW = 1_780_000_000.0


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """The demo shop in a database, one customer with a number of digits."""
    for package in ("sqlalchemy", "argon2"):
        pytest.importorskip(package, reason=f"{package} isn't here: pip install -e '.[store]'")
    from personalization.store.importing import import_shop
    from personalization.store.shop_store import ShopStore
    from personalization.store.sources import open_source

    place = tmp_path_factory.mktemp("shop")
    shutil.copytree(asset("shop"), place / "csv")
    for path in (place / "csv").glob("*.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("jacques,", f"{NUMBER},"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        _own_keys(patch, place)
        store = ShopStore.make(str(place / "shop.db"), "Belmont", {"brand": "Belmont"})
        import_shop(store, open_source(str(place / "csv")), today=TUESDAY.date())
        store.close()
    return place


@pytest.fixture
def shop(imported, tmp_path, monkeypatch):
    """A copy of it; Argon2 with the least memory, as the machine isn't what is tested."""
    from argon2 import PasswordHasher

    from personalization.identity import pin as pins
    from personalization.store.shop_store import ShopStore
    from personalization.store.stored_shop import StoredShop

    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    _own_keys(monkeypatch, tmp_path)
    monkeypatch.setattr(pins, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    pins._nobodys.cache_clear()
    store = ShopStore.open(str(tmp_path / "shop.db"))
    yield StoredShop(store, TUESDAY.date())
    store.close()
    pins._nobodys.cache_clear()


@pytest.fixture
def known(shop):
    """What judges proofs; the customer has a PIN."""
    from personalization.identity.identification import Identification

    made = Identification(shop.store_of_customers, now=lambda: NOW)
    made.set_pin(shop.uid(NUMBER), PIN)
    return made


@pytest.fixture
def code(shop, known) -> str:
    """And an authenticator, which shows this."""
    from personalization.identity.totp import hotp, step_of

    secret = parse_qs(urlparse(known.enrol_totp(shop.uid(NUMBER))).query)["secret"][0]
    return hotp(base64.b32decode(secret + "=" * (-len(secret) % 8)), step_of(NOW))


def _own_keys(patch: pytest.MonkeyPatch, place) -> None:
    patch.setenv("CANDIDE_CONFIG", str(place / "config"))
    patch.delenv("CANDIDE_MASTER_KEY", raising=False)
    patch.delenv("CANDIDE_KEYS", raising=False)
