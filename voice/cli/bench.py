"""`candide bench`: the figures, run from the evaluations in tests/evals."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated, Any

import typer

from voice.cli.printing import print_json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    @app.command()
    def bench(
        name: Annotated[str | None, typer.Argument(help="Which evaluation; none lists them.")] = None,
        quick: Annotated[bool, typer.Option("--quick", help="A short form, under two minutes.")] = False,
        json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    ) -> None:
        """Runs an evaluation and prints its figures (from a checkout: they are in tests/evals)."""
        found = evaluations()
        if name is None:
            for key, path in found.items():
                typer.echo(f"{key:18}{_title(path)}")
            return
        if name not in found:
            raise typer.BadParameter(f"{name!r}: the evaluations are {', '.join(found)}", param_hint="NAME")
        module = _load(name, found[name])
        figures = module.run(quick)
        if json_:
            print_json(figures)
        else:
            (module.show if hasattr(module, "show") else _show)(figures)
        if figures.get("skipped"):
            raise typer.Exit(3)


def evaluations() -> dict[str, Path]:
    """The evaluations of this checkout by name.

    Raises:
        typer.BadParameter: this is an installed package without its tests.
    """
    folder = Path(__file__).resolve().parents[2] / "tests" / "evals"
    if not folder.is_dir():
        raise typer.BadParameter("the evaluations are in the source checkout (tests/evals): run candide bench from one")
    names = sorted(path for path in folder.glob("*.py") if not path.stem.startswith(("_", "test_")))
    return {path.stem.replace("_", "-"): path for path in names}


def _title(path: Path) -> str:
    first = path.read_text(encoding="utf-8").split('"""')[1].strip().splitlines()[0]
    return first


def _load(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"candide_eval_{name.replace('-', '_')}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _show(figures: dict[str, Any], indent: int = 0) -> None:
    for key, value in figures.items():
        if isinstance(value, dict):
            typer.echo(f"{' ' * indent}{key}:")
            _show(value, indent + 2)
        elif isinstance(value, float):
            typer.echo(f"{' ' * indent}{key}: {value:.3g}")
        else:
            typer.echo(f"{' ' * indent}{key}: {value}")
