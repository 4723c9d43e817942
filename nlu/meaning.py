"""What the caller wants, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["INTENTS", "Entity", "Meaning"]

INTENTS = (
    "recommend product_info price availability order_status return_item reorder store_info complaint why what_data "
    "who_sees how_long consent_give consent_withdraw erase export less_like_this human callback repeat adjust_speech "
    "change_language are_you_human help affirm deny greet goodbye thanks out_of_scope"
).split()


@dataclass(frozen=True)
class Entity:
    """One slot as it was said."""

    slot: str
    """product, category, quantity, date, time, purpose, scope, budget, recipient, direction, language, store, order,
    suggestion, kind, email, phone, postcode."""
    value: Any
    """The value in plain terms: a product's name, a category's id, an int, an ISO date, an amount in euros, E.164."""
    said: str
    """The caller's own words."""
    id: str | None = None
    """Id in the catalogue, where the slot is a product, category or store."""
    score: float = 1.0
    """How sure the match is, 0 to 1."""


@dataclass(frozen=True)
class Meaning:
    """Intent, slots and how sure the understanding is of them."""

    intent: str
    confidence: float
    """Calibrated probability of the intent, 0 to 1."""
    text: str
    language: str
    entities: tuple[Entity, ...] = ()
    decided_by: tuple[str, ...] = ()
    """The words that decided the intent, most telling first."""
    runner_up: tuple[str, float] | None = None
    """Second most likely intent with its probability."""
    also: Meaning | None = field(default=None)
    """A second intent in the same turn ("non merci, passez-moi quelqu'un")."""

    @property
    def slots(self) -> dict[str, Any]:
        """Slot values by name; the first mention of a slot wins."""
        values: dict[str, Any] = {}
        for entity in self.entities:
            values.setdefault(entity.slot, entity.value)
        return values

    def entity(self, slot: str) -> Entity | None:
        return next((entity for entity in self.entities if entity.slot == slot), None)
