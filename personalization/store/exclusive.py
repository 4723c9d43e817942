"""One at a time: imports, erasures, retention and restoring don't run into each other on one shop."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text

from personalization.store.database import sqlite_file, told
from personalization.store.errors import Busy

__all__ = ["exclusive"]


@contextmanager
def exclusive(engine: Engine, shop: str, wait: float = 1.0) -> Iterator[None]:
    """Held by one process of one machine (SQLite: a file lock) or by one client of the server (an advisory lock).

    Args:
        wait: seconds.

    Raises:
        Busy: somebody else holds it.
    """
    refused = Busy(
        "another import, erasure or clean-up is at work on this shop, so nothing was done: try again after it"
    )
    file = sqlite_file(str(engine.url))
    if file is not None:
        try:
            with FileLock(f"{file}.lock", timeout=wait, mode=0o600):
                yield
        except Timeout as held:
            raise refused from held
        return
    number = int.from_bytes(hashlib.sha256(shop.encode()).digest()[:8], "big", signed=True)
    with told(engine), engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}):
            raise refused
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})
