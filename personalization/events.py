"""What happened, as the customer's floor sees it: small immutable facts for the conversation's journal.

The journal stamps them with the conversation's audio clock. They name products and purposes, never a customer's
name or number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from personalization.purposes import Purpose, Scope

__all__ = [
    "Authenticated",
    "ConsentChanged",
    "DataRead",
    "Explained",
    "HandedOff",
    "Refused",
    "Suggested",
    "Suppressed",
]


@dataclass(frozen=True)
class Authenticated:
    """Who the caller is was established, and how."""

    method: str


@dataclass(frozen=True)
class ConsentChanged:
    """A consent was given, refused or withdrawn, with its proof (GDPR art. 7(1))."""

    purpose: Purpose
    granted: bool
    scope: Scope | None
    script: str
    version: int
    language: str
    heard: str
    """The caller's words."""
    confidence: float
    why: str = ""
    """"said", "unclear" (a low-confidence yes counts as no), "spent" (a scope of once was used), "withdrawn"."""


@dataclass(frozen=True)
class DataRead:
    """Consented data was read, for a purpose."""

    purpose: Purpose
    records: int


@dataclass(frozen=True)
class Suggested:
    """A product was suggested, with the evidence its reason cites."""

    product: str
    name: str
    rule: str
    """"replenish", "complement", "wears_out", "same_taste", "popular", "asked"."""
    evidence: tuple[dict[str, Any], ...]
    """The purchases cited: product id, name, date."""
    verified: bool
    """Without the cited purchases, the product leaves the offer (checked by scoring again without them)."""
    reason: str
    """The reason as it is spoken."""
    price: float


@dataclass(frozen=True)
class Suppressed:
    """A product was kept out of the offer, by which rule and until when (ISO date)."""

    product: str
    name: str
    rule: str
    """"owned", "not_before", "returned", "out_of_stock", "recalled", "sensitive", "refused", "age", "complaint"."""
    until: str | None = None


@dataclass(frozen=True)
class Refused:
    """The caller turned a suggestion down, or asked for no more of a kind."""

    product: str | None
    category: str | None


@dataclass(frozen=True)
class Explained:
    """A "why" was answered, at a depth of 1 to 3."""

    product: str | None
    depth: int


@dataclass(frozen=True)
class HandedOff:
    """The conversation goes to a human, with what they receive (filtered by consent)."""

    reasons: tuple[str, ...]
    intent: str | None
    slots: dict[str, Any]
    tried: tuple[str, ...]
    refused: tuple[str, ...]
    turns_redacted: tuple[str, ...]
    authenticated: bool
    consents: dict[str, str]
    language: str
    outcome: str = "transferred"
    """"transferred" or "callback"."""
