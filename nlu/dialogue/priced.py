"""A price or a person said after a request goes on from it: "under thirty", "celle à 39 euros", "pour ma sœur".

Alone such words name no kind of product; taken as a new request they would bring coffee to who wants a kettle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlu.dialogue.narrowing import in_play
from nlu.meaning import Entity, Meaning
from nlu.wordlists import bare, says, word_list
from personalization.catalogue import Product

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = ["at_a_price"]

_GOODS = ("recommend", "product_info", "price", "availability")
_SHORT = 6
"""Words of a turn that says for whom, and no more."""
_READ_AS = (*_GOODS, "out_of_scope", "affirm", "deny", "less_like_this")


def at_a_price(talk: Dialogue, meaning: Meaning, last: Meaning | None) -> Meaning | None:
    """The last request at the price or for the person said now, or what is asked of the one product of that price; None
    where the turn names its own goods, or neither."""
    language = meaning.language
    if last is None or last.intent not in (*_GOODS, "reorder") or meaning.intent not in _READ_AS:
        return None
    own = {"product", "category", "order"} & set(meaning.slots)
    if own or says(meaning.text, "priced", language, "open"):
        return None
    said, whom = _said(meaning, last), meaning.entity("recipient")
    if whom is not None and len(bare(meaning.text).split()) > _SHORT:
        return None
    if said is None and whom is None:
        return None
    also = meaning.also if meaning.also is not None and meaning.also.intent not in _READ_AS else None
    if said is not None and says(meaning.text, "priced", language, "one") and (product := _of_price(talk, said, last)):
        asked = (meaning.intent, meaning.also.intent if meaning.also else "")
        intent = next((each for each in asked if each in _GOODS[1:]), "product_info")
        named = Entity("product", str(product.names[language]), meaning.text, id=product.id)
        return Meaning(intent, 0.9, meaning.text, language, (named,), also=also)
    kept = _kept(talk, last)
    if not kept or (said is None and not any(each.slot == "category" for each in kept)):
        return None
    told = tuple(each for each in (said, whom) if each is not None)
    kept = tuple(each for each in kept if each.slot not in {other.slot for other in told})
    return Meaning("recommend", 0.9, meaning.text, language, told + kept, also=also)


def _said(meaning: Meaning, last: Meaning) -> Entity | None:
    """The price; a number alone is one where one was said before, or where a thing is named by it ("the one at 29")."""
    if budget := meaning.entity("budget"):
        return budget
    number = meaning.entity("quantity")
    if number is None:
        return None
    idle = {*word_list("corrections", meaning.language, "idle"), *word_list("priced", meaning.language, "idle")}
    starts = {word for start in word_list("corrections", meaning.language, "starts") for word in start.split()}
    rest = set(bare(meaning.text).split()) - set(bare(number.said).split()) - idle - starts
    named = says(meaning.text, "priced", meaning.language, "one")
    if rest or not (named or last.entity("budget")):
        return None
    return Entity("budget", number.value, number.said)


def _of_price(talk: Dialogue, said: Entity, last: Meaning) -> Product | None:
    """The one product in play of so many euros, whatever its cents."""
    category = last.entity("category")
    kind = [each.id for each in talk.catalogue.in_category(category.id)] if category and category.id else []
    products = [talk.catalogue.get(id) for id in dict.fromkeys([*in_play(talk), *kind])]
    found = [each for each in products if each and said.value in (int(each.price), float(each.price))]
    return found[0] if len(found) == 1 else None


def _kept(talk: Dialogue, last: Meaning) -> tuple[Entity, ...]:
    """What the last request was about: the kind of its product, and for whom."""
    product = last.entity("product")
    of_kind = talk.catalogue.get(product.id) if product and product.id else None
    kind = (Entity("category", of_kind.category, "", id=of_kind.category),) if of_kind else ()
    return kind + tuple(each for each in last.entities if each.slot in ("category", "recipient"))
