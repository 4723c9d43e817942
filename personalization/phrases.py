"""The words the customer hears: read from assets/phrases, reviewed like code, never glued together in Python.

A phrase file is YAML, one per topic and language (`assets/phrases/fr/reasons.yaml`):

    reason.replenish:
      version: 1
      say:
        - "Parce que vous avez acheté {product.the} {when}. Sinon, je proposerais autre chose."

`say` holds one or more wordings; they are used in turn so that the assistant doesn't sound canned. A phrase with
`script: true` is a legal script (SCRIPTS): one wording, recorded with its version at each play. Placeholders follow
`str.format`; French elision and contraction are written in the value's forms (see `personalization.grammar`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from personalization.assets import asset

__all__ = ["LANGUAGES", "Phrase", "PhraseMissing", "Phrases", "phrase_table"]

LANGUAGES = ("fr", "en")


class PhraseMissing(KeyError):
    """No phrase of that id in that language."""

    def __str__(self) -> str:
        return self.args[0]


@dataclass(frozen=True)
class Phrase:
    """One thing said: the finished words and where they come from."""

    text: str
    id: str
    version: int
    language: str
    script: bool = False
    """A legal script: recorded at each play and always finished once begun."""
    fixed: bool = False
    """No placeholder was filled, so its sound can be kept and reused."""


@dataclass(frozen=True)
class _Entry:
    id: str
    version: int
    say: tuple[str, ...]
    script: bool


@cache
def phrase_table(language: str) -> dict[str, _Entry]:
    """All phrases of a language by id.

    Raises:
        PhraseMissing: a language there are no phrases in.
        ValueError: a phrase file is not well formed, or an id stands in two files; the message names the file.
    """
    if language not in LANGUAGES:
        raise PhraseMissing(f"there are no phrases in {language!r}; the languages are {', '.join(LANGUAGES)}")
    table: dict[str, _Entry] = {}
    for path in sorted(asset("phrases", language).glob("*.yaml")):
        for name, row in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            if not isinstance(row, dict) or not row.get("say"):
                raise ValueError(f"{path.name}: phrase {name!r} needs a 'say'")
            if name in table:
                raise ValueError(f"{path.name}: phrase {name!r} is already in another file of {language}")
            say = row["say"] if isinstance(row["say"], list) else [row["say"]]
            table[name] = _Entry(name, int(row.get("version", 1)), tuple(say), bool(row.get("script", False)))
    return table


class Phrases:
    """The phrases of one conversation: remembers which wording came last, so wordings take turns.

    Args:
        language: "fr" or "en".
        brand: the shop's name, for `{brand}`.
    """

    def __init__(self, language: str, brand: str = "Candide") -> None:
        self.language = language
        self.brand = brand
        self._turn: dict[str, int] = defaultdict(int)

    def __contains__(self, id: str) -> bool:
        return id in phrase_table(self.language)

    def say(self, id: str, **values: Any) -> Phrase:
        """The phrase with its placeholders filled.

        Raises:
            PhraseMissing: no such phrase in this language, or a placeholder has no value.
        """
        entry = phrase_table(self.language).get(id)
        if entry is None:
            raise PhraseMissing(f"no phrase {id!r} in {self.language}: add it to assets/phrases/{self.language}")
        wording = entry.say[self._turn[id] % len(entry.say)]
        self._turn[id] += 1
        try:
            text = wording.format(brand=self.brand, **values)
        except (KeyError, AttributeError, IndexError) as missing:
            raise PhraseMissing(f"phrase {id!r} ({self.language}) has no value for {missing}") from missing
        text = re.sub(r"\s+", " ", text).strip()
        text = re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)  # a value that ends in a full stop ("8 p.m.")
        fixed = not re.sub(r"\{brand\}", "", wording).count("{")
        return Phrase(text, id, entry.version, self.language, entry.script, fixed)
