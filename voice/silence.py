"""How long nobody has spoken, and which prompt that asks for."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Silence"]

_PATIENCE = (6.0, 6.0, 6.0)
"""Seconds before the assistant asks whether the caller is there, then helps, then says goodbye."""


class Silence:
    """
    Args:
        patience: seconds before each prompt; after the last one nothing more is said.
    """

    def __init__(self, patience: Sequence[float] = _PATIENCE) -> None:
        self._patience = patience
        self._since = 0.0
        self._prompts = 0

    def sound(self, now: float) -> None:
        """Somebody or something is heard at `now`, seconds of the conversation."""
        self._since = now

    def caller(self, now: float) -> None:
        """The caller is there: the prompts begin again."""
        self._since, self._prompts = now, 0

    def due(self, now: float) -> int | None:
        """The number of the prompt to say now, from 1; None while there is patience left."""
        if self._prompts >= len(self._patience) or now - self._since < self._patience[self._prompts]:
            return None
        self._prompts += 1
        self._since = now
        return self._prompts
