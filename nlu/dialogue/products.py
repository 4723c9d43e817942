"""Products, prices, stock and stores: facts from the catalogue, the same for every caller."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nlu.dialogue import human
from nlu.dialogue.alternatives import asks_for_cheaper, cheaper_than
from nlu.dialogue.compare import compare, two_meant
from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.hours import holiday_name, open_on
from nlu.dialogue.narrowing import fitting, in_play, narrowed, one_of
from nlu.dialogue.offered import nth, offered_in_order
from nlu.dialogue.spoken import as_date, clock, sentence
from nlu.meaning import Meaning
from nlu.phrasing.facts import free_talk
from nlu.wordlists import says
from personalization.catalogue import Product
from personalization.grammar import cardinal, listed, money, when
from personalization.shop import Store

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["ANSWERS", "HANDLERS", "product_meant"]

_FEW = 3
"""So few left are said in number."""
_TOLD = 3
"""So many of a kind are told, at most."""
_ASPECTS = ("noise", "weight", "colour", "power", "dishwasher", "origin", "bluetooth", "gluten",
            "allergens")  # fmt: skip
_SOON = timedelta(minutes=30)
_ADDRESS = re.compile(r"\b(adresse|où|address|where|situé\w*|located)\b", re.IGNORECASE)
_TELEPHONE = re.compile(r"\b(téléphone|numéro|telephone|phone|number)\b", re.IGNORECASE)


def product_meant(talk: Dialogue, meaning: Meaning) -> Product | None:
    """The product named, else the one that words of its name mean ("the compact one"), else the one last spoken of;
    where a category was named, one of that alone."""
    entity, category = meaning.entity("product"), meaning.entity("category")
    named = talk.catalogue.get(entity.id) if entity and entity.id else None
    kind = talk.catalogue.in_category(str(category.id)) if category else ()
    spoken_of = talk.product_spoken_of
    other = spoken_of and kind and spoken_of not in kind and meaning.intent == "product_info" and not named
    if other and says(meaning.text, "narrowing", talk.language, "of_it"):
        return spoken_of  # "does it take pods or ground coffee?"
    if named and (not kind or named in kind):
        return named
    if kind:  # "my coffee maker", then "a Brunelle Matin": not the jug of that name
        meant = narrowed(talk, meaning.text, fitting(talk, kind))
        return meant[0] if len(meant) == 1 and len(kind) > 1 else named
    place = meaning.slots.get("suggestion", "")
    other = talk.context.other(talk.context.choice) if place == "other" else None
    if picked := other or nth(offered_in_order(talk, talk.context.choice), place):
        return talk.catalogue.products[picked]
    if meant := one_of(talk, meaning.text, in_play(talk)):
        return meant
    return talk.product_spoken_of


def _which(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    draft.ask(Question("slot", "product", "product.which", resume=meaning))


def _speak_of(talk: Dialogue, product: Product) -> dict[str, object]:
    talk.context.product = product.id
    return {"product": product.names[talk.language]}


def product_info(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """What it is, then the guarantee; two of them are compared."""
    if two := two_meant(talk, meaning):
        return compare(talk, two, meaning, draft)
    product = product_meant(talk, meaning)
    category = meaning.entity("category")
    if product is None and says(meaning.text, "aspects", talk.language, "guarantee"):
        return _which(talk, meaning, draft)
    if product is None and category and category.id in talk.catalogue.categories:
        return _range(talk, category.id, meaning.text, draft)
    if product is None:
        return _which(talk, meaning, draft)
    if says(meaning.text, "aspects", talk.language, "guarantee"):
        return _guarantee(talk, product, draft)
    if _not_written(product, meaning):
        draft.say("product.not_written", **_speak_of(talk, product))
        return human.ask(talk, draft, "product.not_written_human", "question", needed=False)
    draft.opener("opener.so")
    draft.free = free_talk(talk.catalogue, [product], meaning.text, talk.language)
    said = _speak_of(talk, product)
    about = sentence(product.about.get(talk.language, ""))
    if about:
        draft.say("product.info", description=about, **said)
    else:
        section = talk.catalogue.category(product).names[talk.language]
        draft.say("product.info_short", category=section, price=money(product.price, talk.language), **said)
    if product.guarantee_years:
        draft.extra("product.guarantee", years=cardinal(product.guarantee_years, talk.language), **said)
    return None


def _not_written(product: Product, meaning: Meaning) -> bool:
    """Whether one thing is asked of it (its noise, its weight) that its description doesn't speak of."""
    told = f"{product.names[meaning.language]} {product.about.get(meaning.language, '')}"
    asked = [each for each in _ASPECTS if says(meaning.text, "aspects", meaning.language, each)]
    return bool(asked) and not any(says(told, "aspects", meaning.language, each) for each in asked)


def _guarantee(talk: Dialogue, product: Product, draft: Draft) -> None:
    said = _speak_of(talk, product)
    if product.guarantee_years:
        draft.say("product.guaranteed", years=cardinal(product.guarantee_years, talk.language), **said)
    else:
        draft.say("product.no_guarantee", **said)


def price(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """What it costs; asked for something cheaper, that."""
    if two := two_meant(talk, meaning):
        compare(talk, two, meaning, draft)
        return
    product = product_meant(talk, meaning)
    category = meaning.entity("category")
    if product is not None and not category and says(meaning.text, "comparing", talk.language, "cheapest"):
        _range(talk, product.category, meaning.text, draft)
    elif product is not None and not category and asks_for_cheaper(talk, meaning):
        cheaper_than(talk, product, draft)
    elif product is not None:
        draft.say("product.price", price=money(product.price, talk.language), **_speak_of(talk, product))
    elif category and category.id in talk.catalogue.categories:
        _range(talk, category.id, meaning.text, draft)
    else:
        _which(talk, meaning, draft)


def _range(talk: Dialogue, category: str, text: str, draft: Draft) -> None:
    kind = fitting(talk, talk.catalogue.in_category(category))
    prices = sorted(product.price for product in kind)
    talk.context.category = category
    named = talk.catalogue.categories[category].names[talk.language]
    if not prices:
        draft.say("advice.none_in", category=named)
        return
    cheapest = min(narrowed(talk, text, kind), key=lambda each: (each.stock <= 0, each.price))
    if says(text, "comparing", talk.language, "cheapest"):
        draft.say("product.price", price=money(cheapest.price, talk.language), **_speak_of(talk, cheapest))
        return
    if prices[0] == prices[-1]:
        draft.say("product.price", product=named, price=money(prices[0], talk.language))
        return
    low, high = (money(each, talk.language) for each in (prices[0], prices[-1]))
    draft.say("product.price_range", category=named, low=low, high=high)


def availability(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """Whether there is any left; a thing of the same kind where there is none."""
    product = product_meant(talk, meaning)
    category = meaning.entity("category")
    if product is None and category and category.id in talk.catalogue.categories:
        kind = narrowed(talk, meaning.text, fitting(talk, talk.catalogue.in_category(category.id)))
        here = [each for each in kind if each.stock > 0]
        if len(here) > 1 and says(meaning.text, "narrowing", talk.language, "which"):
            return _some(talk, here[:_TOLD], draft)
        product = next(iter(here), None)
    if product is None:
        return _which(talk, meaning, draft)
    said = _speak_of(talk, product)
    if product.stock > _FEW:
        draft.say("product.in_stock", **said)
    elif product.stock > 1:
        draft.say("product.few_left", count=cardinal(product.stock, talk.language), **said)
    elif product.stock == 1:
        draft.say("product.last_one", **said)
    else:
        draft.say("product.out_of_stock", **said)
        _instead(talk, product, draft)
    if product.stock > 0 and meaning.entity("store") and (store := _store(talk, meaning)):
        # The catalogue counts what all stores have together: nothing is claimed of one of them.
        draft.say("product.in_all_stores", store=store.name, phone=store.phone)
    return None


def _some(talk: Dialogue, products: list[Product], draft: Draft) -> None:
    """ "What kettles do you have?": some of them, with their prices; one can be picked by its place."""
    language = talk.language
    told = [talk.phrases.say("product.at", product=each.names[language], price=money(each.price, language)).text
            for each in products]  # fmt: skip
    talk.context.choice = [each.id for each in products]
    talk.context.product = products[0].id
    draft.say("product.some", products=listed(told, language))
    if not draft.behaviour.no_offer:
        draft.offer(Question("pick", "confirm", "product.which_one", detail={"products": talk.context.choice}))


def _instead(talk: Dialogue, product: Product, draft: Draft) -> None:
    if talk.catalogue.sensitive(product) or draft.behaviour.no_offer:
        return draft.extra("product.no_restock_date")
    context = talk.context
    for other in talk.catalogue.in_category(product.category):
        refused = other.id in context.refused_products or other.category in context.refused_categories
        if other.stock > 0 and not other.minimum_age and not refused:
            named = other.names[talk.language]
            return draft.extra("product.out_of_stock_instead", other=named, price=money(other.price, talk.language))
    return draft.extra("product.no_restock_date")


def store_info(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """Hours of the day asked for, or of today; the address and the phone where they are asked for."""
    store = _store(talk, meaning)
    if store is None:
        names = listed([each.name for each in talk.shop.stores], talk.language, "ou" if talk.language == "fr" else "or")
        draft.ask(Question("slot", "store", "store.which", resume=meaning), stores=names)
        return
    named = {"store": store.name}
    if _TELEPHONE.search(meaning.text):
        draft.say("store.phone", phone=store.phone, **named)
    elif _ADDRESS.search(meaning.text):
        draft.say("store.address", address=store.address, **named)
    else:
        _hours(talk, store, meaning, draft)
        draft.extra("store.address", address=store.address, **named)


def _store(talk: Dialogue, meaning: Meaning) -> Store | None:
    entity = meaning.entity("store")
    if entity:
        by_id = next((store for store in talk.shop.stores if store.id == entity.id), None)
        found = by_id or talk.shop.store(str(entity.value))
        talk.context.store = found.id if found else None
        return found
    spoken_of = next((store for store in talk.shop.stores if store.id == talk.context.store), None)
    return spoken_of or (talk.shop.stores[0] if len(talk.shop.stores) == 1 else None)


def _hours(talk: Dialogue, store: Store, meaning: Meaning, draft: Draft) -> None:
    language, now = talk.language, talk.context.now
    day = as_date(meaning.slots.get("date")) or now.date()
    told = when(day, now.date(), language)
    if name := holiday_name(talk, day):
        draft.say("store.closed_holiday", store=store.name, day=told, holiday=name)
        return _next_opening(talk, store, day, draft)
    hours = open_on(talk, store, day)
    if hours is None:
        draft.say("store.closed_day", store=store.name, day=told)
        return _next_opening(talk, store, day, draft)
    draft.opener("opener.so")
    opens, closes = (clock(each, language) for each in hours)
    if day == now.date() and now.time() >= hours[1]:
        draft.say("store.closed_now", store=store.name, closes=closes)
        return _next_opening(talk, store, day, draft)
    draft.say("store.hours", store=store.name, day=told, opens=opens, closes=closes)
    left = datetime.combine(day, hours[1]) - now
    if timedelta(0) < left <= _SOON:
        draft.say("store.closes_soon", minutes=int(left.total_seconds() // 60))
    return None


def _next_opening(talk: Dialogue, store: Store, day, draft: Draft) -> None:
    for ahead in range(1, 8):
        later = day + timedelta(days=ahead)
        if hours := open_on(talk, store, later):
            told = when(later, talk.context.today, talk.language)
            return draft.extra("store.opens_next", day=told, opens=clock(hours[0], talk.language))
    return None


HANDLERS = {"product_info": product_info, "price": price, "availability": availability, "store_info": store_info}
ANSWERS: dict = {}
