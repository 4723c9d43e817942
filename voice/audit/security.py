"""Everything `candide audit security` looks at, gravest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from personalization.audit.finding import SEVERITIES, Finding
from personalization.audit.permissions import open_to_others
from personalization.audit.secrets import secrets_in
from personalization.store.places import is_database
from voice.audit.dependencies import audit_dependencies
from voice.audit.exposure import audit_settings
from voice.line.settings import LineSettings

__all__ = ["audit_security"]


def audit_security(
    shop: str | None,
    limits: dict[str, Any],
    *,
    settings: Path | None = None,
    logs: tuple[Path, ...] = (),
    backups: Path | None = None,
    dependencies: bool = True,
    master: str | None = None,
    keys: str | None = None,
) -> tuple[Finding, ...]:
    """
    Args:
        shop: a folder, or a database's file or address; None is the demo shop, whose customers are invented.
        limits: `key_days` and `backup_days`.
        logs: folders of logs and journals.

    Raises:
        StoreError, SettingsError: the shop or the settings can't be read.
    """
    found = [*_of_shop(shop, limits, backups, master, keys)]
    if settings is not None:
        found += audit_settings(LineSettings.load(settings), settings)
    for folder in logs:
        found += secrets_in(folder)
        found += open_to_others(sorted(folder.rglob("*.jsonl")), "medium")
    if dependencies:
        found += audit_dependencies()
    return tuple(sorted(found, key=lambda each: -SEVERITIES.index(each.severity)))


def _of_shop(shop: str | None, limits: dict[str, Any], backups, master, keys) -> Iterator[Finding]:
    if shop is None:
        yield Finding(
            "info", "keys", "the demo shop: its customers are invented and in the clear", "name a shop: --shop"
        )
    elif is_database(shop):
        from personalization.audit.store_security import audit_store
        from personalization.store.shop_store import ShopStore

        store = ShopStore.open(shop, master, keys)
        try:
            yield from audit_store(store, backups, int(limits["key_days"]), int(limits["backup_days"]),
                                   staff_days=int(limits["staff_days"]))  # fmt: skip
        finally:
            store.close()
    else:
        yield Finding("medium", "keys", "customers in CSV files are in the clear: whoever has the folder has them",
                      f"candide shop import {shop} --to shop.db")  # fmt: skip
        yield from open_to_others(sorted(Path(shop).expanduser().glob("*.csv")))
