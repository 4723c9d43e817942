"""What the commands print can be printed on any terminal, and JSON is never made unreadable."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

__all__ = ["never_fail_to_print", "print_json"]


def never_fail_to_print() -> None:
    """A letter the terminal's character set lacks becomes a question mark, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def print_json(value: Any) -> None:
    """One line of JSON, at once; its letters are escaped where the output isn't UTF-8 (RFC 8259, section 7).

    A figure that can't be had (NaN, infinity) is null: JSON has no word for it (RFC 8259, section 6).
    """
    unicode = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    print(json.dumps(_finite(value), ensure_ascii=not unicode, allow_nan=False), flush=True)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value
