"""The page put together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from voice.journal import Entry

__all__ = ["page_html", "write_page"]


def page_html(entries: Iterable[Entry], sound: Path | str | np.ndarray | None = None, rate: int = 8000) -> str:
    """The page as text (see `write_page`)."""
    raise NotImplementedError


def write_page(entries: Iterable[Entry], sound: Path | str | np.ndarray | None, rate: int, path: Path | str) -> Path:
    """Write the page of a conversation.

    Args:
        entries: the journal's entries, in order.
        sound: the conversation as a WAV file, or as PCM of shape (n, 2) int16, caller first, assistant second; None
            writes a page without sound.
        rate: samples per second of `sound` when it is PCM (a WAV file says its own).

    Returns:
        The path written.

    Raises:
        ValueError: the sound is not two-channel 16-bit.
    """
    path = Path(path)
    path.write_text(page_html(entries, sound, rate), encoding="utf-8")
    return path
