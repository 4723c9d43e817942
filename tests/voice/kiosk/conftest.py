"""The shop in a database that several of these tests use."""

from tests.known_customer import code, imported, known, shop

__all__ = ["code", "imported", "known", "shop"]
