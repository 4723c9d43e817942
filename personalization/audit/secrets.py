"""Card numbers, keys and passwords in logs and journals, where none belongs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from personalization.audit.finding import Finding
from personalization.redact import has_card_number, luhn

__all__ = ["secrets_in"]

_SUFFIXES = {".log", ".jsonl", ".json", ".txt", ".out", ".err", ".csv", ".html"}
_DIGITS = re.compile(r"(?<![\d.])(?:\d[ -]?){12,18}\d(?![\d.])")
_CARD = re.compile(r"[3456]|2[2-7]")
"""First digits of payment cards (ISO/IEC 7812): a time in nanoseconds begins with a 1."""
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PASSWORD = re.compile(
    r"(?i)\b(?:password|passwd|secret|token|api[_-]?key|mot de passe)\b[\"']?\s*[:=]\s*[\"']?[^\s\"'<>{},]{8,}"
)


def secrets_in(folder: Path) -> Iterator[Finding]:
    """Looks into every text file of a folder. What was found isn't repeated: only the file and the line are told."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (path.suffix in _SUFFIXES or ".log." in path.name):
            yield from _in_file(path)


def _in_file(path: Path) -> Iterator[Finding]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            for what, severity in _in_line(line, path.suffix == ".jsonl"):
                yield Finding(severity, "secrets", f"{path.name}, line {number}: {what}",
                              "delete the file, find what wrote it, and change what was shown")  # fmt: skip


def _in_line(line: str, journal: bool) -> Iterator[tuple[str, str]]:
    if _KEY.search(line):
        yield "a private key", "high"
    if _PASSWORD.search(line):
        yield "a password or a token", "high"
    if _shows_card(line, journal):
        yield "a card number", "high"


def _shows_card(line: str, journal: bool) -> bool:
    if journal:
        try:
            return any(has_card_number(text) for text in _texts(json.loads(line)))
        except ValueError:
            pass
    return any(_is_card(found.group()) for found in _DIGITS.finditer(line))


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return bool(_CARD.match(digits)) and len(set(digits)) > 1 and luhn(digits)


def _texts(value: Any) -> Iterator[str]:
    """Every text of a JSON value: numbers are times and probabilities, no word of anybody."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
