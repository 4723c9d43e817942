"""The same shops as the store's tests."""

from tests.personalization.store.conftest import file_shop, own_folders, place, server, shop

__all__ = ["file_shop", "own_folders", "place", "server", "shop"]
