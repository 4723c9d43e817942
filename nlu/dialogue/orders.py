"""Orders, returns, buying again, and what went wrong: the caller's own affairs, once they proved who they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from nlu.dialogue import human
from nlu.dialogue.advice import ask_for_purchases, recommend
from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.spoken import as_date
from nlu.meaning import Meaning
from nlu.wordlists import says
from personalization.catalogue import Category, Product
from personalization.customer import Order, OrderStatus
from personalization.grammar import cardinal, listed, money, when
from personalization.purposes import DataKind, Purpose
from personalization.view import CustomerView

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "HANDLERS", "identified"]

RETURN_DAYS = 30
"""Where the shop's settings don't say otherwise (`return_days` in shop.yaml)."""

_ORDERS = frozenset({DataKind.ORDERS})
_PURCHASES = frozenset({DataKind.PURCHASES})


def identified(talk: Dialogue, meaning: Meaning, draft: Draft) -> bool:
    """Whether the caller proved who they are; else says how to, and keeps the request for then."""
    if talk.file is not None:
        return True
    if not talk.known:
        draft.say("auth.anonymous")
        human.ask(talk, draft, "human.offer", "not identified", needed=False)
        return False
    talk.waiting = replace(meaning, also=None)
    draft.opener("opener.sure")
    draft.say("auth.kiosk" if talk.public else "security.authenticate")
    return False


def order_status(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """Where the caller's orders are (the contract, GDPR art. 6(1)(b): no consent is needed to answer)."""
    if not identified(talk, meaning, draft):
        return
    view = talk.file.service()
    _case(talk, view.open_case)
    wanted = str(meaning.slots.get("order", ""))
    orders = [order for order in view.orders if not wanted or wanted in order.id] or list(view.orders)
    under_way = [order for order in orders if order.status is not OrderStatus.DELIVERED] or orders[-1:]
    if not under_way:
        draft.say("order.none", uses=_ORDERS)
        human.ask(talk, draft, "human.offer", "order", needed=False)
        return
    draft.opener("opener.so")
    for order in under_way[:1] if draft.behaviour.one_sentence else under_way[:2]:
        _say_order(talk, order, draft)


def _case(talk: Dialogue, open_case: str | None) -> None:
    talk.context.complaint = talk.context.complaint or open_case == "complaint"
    talk.context.return_open = talk.context.return_open or open_case == "return"


def _say_order(talk: Dialogue, order: Order, draft: Draft) -> None:
    names = [product.names[talk.language].the for item in order.items if (product := talk.catalogue.get(item))]
    items = listed(names[:2], talk.language)
    if order.expected is None or order.status in (OrderStatus.READY, OrderStatus.RETURNING):
        draft.say(f"order.{order.status.value}", uses=_ORDERS, items=items)
    else:
        day = when(order.expected, talk.context.today, talk.language)
        draft.say(f"order.{order.status.value}_when", uses=_ORDERS, items=items, when=day)


def return_item(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """How it stands for the thing ordered, else the rule; then how to go about it. Nothing is suggested meanwhile."""
    talk.context.return_open = True
    days = int(talk.shop.settings.get("return_days", RETURN_DAYS))
    draft.opener("opener.understood")
    order, since = _ordered(talk, meaning), _days_since(talk, meaning)
    if (order is None or talk.public) and since is not None and since > days:
        draft.say("return.too_late_rule", days=days)
        draft.extra("return.too_late_guarantee")
    elif (order is None or talk.public) and since is not None:
        draft.say("return.in_time_rule", days=days)
    elif order is None or talk.public:
        draft.say("return.rule", days=days)
    else:
        _say_return(talk, meaning, order, days, draft)
    late = any(line.phrase.id.startswith("return.too_late") for line in draft.lines)
    human.ask(talk, draft, "return.too_late_how" if late else "return.how", "return")


def _days_since(talk: Dialogue, meaning: Meaning) -> int | None:
    """How many days ago the thing was bought, as the caller says; None where they don't. "In September", of what was
    bought, is the last one, though a day is otherwise looked for ahead."""
    day, today = as_date(meaning.slots.get("date")), talk.context.today
    if day is None:
        return None
    if day > today and says(meaning.text, "corrections", talk.language, "bought"):
        day -= timedelta(days=365)
    return (today - day).days if day <= today else None


def _ordered(talk: Dialogue, meaning: Meaning) -> Order | None:
    """The latest order with the product or category named; None where none is, or the caller isn't identified."""
    named, category = _named(talk, meaning), meaning.entity("category")
    if talk.file is None or not (named or category):
        return None
    for order in reversed(talk.file.service().orders):
        items = [product for item in order.items if (product := talk.catalogue.get(item))]
        if any((named and named.id == each.id) or (category and category.id == each.category) for each in items):
            return order
    return None


def _say_return(talk: Dialogue, meaning: Meaning, order: Order, days: int, draft: Draft) -> None:
    today, named = talk.context.today, _named(talk, meaning)
    product = named or talk.catalogue.products[order.items[0]]
    talk.context.product = product.id
    said = {"product": product.names[talk.language], "days": days}
    if order.status is OrderStatus.RETURNING:
        draft.say("return.already", uses=_ORDERS, **said)
    elif order.expected is None or (today - order.expected).days <= days:
        draft.say("return.in_time", uses=_ORDERS, **said)
    else:
        draft.say("return.too_late", uses=_ORDERS, **said)
        draft.extra("return.too_late_guarantee")


def reorder(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """The same again: the product named, else the one bought last of that kind; an agent takes the order."""
    product, uses = _named(talk, meaning) or _so_many_of_it(talk, meaning), frozenset()
    if product is None and meaning.entity("category") and talk.file is None and not talk.known:
        return recommend(talk, replace(meaning, intent="recommend", also=None), draft)  # a stranger buys it newly
    if product is None:
        if not identified(talk, meaning, draft) or ask_for_purchases(talk, meaning, draft):
            return None
        view = talk.purchases(draft)
        product, uses = _last_bought(talk, meaning, view), _PURCHASES
        if product is None and view is not None and (kind := _kind(talk, meaning)) and not talk.public:
            draft.say("reorder.none_of_kind", uses=uses, category=kind.names[talk.language])
            return recommend(talk, replace(meaning, intent="recommend", also=None), draft)
    if product is None:
        draft.ask(Question("slot", "product", "reorder.which", resume=replace(meaning, also=None)))
        return None
    talk.context.product = product.id
    said = {"product": product.names[talk.language], "price": money(product.price, talk.language)}
    quantity = meaning.slots.get("quantity")
    draft.opener("opener.ok")
    if product.stock <= 0:
        draft.say("reorder.out_of_stock", uses=uses, **said)
    elif isinstance(quantity, int) and quantity > 1 and not (uses or _named(talk, meaning)):
        total = money(product.price * quantity, talk.language)
        draft.say("reorder.so_many", quantity=cardinal(quantity, talk.language), total=total, **said)
    elif isinstance(quantity, int) and quantity > 1:
        draft.say("reorder.quantity", uses=uses, quantity=cardinal(quantity, talk.language), **said)
    else:
        draft.say("reorder.found", uses=uses, **said)
    if uses:
        talk.changed(draft, talk.consents.spend(Purpose.PURCHASES))
    if product.stock > 0:
        human.ask(talk, draft, "reorder.confirm", "order")
    return None


def _named(talk: Dialogue, meaning: Meaning) -> Product | None:
    entity = meaning.entity("product")
    return talk.catalogue.get(entity.id) if entity and entity.id else None


def _kind(talk: Dialogue, meaning: Meaning) -> Category | None:
    entity = meaning.entity("category")
    return talk.catalogue.categories.get(entity.id) if entity and entity.id else None


def _so_many_of_it(talk: Dialogue, meaning: Meaning) -> Product | None:
    """ "Et si j'en prends quatre", just after a product was spoken of, means that one."""
    about_goods = talk.context.last_intent in ("recommend", "price", "product_info", "availability")
    if not about_goods or "quantity" not in meaning.slots or meaning.entity("category"):
        return None
    return talk.product_spoken_of


def _last_bought(talk: Dialogue, meaning: Meaning, view: CustomerView | None) -> Product | None:
    category = meaning.entity("category")
    for purchase in reversed(view.purchases if view and not talk.public else ()):
        product = talk.catalogue.get(purchase.product)
        if product and purchase.returned is None and (category is None or category.id == product.category):
            return product
    return None


def complaint(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """Said sorry for, noted, and a human offered; nothing is suggested any more in this conversation."""
    talk.context.complaint = True
    product = _named(talk, meaning)
    draft.say("complaint.sorry")
    if product is not None:
        talk.context.product = product.id
        draft.extra("complaint.noted_product", product=product.names[talk.language])
    human.offer(talk, draft, "complaint")


HANDLERS = {"order_status": order_status, "return_item": return_item, "reorder": reorder, "complaint": complaint}
ANSWERS: dict = {}
