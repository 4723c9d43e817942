"""Everything a dialogue knows at this moment, for the person it knows it of ("my data", GDPR art. 15)."""

from __future__ import annotations

from typing import Any

from nlu.dialogue import Dialogue
from personalization.shop import Shop

__all__ = ["everything_known"]


def everything_known(dialogue: Dialogue) -> dict[str, Any]:
    """In plain types. Of the customer's file nothing before they proved who they are (law 8).

    Returns:
        `customer`: None, or what is held (`CustomerFile.export`, with products by their names);
        `consents`: purpose to scope; `conversation`: what it remembers until it ends.
    """
    context = dialogue.context
    names = _Names(dialogue.shop, dialogue.language)
    offers = [
        {"product": names(offer.product), "heard": offer.heard, "refused": offer.refused} for offer in context.offers
    ]
    return {
        "authenticated": dialogue.authenticated,
        "customer": _held(dialogue, names) if dialogue.file is not None else None,
        "consents": {purpose.value: scope.value for purpose, scope in dialogue.consents.all().items()},
        "conversation": {
            "language": dialogue.language,
            "said": list(context.turns),
            "offers": offers,
            "refused_products": [names(product) for product in sorted(context.refused_products)],
            "refused_categories": [names.category(category) for category in sorted(context.refused_categories)],
            "product": names(context.product) if context.product else None,
            "complaint": context.complaint,
            "return_open": context.return_open,
            "voice_cues": context.cues_allowed,
        },
    }


def _held(dialogue: Dialogue, names: _Names) -> dict[str, Any]:
    held = dialogue.file.export()
    stores = {store.id: store.name for store in dialogue.shop.stores}
    held["store"] = stores.get(held["store"], held["store"])
    for purchase in held["purchases"]:
        purchase["product"] = names(purchase["product"])
    for order in held["orders"]:
        order["items"] = [names(item) for item in order["items"]]
    return held


class _Names:
    """Products and categories by the names people know, in one language."""

    def __init__(self, shop: Shop, language: str) -> None:
        self._catalogue, self._language = shop.catalogue, language

    def __call__(self, product: str) -> str:
        found = self._catalogue.get(product)
        return str(found.names[self._language]) if found else product

    def category(self, category: str) -> str:
        found = self._catalogue.categories.get(category)
        return str(found.names[self._language]) if found else category
