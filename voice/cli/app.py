"""All commands of `candide`."""

from __future__ import annotations

import typer

from voice.cli import bench, demo, doctor, models, understand

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Candide, the voice assistant that says why.",
)
for command in (demo, understand, models, doctor, bench):
    command.register(app)
