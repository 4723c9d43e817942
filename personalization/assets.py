"""Where the files that people edit without code are found."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

__all__ = ["AssetMissing", "asset"]


class AssetMissing(Exception):
    """A file of assets/ isn't where it should be; the message says where it was looked for."""


@cache
def _roots() -> tuple[Path, ...]:
    here = Path(__file__).resolve().parent
    # An installed wheel carries assets/ inside this package; a checkout has it beside the three packages.
    return (here.parent / "assets", here / "_assets")


def asset(*parts: str) -> Path:
    """The path of a file or folder under assets/.

    CANDIDE_ASSETS names a folder that is looked in first, so a shop changes one file and keeps the others.

    Raises:
        AssetMissing: it is in none of the places.
    """
    own = os.environ.get("CANDIDE_ASSETS")
    roots = ((Path(own),) if own else ()) + _roots()
    for root in roots:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    looked = ", ".join(str(root) for root in roots)
    raise AssetMissing(
        f"assets/{'/'.join(parts)} is missing (looked in {looked}): reinstall Candide or set CANDIDE_ASSETS"
    )
