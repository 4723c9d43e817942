"""What a human receives when a conversation is passed on: only what the customer agreed to (law 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from personalization.consent import Consents
from personalization.events import HandedOff
from personalization.purposes import Purpose
from personalization.redact import redact

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

    Without it the human learns why the call comes, its language, and what it may be used for: nothing that was said.

    Args:
        turns: what was said, oldest first, as "caller: ..." and "assistant: ...". Card numbers are dropped from them.
    """
    agreed = consents.granted(Purpose.HANDOFF_SUMMARY)
    return HandedOff(
        reasons=tuple(reasons),
        intent=intent if agreed else None,
        slots={key: _clean(value) for key, value in (slots or {}).items()} if agreed else {},
        tried=tuple(redact(each) for each in tried) if agreed else (),
        refused=tuple(redact(each) for each in refused) if agreed else (),
        turns_redacted=tuple(redact(each) for each in turns) if agreed else (),
        authenticated=authenticated,
        consents={purpose.value: scope.value for purpose, scope in consents.all().items()},
        language=language,
        outcome=outcome,
    )


def _clean(value: Any) -> Any:
    """A slot's value without card numbers, at whatever depth."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _clean(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(_clean(each) for each in value)
    if isinstance(value, int) and not isinstance(value, bool) and redact(str(value)) != str(value):
        return redact(str(value))
    return value
