"""The dialogue: which handler answers, what is pending, what the caller really heard.

Skeleton with the public signatures; being filled in.
"""

from __future__ import annotations

from datetime import datetime

from nlu.cues import Cues
from nlu.meaning import Meaning
from nlu.reply import Reply
from personalization.disclosure import ReleasedLine

__all__ = ["Dialogue"]


class Dialogue:
    """One conversation with one caller.

    Args:
        shop: the shop (`personalization.shop.Shop`).
        customer_file: who the caller is, if that is known; None for an unknown caller.
        language: "fr" or "en".
        place: "phone", "kiosk" or "store".
        now: the moment, with or without time zone, taken as the shop's local time.
        authenticated: the caller proved who they are before the conversation (else see `authenticate`).
    """

    def __init__(self, shop, customer_file, language: str, place: str = "phone", now: datetime = ..., *,
                 authenticated: bool = False) -> None: ...

    def open(self) -> Reply:
        """The opening script, with the AI disclosure. Nothing personal."""

    def reply(self, meaning: Meaning, cues: Cues | None = None) -> Reply: ...

    def not_understood(self, reason: str = "unclear", meaning: Meaning | None = None) -> Reply: ...

    def silence(self, step: int) -> Reply:
        """step 0 or 1: a gentle prompt; 2: help; 3: goodbye (with the hang_up action)."""

    def key(self, digit: str) -> Reply | None:
        """A keypad digit. "0" is a human at once."""

    def authenticate(self, method: str) -> Reply:
        """The channel proved who the caller is (PIN and code, loyalty card...); a request that waited for it is answered."""

    def heard(self, line: ReleasedLine, complete: bool) -> None:
        """What the caller really heard of a line."""

    @property
    def expecting(self) -> str | None:
        """What the pending question expects, for the understanding: "yes_no", "consent" (yes, no, just this once),
        "product", "category", "date", "choice" or None."""

    def interested_words(self) -> list[str]:
        """Names in play, most likely first, to bias the transcription. History only where consented."""
