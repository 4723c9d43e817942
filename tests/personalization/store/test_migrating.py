"""The migrations make exactly the tables that the code reads and writes, on either database."""

from __future__ import annotations

import pytest

from personalization.store.database import open_database, read
from personalization.store.migrating import HEADS, is_made, migrate
from personalization.store.schema import KEYS, SHOP
from personalization.store.shop_store import _made


@pytest.mark.parametrize(("which", "metadata"), [("shop", SHOP), ("keys", KEYS)])
def test_the_tables_made_are_the_tables_used(place, which, metadata):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    url = place if "://" in place else f"sqlite:///{place}"
    engine = _made(url)
    assert not is_made(engine)
    for _ in range(2):
        migrate(engine, which)
    with read(engine) as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEADS[which]
    engine.dispose()


def test_a_place_that_was_never_written_holds_no_shop(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'shop.db'}")
    assert not is_made(engine)
    engine.dispose()
