"""All commands of `candide`."""

from __future__ import annotations

from typing import Annotated

import typer

from voice.cli import audit, bench, demo, doctor, keys, ledger, line, models, shop, staff, talk, understand, why

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Candide, the voice assistant that says why.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from voice import __version__

        typer.echo(f"candide {__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Says the version.")
    ] = False,
) -> None:
    pass


for command in (demo, talk, line, understand, models, doctor, bench, shop, staff, keys, ledger, why, audit):
    command.register(app)
