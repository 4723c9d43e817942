"""The word lists of assets/dialogue: read once, compared without accents, case or punctuation."""

from __future__ import annotations

from functools import cache

import yaml

from personalization.assets import asset
from personalization.grammar import plain

__all__ = ["bare", "says", "word_list"]


def bare(text: str) -> str:
    """Lower case, no accents, every mark but letters and figures a single space: "L'autre !" -> "l autre"."""
    return " ".join("".join(mark if mark.isalnum() else " " for mark in plain(text)).split())


@cache
def word_list(file: str, language: str, kind: str) -> tuple[str, ...]:
    """The phrases of a list, longest first, each `bare`."""
    rows = yaml.safe_load(asset("dialogue", f"{file}.yaml").read_text(encoding="utf-8"))[language][kind]
    return tuple(sorted((bare(str(row)) for row in rows), key=lambda row: (-len(row), row)))


def says(text: str, file: str, language: str, kind: str) -> bool:
    """Whether one of the phrases stands in the text, as whole words."""
    said = f" {bare(text)} "
    return any(f" {phrase} " in said for phrase in word_list(file, language, kind))
