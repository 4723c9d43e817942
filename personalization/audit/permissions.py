"""Files that only their owner may read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from personalization.audit.finding import Finding

__all__ = ["open_to_others"]


def open_to_others(files: Iterable[Path], severity: str = "high") -> Iterator[Finding]:
    """A finding for each file that others can read or write (POSIX; elsewhere nothing can be told)."""
    if os.name != "posix":
        return
    for path in files:
        if path.is_file() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
            yield Finding(
                severity, "permissions", f"others can read {path.name} (mode {mode:04o})", f"chmod 600 {path}"
            )
