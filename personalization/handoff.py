"""What a human receives when a conversation is passed on: only what the customer agreed to (law 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from personalization.consent import Consents
from personalization.events import HandedOff

__all__ = ["hand_off"]


def hand_off(
    consents: Consents,
    language: str,
    reasons: Iterable[str],
    intent: str | None = None,
    slots: Mapping[str, Any] | None = None,
    tried: Iterable[str] = (),
    refused: Iterable[str] = (),
    turns: Iterable[str] = (),
    authenticated: bool = False,
    outcome: str = "transferred",
) -> HandedOff:
    """The event, with the summary and the turns only under a consent for `Purpose.HANDOFF_SUMMARY`.

    Args:
        turns: what was said, oldest first, as "caller: ..." and "assistant: ...".
    """
    raise NotImplementedError
