"""`candide line`: answers the telephone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    @app.command()
    def line(
        settings: Annotated[
            Path | None, typer.Option("--settings", help="A YAML file (see assets/line/line.yaml).", show_default=False)
        ] = None,
        sip: Annotated[str | None, typer.Option("--sip", help="HOST:PORT to take SIP calls on.")] = None,
        audiosocket: Annotated[
            str | None, typer.Option("--audiosocket", help="HOST:PORT for Asterisk's AudioSocket.")
        ] = None,
        media: Annotated[
            str | None, typer.Option("--media", help="HOST:PORT for media streams (Twilio, FreeSWITCH).")
        ] = None,
        allow: Annotated[
            list[str] | None, typer.Option("--allow", help="An address or network calls are taken from; repeatable.")
        ] = None,
        human: Annotated[str | None, typer.Option("--human", help="Where a human answers: sip:300@10.0.0.5")] = None,
        lang: Annotated[str | None, typer.Option("--lang", help="fr or en: language of the opening.")] = None,
        calls: Annotated[int | None, typer.Option("--calls", help="Calls served at once, at most.")] = None,
        shop: Annotated[
            str | None, typer.Option("--shop", help="A shop's folder or database; none is the demo shop.")
        ] = None,
    ) -> None:
        """Answers calls: a SIP endpoint of its own, or beside Asterisk, FreeSWITCH or Twilio."""
        from voice.line.command import run_line

        given = {"allow": tuple(allow or ()), "human": human, "language": lang, "most_calls": calls}
        ways = {"sip": sip, "audiosocket": audiosocket, "media_streams": media}
        raise typer.Exit(run_line(settings, ways, {name: value for name, value in given.items() if value}, shop))
