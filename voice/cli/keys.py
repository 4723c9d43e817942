"""`candide keys`: the master key and the data keys of a shop kept in a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voice.cli.shop import Keys, MasterKey, Shop, opened

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    keys = typer.Typer(no_args_is_help=True, help="The keys of a shop in a database.")
    app.add_typer(keys, name="keys")
    keys.command()(rotate)
    keys.command()(backup)
    keys.command("new")(new)


def rotate(shop: Shop, master: MasterKey = None, keys: Keys = None) -> None:
    """Replaces the master key and wraps every data key anew, while everybody goes on. Stopped, it goes on next time."""
    from rich.console import Console
    from rich.progress import Progress

    with opened(shop, master, keys) as store, Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("wrapping anew", total=None)
        count = store.keys.rotate(lambda done, total: bar.update(task, completed=done, total=total))
        store.ledger.record("keys", "command", {"what": "rotated", "keys": count})
        store.head()
    typer.echo(f"{count:,} keys wrapped anew; make a new copy: candide keys backup")


def backup(
    shop: Shop,
    file: Annotated[Path, typer.Argument(help="Replaces the copy before.")],
    master: MasterKey = None,
    keys: Keys = None,
) -> None:
    """Copies the wrapped data keys. Keep the newest copy only: an older one still holds the keys of who was erased."""
    from personalization.store.backup import copy_keys

    with opened(shop, master, keys) as store:
        copy_keys(store, file)
    typer.echo(f"{file}: made; without the master key it opens nothing")


def new() -> None:
    """Prints a fresh master key, for the environment or a secret store: 32 random bytes in base64."""
    import base64

    from personalization.store.sealing import new_key

    typer.echo(base64.b64encode(new_key()).decode())
