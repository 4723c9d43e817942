"""A customer as the shop's files hold them: raw, read by `shop`, closed up in `view`, and handled nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

__all__ = ["Customer", "Order", "OrderStatus", "Purchase"]


@dataclass(frozen=True)
class Purchase:
    """One line of a receipt."""

    product: str
    """Product id."""
    date: date
    quantity: int = 1
    price: Decimal = Decimal(0)
    """Euros paid for one."""
    returned: date | None = None
    """When it was brought back, if it was."""
    order: str = ""
    sensitive: str | None = None
    """Why it may never feed a score (GDPR art. 9): "health", "pregnancy", "intimacy", ..."""


class OrderStatus(StrEnum):
    """Where an order is."""

    PREPARING = "preparing"
    SHIPPED = "shipped"
    READY = "ready"
    """Waiting in the store."""
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RETURNING = "returning"
    """Sent back, not refunded yet."""


@dataclass(frozen=True)
class Order:
    """An order on its way, or lately arrived."""

    id: str
    status: OrderStatus
    expected: date | None
    """The day it is expected, or arrived."""
    items: tuple[str, ...]
    """Product ids."""


@dataclass(frozen=True)
class Customer:
    """Everything the shop holds about one person. Only `personalization.view` may keep one."""

    id: str
    name: str
    language: str = "fr"
    birth_year: int | None = None
    """Given by the customer, or unknown."""
    store: str = ""
    purchases: tuple[Purchase, ...] = ()
    """Oldest first."""
    orders: tuple[Order, ...] = ()
    open_case: str | None = None
    """"complaint" or "return" while one is being dealt with: no offer is made meanwhile."""
    story: str = ""
    """What this customer shows in the demo shop."""

    def age(self, today: date) -> int | None:
        """Whole years they have certainly lived (the birthday of the year isn't known, so it counts as ahead)."""
        return None if self.birth_year is None else today.year - self.birth_year - 1
