"""Opens a shop by what a person calls it: a folder of CSV files, a database file, or a database's address."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from personalization.shop import Shop
from personalization.store.places import is_database

__all__ = ["open_shop"]


def open_shop(named: str | Path | None = None, today: date | None = None) -> Shop:
    """The demo shop by default. SQLAlchemy and the rest of the `store` extra are only needed for a database.

    Raises:
        CatalogueError, AssetMissing: the folder can't be read. StoreError: the database can't.
    """
    if named is None or not is_database(str(named)):
        return Shop.load(None if named is None else Path(named), today=today)
    from personalization.store.shop_store import ShopStore
    from personalization.store.stored_shop import StoredShop

    return StoredShop(ShopStore.open(str(named)), today)
