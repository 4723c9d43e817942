"""A name that was perhaps said, though a transcript has other words that sound like it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Perhaps"]


class Perhaps(NamedTuple):
    name: str
    said: str
    """The whole text, with the name in the place of what sounds like it."""
    likeness: float
    """How much that sounds like the name, 0 to 1."""
    usual: bool = False
    """The name is everybody's words (a category, a store), not a maker's."""
    everyday: bool = False
    """Nothing but words of everyday requests gives way to it."""
