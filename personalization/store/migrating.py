"""Brings a database to this version's tables, by Alembic; one from a newer version is left alone."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, MetaData, inspect, text

from personalization.store.database import read, write
from personalization.store.errors import ExtraMissing, NoShop
from personalization.store.schema import KEYS, SHOP

__all__ = ["HEADS", "is_made", "migrate"]

HEADS = {"shop": "shop_0002", "keys": "keys_0001"}
"""The newest migration of each database."""

_METADATA: dict[str, MetaData] = {"shop": SHOP, "keys": KEYS}


def is_made(engine: Engine) -> bool:
    """There are tables of ours in it."""
    with read(engine) as connection:
        return inspect(connection).has_table("alembic_version")


def migrate(engine: Engine, which: str) -> None:
    """Makes the tables, or brings them up to date, in one transaction.

    Args:
        which: "shop" or "keys".

    Raises:
        NoShop: the database is of a newer version, or holds something else.
    """
    if is_made(engine) and _found(engine) == HEADS[which]:
        return  # without waiting for whoever is writing
    with write(engine) as connection:
        made = inspect(connection).has_table("alembic_version")
        found = connection.scalar(text("SELECT version_num FROM alembic_version")) if made else None
        if found == HEADS[which]:
            return  # somebody else has just done it
        if not made and (strange := set(inspect(connection).get_table_names()) & set(_METADATA[which].tables)):
            raise NoShop(
                f"the database holds tables that aren't Candide's ({', '.join(sorted(strange))}): name another"
            )
        _upgrade(connection, which, found)


def _found(engine: Engine) -> str | None:
    with read(engine) as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _upgrade(connection, which: str, found: str | None) -> None:
    try:
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError
    except ImportError as missing:
        raise ExtraMissing("Alembic") from missing
    here = Path(__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(here).replace("%", "%%"))
    config.set_main_option("version_locations", str(here / which).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes |= {"connection": connection, "metadata": _METADATA[which]}
    try:
        command.upgrade(config, "head")
    except CommandError as unknown:
        raise NoShop(
            f"the database's version {found!r} isn't known here: it belongs to a newer Candide, install that one"
        ) from unknown
