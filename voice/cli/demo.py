"""`candide demo`: a recorded call through everything."""

from __future__ import annotations

import locale
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from voice.cli.printing import print_json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    @app.command()
    def demo(
        call: Annotated[
            Path | None, typer.Argument(help="A recorded call, WAV; none plays a sample call.", show_default=False)
        ] = None,
        lang: Annotated[str | None, typer.Option("--lang", help="fr or en: language of the opening.")] = None,
        customer: Annotated[
            str | None, typer.Option("--customer", help="Who calls: a customer of the shop; none is an unknown caller.")
        ] = None,
        shop: Annotated[
            str | None, typer.Option("--shop", help="A shop's folder or database; none is the demo shop.")
        ] = None,
        fast: Annotated[bool, typer.Option("--fast", help="Faster than real time: sound isn't waited for.")] = False,
        out: Annotated[Path, typer.Option("--out", help="Where the files are written.")] = Path(),
        json_: Annotated[bool, typer.Option("--json", help="One JSON object, nothing else.")] = False,
        straight: Annotated[
            bool, typer.Option("--straight", help="The recorded caller doesn't wait for the answers.")
        ] = False,
    ) -> None:
        """Plays a recorded call through the whole pipeline and shows what happens, and where the time goes."""
        from personalization.phrases import LANGUAGES

        if lang is not None and lang not in LANGUAGES:
            raise typer.BadParameter(f"{lang!r}: the languages are {', '.join(LANGUAGES)}", param_hint="--lang")
        from voice.demo import Demo

        run = Demo(
            call=call, language=lang or _usual_language(), language_given=lang is not None, customer=customer,
            shop=shop, paced=not fast, out=out, listens=not straight,
        )  # fmt: skip
        outcome = run.play(quiet=json_)
        if json_:
            print_json(outcome.summary)
        if outcome.message:
            print(f"candide: {outcome.message}", file=sys.stderr)
        raise typer.Exit(outcome.exit_code)


def _usual_language() -> str:
    """French where the user's locale is French, else English."""
    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "fr" if named.lower().startswith("fr") else "en"
