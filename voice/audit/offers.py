"""Whose offers may be measured: those who allow it."""

from __future__ import annotations

from typing import Any

from personalization.audit.figures import Share
from personalization.audit.groups import Comparison
from personalization.audit.recommendation import audit_recommendation, those_who_allow
from personalization.shop import Shop

__all__ = ["NotAllowed", "audit_offers"]


class NotAllowed(Exception):
    """Nobody is known to allow it; the message says what to do."""


def audit_offers(
    shop: Shop, limits: dict[str, Any], consented: bool
) -> tuple[tuple[Comparison, ...], tuple[Share, ...]]:
    """
    Args:
        consented: of a shop in files, which keeps no consents: all its customers allow it.

    Raises:
        NotAllowed: nobody is known to.
    """
    store = getattr(shop, "store_of_customers", None)
    if store is None and not consented:
        raise NotAllowed(
            "a folder keeps no consents: say --consented if all its customers allow statistics, or import "
            "the shop into a database (candide shop import)"
        )
    customers = those_who_allow(store) if store is not None else ((each.id, each) for each in shop.customers)
    stores = [each.id for each in shop.stores]
    return audit_recommendation(customers, shop.catalogue, stores, limits, shop.ranking())
