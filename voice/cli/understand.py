"""`candide understand`: what a sentence means, and which words decided."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from voice.cli.printing import print_json

__all__ = ["register"]

_UNSURE = 0.7
"""Below this confidence the second likeliest meaning is shown too."""


def register(app: typer.Typer) -> None:
    @app.command()
    def understand(
        sentences: Annotated[
            list[str] | None, typer.Argument(help="Sentences; - reads one per line from standard input.")
        ] = None,
        lang: Annotated[str, typer.Option("--lang", help="fr or en.")] = "en",
        json_: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    ) -> None:
        """Says what sentences mean: intent, slots, confidence, and the words that decided."""
        from personalization.phrases import LANGUAGES

        if lang not in LANGUAGES:
            raise typer.BadParameter(f"{lang!r}: the languages are {', '.join(LANGUAGES)}", param_hint="--lang")
        if not sentences:
            raise typer.BadParameter("give a sentence, or - to read them from standard input", param_hint="SENTENCES")
        _run(_lines(sentences), lang, json_)


def _lines(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        if sentence == "-":
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
            yield from (line.rstrip("\r\n") for line in sys.stdin)
        else:
            yield sentence.encode(errors="surrogateescape").decode(errors="replace")


def _run(lines: Iterable[str], language: str, as_lines: bool) -> None:
    from nlu.understanding import Understanding, as_json
    from personalization.shop import Shop

    shop = Shop.load()
    understanding = Understanding(shop.catalogue, {store.id: store.name for store in shop.stores}, (language,))
    for line in lines:
        found = as_json(understanding.understand(line, language))
        if as_lines:
            print_json(found)
        else:
            _show(line, found)


def _show(line: str, found: dict) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    console.print(f"[bold]{found['intent']}[/bold]  {found['confidence']:.2f}   [dim]{escape(repr(line))}[/dim]")
    for name, value in found["slots"].items():
        console.print(f"  {name}: {value}", markup=False)
    if found.get("decided_by"):
        console.print(f"  [dim]decided by: {escape(', '.join(found['decided_by']))}[/dim]")
    second = found.get("runner_up")
    if second and found["confidence"] < _UNSURE:
        console.print(f"  [dim]or {second['intent']}  {second['confidence']:.2f}[/dim]")
    if found.get("also"):
        console.print(f"  also: {found['also']['intent']}")
