"""Why data may be read, for how long, and which kinds of data there are."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["DataKind", "Purpose", "Scope"]


class Purpose(StrEnum):
    """A use of data a customer can allow or refuse by itself (GDPR art. 6(1)(a), 7)."""

    PURCHASES = "purchases"
    """Past purchases, to advise."""
    VOICE_CUES = "voice_cues"
    """Pace, pauses, loudness and pitch, to adapt how we talk; never stored."""
    LOCATION = "location"
    HANDOFF_SUMMARY = "handoff_summary"
    """What was said and tried, passed to a human."""
    CALLBACK_NUMBER = "callback_number"
    IMPROVEMENT_STATISTICS = "improvement_statistics"


class Scope(StrEnum):
    """How long a consent holds."""

    ONCE = "once"
    """For the next answer that uses it, then it is spent."""
    CONVERSATION = "conversation"
    LASTING = "lasting"


class DataKind(StrEnum):
    """What a line of a reply may use. A line lists its kinds; the first use of each is announced aloud."""

    PURCHASES = "purchases"
    VOICE_CUES = "voice_cues"
    IDENTITY = "identity"
    ORDERS = "orders"
    LOCATION = "location"
