"""What was computed from customers' data (models, indexes, caches): one folder, thrown away when one of them leaves.

Whatever learns from customers keeps what it learnt in `derived_dir` and nowhere else; what is missing there is made
again, from those who are left.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from personalization.user_cache import cache_dir

__all__ = ["derived_dir", "forget_derived"]


def derived_dir(shop: str) -> Path:
    """The folder of this shop, by its random name; made if it isn't there, for its owner alone."""
    folder = cache_dir() / "derived" / shop
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def forget_derived(shop: str) -> int:
    """Deletes everything in it; how many files there were.

    Raises:
        OSError: a file can't be deleted.
    """
    folder = cache_dir() / "derived" / shop
    if not folder.is_dir():
        return 0
    count = sum(path.is_file() for path in folder.rglob("*"))
    shutil.rmtree(folder)
    return count
