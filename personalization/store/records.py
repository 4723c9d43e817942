"""How customers, purchases, orders and consents are written as text before they are sealed."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from personalization.consent import Proof
from personalization.customer import Customer, Order, OrderStatus, Purchase
from personalization.purposes import Purpose, Scope

__all__ = [
    "customer_from",
    "order_from",
    "order_text",
    "person_text",
    "place_of",
    "purchase_from",
    "purchase_text",
    "standing_from",
    "standing_text",
]

_BETWEEN = "\x1f"  # ASCII unit separator: an imported value can't hold it


def purchase_text(
    product: str, day: str, quantity: int, price: str, returned: str, order: str, sensitive: str | None, place: int
) -> str:
    """A purchase in eight parts; days as ISO 8601.

    Args:
        place: its line in the file it came from: things bought the same day stay in their order.
    """
    return _BETWEEN.join((product, day, str(quantity), price, returned, order, sensitive or "", str(place)))


def purchase_from(text: str) -> Purchase:
    product, day, quantity, price, returned, order, sensitive, _ = text.split(_BETWEEN)
    return Purchase(
        product, date.fromisoformat(day), int(quantity), Decimal(price),
        date.fromisoformat(returned) if returned else None, order, sensitive or None,
    )  # fmt: skip


def person_text(person: dict[str, Any]) -> str:
    """What a row of customers says, as JSON with its keys in order: equal persons are equal texts."""
    return json.dumps(person, ensure_ascii=False, sort_keys=True)


def place_of(text: str) -> int:
    """The line a purchase or an order came from."""
    return int(text.rpartition(_BETWEEN)[2])


def customer_from(text: str, purchases: list[str], orders: list[str]) -> Customer:
    """A customer out of the texts of their row, purchases and orders."""
    bought = sorted((purchase_from(each) for each in sorted(purchases, key=place_of)), key=lambda each: each.date)
    expected = tuple(order_from(each) for each in sorted(orders, key=place_of))
    person = json.loads(text)
    return Customer(
        person["id"], person["name"], person["language"], person["birth_year"], person["store"],
        tuple(bought), expected, person["open_case"], person["story"],
    )  # fmt: skip


def order_text(order: Order, place: int) -> str:
    expected = order.expected.isoformat() if order.expected else ""
    return _BETWEEN.join((order.id, order.status.value, expected, *order.items, str(place)))


def order_from(text: str) -> Order:
    id, status, expected, *items, _ = text.split(_BETWEEN)
    return Order(id, OrderStatus(status), date.fromisoformat(expected) if expected else None, tuple(items))


def standing_text(purpose: Purpose, scope: Scope, proof: Proof, at: str) -> str:
    """A lasting consent with its proof (GDPR art. 7(1))."""
    told = {
        "purpose": purpose.value, "scope": scope.value, "script": proof.script, "version": proof.version,
        "language": proof.language, "heard": proof.heard, "confidence": proof.confidence, "at": at,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False)


def standing_from(text: str) -> tuple[Purpose, Scope, Proof, str]:
    told = json.loads(text)
    proof = Proof(told["script"], told["version"], told["language"], told["heard"], told["confidence"])
    return Purpose(told["purpose"]), Scope(told["scope"]), proof, told["at"]
