"""`candide doctor`: what works on this machine, and what to do about what doesn't."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from voice.cli.printing import print_json

__all__ = ["register"]

_MARKS = {"ok": "[green]ok[/green]  ", "warn": "[yellow]warn[/yellow]", "fail": "[red]fail[/red]"}


def register(app: typer.Typer) -> None:
    @app.command()
    def doctor(json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
        """Says what works on this machine and what to do about what doesn't; exit code 1 if the demo can't run."""
        from rich.console import Console
        from rich.markup import escape

        from voice.doctor import examine

        console, findings = Console(highlight=False), []
        for finding in examine():
            findings.append(finding)
            if json_:
                continue
            console.print(f"{_MARKS[finding.state]}  {finding.what:28} {escape(finding.detail)}", soft_wrap=True)
            if finding.do:
                console.print(f"      {'':28} [bold]{escape(finding.do)}[/bold]", soft_wrap=True)
        works = not any(finding.state == "fail" for finding in findings)
        if json_:
            print_json({"works": works, "findings": [dataclasses.asdict(each) for each in findings]})
        else:
            console.print("[green]The demo can run.[/green]" if works else "[red]The demo can't run yet.[/red]")
        raise typer.Exit(0 if works else 1)
