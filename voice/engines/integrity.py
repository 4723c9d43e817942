"""Is this file the listed one? Hashed once, then remembered with its size and time of change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from voice.engines.model_list import ModelFile

__all__ = ["Stamps", "digest"]


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Stamps:
    """Remembers which files were hashed and found right, so that a start costs no hashing.

    Args:
        folder: one small file per remembered path is kept there. If it can't be written, files are hashed each time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def right(self, path: Path, file: ModelFile) -> bool:
        """The file is there and is the listed one."""
        try:
            if path.stat().st_size != file.size:
                return False
            if self._read(path) == self._facts(path, file):
                return True
            if digest(path) != file.sha256:
                return False
        except OSError:
            return False
        self.remember(path, file)
        return True

    def remember(self, path: Path, file: ModelFile) -> None:
        """The file was just found right."""
        target = self._stamp(path)
        with contextlib.suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(self._facts(path, file)), encoding="utf-8")
            os.replace(temporary, target)

    def forget(self, path: Path) -> None:
        """The file was just found wrong, whatever was remembered of it."""
        with contextlib.suppress(OSError):
            self._stamp(path).unlink()

    def _stamp(self, path: Path) -> Path:
        return self._folder / hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]

    def _read(self, path: Path) -> dict | None:
        try:
            return json.loads(self._stamp(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    @staticmethod
    def _facts(path: Path, file: ModelFile) -> dict:
        return {"size": path.stat().st_size, "changed": path.stat().st_mtime_ns, "sha256": file.sha256}
