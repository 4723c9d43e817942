"""The compliance pack, made from the configuration in use so that it can't drift from it.

Record of processing (GDPR art. 30), pre-filled impact assessment (art. 35), notices (AI Act art. 50), retention. What
the configuration holds and the words don't describe yet is in the pack all the same, and said to be undescribed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from personalization.assets import asset
from personalization.audit.document import Document, Section
from personalization.phrases import phrase_table
from personalization.purposes import Purpose

__all__ = ["NOTICES", "compliance_pack", "write_pack"]

NOTICES = ("opening", "disclosure.", "security.card", "handoff.summary")
"""Scripts that tell a person what they deal with, by id or by the beginning of it."""


def compliance_pack(
    brand: str,
    settings: Mapping[str, Any],
    retention: Mapping[str, int],
    language: str,
    day: date,
    purposes: Iterable[str] | None = None,
    sealed: bool = True,
) -> Document:
    """
    Args:
        settings: the shop's; `controller` and `dpo` are named in the record where they are given.
        retention: days by kind of data.
        purposes: their ids; those of `Purpose` by default.
        sealed: the customers are in a database, each under their own key; else in files in the clear.
    """
    words = yaml.safe_load(asset("audit", f"papers.{language}.yaml").read_text(encoding="utf-8"))
    named = tuple(Purpose) if purposes is None else tuple(purposes)
    sections = [
        _record(words, settings, language, named, "security" if sealed else "in_files"),
        _retention(words, retention),
        _dpia(words),
        _notices(words, brand, language),
    ]
    intro = words["made"].format(day=day.isoformat())
    return Document(words["title"].format(brand=brand), language, intro, sections)


def write_pack(document: Document, folder: Path) -> tuple[Path, Path]:
    """The Markdown and the HTML file. Raises OSError where they can't be written."""
    folder.mkdir(parents=True, exist_ok=True)
    markdown, page = (folder / f"compliance.{document.language}.{kind}" for kind in ("md", "html"))
    markdown.write_text(document.markdown(), encoding="utf-8")
    page.write_text(document.html(), encoding="utf-8")
    return markdown, page


def _described(words: Mapping[str, Any], part: str, id: str, columns: int) -> list[str]:
    return list(words[part].get(id) or [words["undescribed"].format(id=id)] * columns)


def _record(words: Mapping[str, Any], settings: Mapping[str, Any], language: str, purposes, security: str) -> Section:
    said, columns, scripts = words["record"], words["columns"], phrase_table(language)
    rows = []
    for id in map(str, purposes):
        what, basis, data = _described(words, "purposes", id, 3)
        script = scripts.get(f"consent.{id}")
        asked = f"{script.say[0]} ({script.id}, v{script.version})" if script else "-"
        rows.append([id, what, basis, data, asked])
    blank = words["fill_in"]
    controller = said["controller"].format(
        controller=settings.get("controller") or blank, dpo=settings.get("dpo") or blank
    )
    names = [columns[each] for each in ("purpose", "what", "basis", "data", "script")]
    return Section(said["title"], [controller, said["recipients"], said["staff"], said[security]], names, rows)


def _retention(words: Mapping[str, Any], retention: Mapping[str, int]) -> Section:
    rows = []
    for kind, days in retention.items():
        name, why = _described(words, "kinds", kind, 2)
        rows.append([f"{name} ({kind})", str(days), why])
    return Section(words["retention"]["title"], [], [words["columns"][each] for each in ("kind", "days", "why")], rows)


def _dpia(words: Mapping[str, Any]) -> Section:
    said = words["dpia"]
    paragraphs = [said["description"], said["necessity"], said["opinion"].format(fill_in=words["fill_in"])]
    return Section(said["title"], paragraphs, [words["columns"][each] for each in ("risk", "measure")], said["risks"])


def _notices(words: Mapping[str, Any], brand: str, language: str) -> Section:
    rows = []
    for id, entry in phrase_table(language).items():
        if entry.script and (id in NOTICES or id.startswith(tuple(each for each in NOTICES if each.endswith(".")))):
            rows.append([id, entry.say[0].replace("{brand}", brand), str(entry.version)])
    names = [words["columns"][each] for each in ("notice", "words", "version")]
    return Section(words["notices"]["title"], [words["notices"]["intro"]], names, rows)
