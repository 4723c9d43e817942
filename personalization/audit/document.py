"""A paper of headings, paragraphs and tables, as Markdown and as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

__all__ = ["Document", "Section"]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border:1px solid #bbb;padding:.4rem .6rem;"
    "text-align:left;vertical-align:top}th{background:#f0f0f0}"
)


@dataclass
class Section:
    title: str
    paragraphs: list[str] = field(default_factory=list)
    columns: Sequence[str] = ()
    rows: list[Sequence[str]] = field(default_factory=list)
    """Each as long as `columns`."""


@dataclass
class Document:
    title: str
    language: str
    intro: str
    sections: list[Section]

    def markdown(self) -> str:
        parts = [f"# {self.title}", self.intro]
        for section in self.sections:
            parts += [f"## {section.title}", *section.paragraphs]
            if section.columns:
                lines = [section.columns, ["---"] * len(section.columns), *section.rows]
                parts.append("\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines))
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        body = "".join(_html(section) for section in self.sections)
        return (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            f"<title>{escape(self.title)}</title><style>{_STYLE}</style></head>"
            f"<body><h1>{escape(self.title)}</h1><p>{escape(self.intro)}</p>{body}</body></html>\n"
        )


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _html(section: Section) -> str:
    paragraphs = "".join(f"<p>{escape(each)}</p>" for each in section.paragraphs)
    if not section.columns:
        return f"<h2>{escape(section.title)}</h2>{paragraphs}"
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in section.columns)
    rows = "".join("<tr>" + "".join(f"<td>{escape(str(each))}</td>" for each in row) + "</tr>" for row in section.rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<h2>{escape(section.title)}</h2>{paragraphs}{table}"
