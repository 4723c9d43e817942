"""Where a shop's database, its data keys, its master key and the heads of its ledger are."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from personalization.store.errors import NoShop

__all__ = ["Places", "address", "config_dir", "is_database", "keys_address"]

_SUFFIXES = (".db", ".sqlite", ".sqlite3")


def config_dir() -> Path:
    """Where what must not be lost is kept ($CANDIDE_CONFIG, else the user's configuration folder); not made here."""
    if own := os.environ.get("CANDIDE_CONFIG"):
        return Path(own).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home()) / "candide"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "candide"


def is_database(named: str) -> bool:
    """It names a database, not a folder of CSV files."""
    if "://" in named or named.endswith(_SUFFIXES):
        return True
    path = Path(named).expanduser()
    return path.is_file() or (path / "shop.db").is_file()


def address(named: str) -> str:
    """The database address a person means: an address, a file, or a folder that holds a shop.db.

    Raises:
        NoShop: it is none of these.
    """
    if "://" in named:
        return named
    path = Path(named).expanduser()
    if path.is_dir():
        path = path / "shop.db"
    elif not path.is_file() and path.suffix not in _SUFFIXES:
        raise NoShop(f"{named} is no shop: name a database file (shop.db) or an address such as postgresql://host/shop")
    return f"sqlite:///{path}"


def keys_address(url: str, file: Path | None, shop: str) -> str:
    """Where the data keys are kept unless it is said otherwise: beside the file, else in the configuration folder."""
    if own := os.environ.get("CANDIDE_KEYS"):
        return own
    return f"sqlite:///{file}-keys" if file else f"sqlite:///{config_dir() / shop}.keys"


@dataclass(frozen=True)
class Places:
    """Of one shop, by its random name."""

    shop: str

    @property
    def master(self) -> Path:
        return config_dir() / f"{self.shop}.key"

    @property
    def heads(self) -> Path:
        return config_dir() / f"{self.shop}.heads"
