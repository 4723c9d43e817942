"""Advice: what to suggest, from the purchases where the caller allows it, with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from nlu.context import Offer
from nlu.dialogue import human
from nlu.dialogue.children import for_child, for_children, not_for_children, suiting
from nlu.dialogue.draft import Draft, Question
from nlu.dialogue.narrowing import cheap, comparative, dearer_than, fitting, narrowed, of_price, price_range, same_kind
from nlu.meaning import Entity, Meaning
from nlu.policy import only_enough
from nlu.wordlists import says
from personalization.catalogue import LifeCycle, Product
from personalization.consent import CLEAR
from personalization.customer import Purchase
from personalization.events import Suppressed
from personalization.explain import reason_line, suggested_event
from personalization.grammar import money, when
from personalization.purposes import DataKind, Purpose, Scope
from personalization.recommend import Offer as Offered
from personalization.recommend import Request, Suggestion
from personalization.view import CustomerView

if TYPE_CHECKING:
    from nlu.dialogue.core import Dialogue

__all__ = [
    "ANSWERS",
    "HANDLERS",
    "answer_optional",
    "ask_for_purchases",
    "interested_words",
    "propose",
    "recommend",
    "spend",
]

_FOR = {"fr": "pour", "en": "for"}
_SOMEONE = {"fr": "quelqu'un", "en": "someone"}
_PETS = frozenset({"chat", "chien", "cat", "dog"})
"""Of the household: what is bought for them is no present."""
_PURCHASES = frozenset({DataKind.PURCHASES})


def recommend(talk: Dialogue, meaning: Meaning, draft: Draft) -> None:
    """One thing, with a short reason; asks for the purchases first, once, where they would help."""
    request, by_name = _request(talk, meaning)
    if draft.behaviour.no_offer and not (by_name and only_enough(draft.behaviour)):
        return _no_offer(talk, draft)
    if _ask_for_whom(talk, meaning, request, draft):
        return None
    if not request.gift and ask_for_purchases(talk, meaning, draft):
        return None
    view = None if request.gift else talk.purchases(draft)
    if request.gift and talk.file:
        draft.extra("advice.for_other")
    besides = [talk.context.product] if comparative(meaning) and talk.context.product else []
    if besides and not (request.among or of_price(meaning)):
        draft.say("advice.not_compared")  # which is the bigger isn't written anywhere: no claim that it is
    return propose(talk, draft, view, request, by_name, besides=besides)


def _no_offer(talk: Dialogue, draft: Draft) -> None:
    if talk.context.complaint or talk.context.return_open:
        draft.record(Suppressed("*", "", "complaint"))
        draft.say("advice.complaint_first" if talk.context.complaint else "advice.return_first")
        human.ask(talk, draft, "human.offer", "complaint" if talk.context.complaint else "return")
    else:
        draft.say("advice.enough")


def _ask_for_whom(talk: Dialogue, meaning: Meaning, request: Request, draft: Draft) -> bool:
    """For a present, asks for whom and then how much, once each; before Christmas, whether it is one at all."""
    context, language = talk.context, talk.language
    present = says(meaning.text, "presents", language, "present")
    open_request = not (request.product or request.category or request.budget or request.recipient)
    if says(meaning.text, "presents", language, "self") or draft.behaviour.one_sentence:
        return False
    if not context.asked_for_whom and request.recipient is None:
        phrase = "advice.for_whom" if present else "advice.present" if draft.behaviour.ask_for_whom else None
        if phrase and (present or open_request):
            context.asked_for_whom = True
            _ask_slot(draft, "recipient", phrase, meaning)
            return True
    if context.asked_for_whom and request.gift and request.budget is None and not context.asked_for_budget:
        context.asked_for_budget = True
        _ask_slot(draft, "budget", "advice.which_budget", meaning)
        return True
    return False


def _ask_slot(draft: Draft, slot: str, phrase: str, meaning: Meaning) -> None:
    waiting = replace(meaning, also=None)
    draft.ask(Question("slot", slot, phrase, resume=waiting, detail={"optional": True}))


def answer_optional(talk: Dialogue, part: Meaning, question: Question, draft: Draft) -> None:
    """The request goes on with what was answered, or without it; "yes, a present" is asked for whom."""
    entities = part.entities
    if question.expects == "recipient" and "recipient" not in part.slots:
        if part.intent == "affirm" and not says(part.text, "presents", talk.language, "self"):
            talk.context.asked_for_budget = False
            _ask_slot(draft, "recipient", "advice.for_whom", question.resume)
            return
        gift = "budget" in part.slots and says(question.resume.text, "presents", talk.language, "present")
        entities += (Entity("recipient", _SOMEONE[talk.language] if gift else "self", part.text),)
    talk.run(replace(question.resume, entities=entities + question.resume.entities), draft)


def ask_for_purchases(talk: Dialogue, meaning: Meaning, draft: Draft) -> bool:
    """Asks, once in a conversation, whether past purchases may be used; True where the answer has to be waited for."""
    if talk.file is None or talk.purchases_asked or talk.consents.granted(Purpose.PURCHASES):
        return False
    talk.purchases_asked = True
    draft.opener("opener.sure")
    waiting = replace(meaning, also=None)
    draft.ask(Question("purchases", f"consent:{Purpose.PURCHASES}", "consent.purchases", resume=waiting))
    return True


def answer_purchases(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    """Yes, no, or just this once; an unclear yes is a no. Then the request itself is answered."""
    proof = talk.proof("consent.purchases", meaning)
    if talk.file is None:
        draft.say("courtesy.nothing_pending")
        return
    if not yes:
        talk.changed(draft, talk.consents.refuse(Purpose.PURCHASES, proof))
        draft.say("advice.without_history")
    else:
        scope = Scope(meaning.slots.get("scope", Scope.CONVERSATION))
        talk.changed(draft, talk.consents.grant(Purpose.PURCHASES, scope, proof))
        if proof.confidence < CLEAR:
            draft.say("consent.unclear")
        else:
            draft.say("advice.with_history_once" if scope is Scope.ONCE else "advice.with_history")
    if question.resume is not None:
        talk.run(question.resume, draft)


def _request(talk: Dialogue, meaning: Meaning) -> tuple[Request, bool]:
    """What is asked for, and whether the caller named it in their own words."""
    product, category = meaning.entity("product"), meaning.entity("category")
    budget = meaning.slots.get("budget")
    try:
        limit = None if budget is None else Decimal(str(budget))
    except InvalidOperation:
        limit = None
    recipient = str(meaning.slots.get("recipient", "")) or None
    if recipient and says(f"{_FOR[meaning.language]} {recipient}", "presents", meaning.language, "self"):
        recipient = "self"
    if recipient and recipient.split()[-1].rstrip("s") in _PETS:
        recipient = None
    kind = category.id if category else None if product else same_kind(talk, meaning)
    child = recipient and not (kind or product) and for_child(f"{recipient} {meaning.text}", meaning.language)
    wish = talk.context.wish
    if wish is not None and not product and kind and (wish.category == kind or not category):
        dearer = says(meaning.text, "narrowing", meaning.language, "dearer")
        limit = wish.budget if limit is None and not dearer else limit
        recipient = recipient or wish.recipient
    least, most = price_range(meaning, limit, recipient not in (None, "self"))
    if limit is None and (beside := dearer_than(talk, meaning, kind)):
        least = beside
    request = talk.context.wish = Request(
        category=kind,
        product=product.id if product else None,
        budget=most,
        least=least,
        among=suiting(talk.catalogue, talk.language) if child else _among(talk, meaning, kind, recipient),
        recipient=recipient,
    )
    return request, bool(product or category)


def _among(talk: Dialogue, meaning: Meaning, category: str | None, recipient: str | None) -> frozenset[str]:
    """Ids of the products of a category that the caller's words mean; none where they tell none apart."""
    kind = talk.catalogue.in_category(category) if category else ()
    meant = narrowed(talk, meaning.text, fitting(talk, kind))
    if for_child(f"{recipient or ''} {meaning.text}", meaning.language):
        meant = for_children(meant, talk.language)
    elif recipient in (None, "self"):
        meant = not_for_children(meant, talk.language)
    meant = cheap(talk, meaning.text, meant)
    return frozenset(each.id for each in meant) if len(meant) < len(kind) else frozenset()


def propose(
    talk: Dialogue,
    draft: Draft,
    view: CustomerView | None,
    request: Request,
    by_name: bool,
    accessory: bool = False,
    besides: Iterable[str] = (),
) -> None:
    """Offers what fits the request; says honestly where something is owned, or where nothing fits."""
    context = talk.context
    if draft.behaviour.choice_of_two:
        request = replace(request, limit=2)
    said = {offer.product for offer in context.offers if offer.heard}

    def offered(request: Request) -> Offered:
        return talk.recommender.offer(
            view,
            request,
            refused=frozenset(context.refused_products),
            rested=frozenset(context.refused_categories),
            already=frozenset(said | set(besides)),
            sensitive_asked=by_name,
        )

    offer = offered(request)
    if not offer.suggestions and (request.among or request.least):
        # What suits a child, which is told of no category, isn't widened: another kind would do less well than none.
        among = frozenset() if request.category else request.among
        offer = offered(replace(request, among=among, least=None))
    draft.record(*offer.suppressed)
    if any(each.rule == "complaint" for each in offer.suppressed):
        context.complaint = True
        return _no_offer(talk, draft)
    owned = None if accessory else _owned(talk, view, request, offer.suppressed)
    if owned is not None:
        return _say_owned(talk, draft, owned)
    if not offer.suggestions:
        of_kind = [each for each in offer.suppressed if _category(talk, each.product) == request.category]
        if request.category and of_kind and all(each.rule in ("age", "out_of_stock") for each in of_kind):
            return _nothing_by_age(talk, draft, request.category)
        return _nothing(talk, draft, request)
    context.category = request.category or context.category
    context.choice = [each.product.id for each in offer.suggestions]
    if len(offer.suggestions) > 1:
        _choice(talk, draft, offer.suggestions)
        context.product = context.choice[0]  # so that "the other one" is the second
        return None
    return _one(talk, draft, offer.suggestions[0], accessory)


def _one(talk: Dialogue, draft: Draft, suggestion: Suggestion, accessory: bool) -> None:
    brief = draft.behaviour.one_sentence
    phrase = "advice.offer_brief" if brief else "advice.offer_accessory" if accessory else "advice.offer"
    draft.opener("opener.so")
    _speak(talk, draft, suggestion, phrase)
    reason = reason_line(suggestion, talk.phrases, talk.catalogue, talk.context.today)
    if not brief and not (talk.public and DataKind.PURCHASES in reason.uses):
        draft.add(reason)
    draft.record(suggested_event(suggestion, reason.phrase.text, talk.language, talk.catalogue))
    draft.offer(Question("offer", "confirm", "advice.take_it", detail={"products": [suggestion.product.id]}))
    spend(talk, draft)


def _choice(talk: Dialogue, draft: Draft, suggestions: tuple[Suggestion, ...]) -> None:
    """A choice of two, for somebody who hesitates."""
    draft.opener("opener.patient")
    for suggestion, phrase in zip(suggestions, ("advice.choice_first", "advice.choice_second"), strict=False):
        _speak(talk, draft, suggestion, phrase)
        reason = reason_line(suggestion, talk.phrases, talk.catalogue, talk.context.today)
        draft.record(suggested_event(suggestion, reason.phrase.text, talk.language, talk.catalogue))
    products = [suggestion.product.id for suggestion in suggestions]
    draft.offer(Question("offer", "confirm", "advice.which_of_two", detail={"products": products}))
    spend(talk, draft)


def _speak(talk: Dialogue, draft: Draft, suggestion: Suggestion, phrase: str) -> None:
    product = suggestion.product
    uses = _PURCHASES if suggestion.considered or suggestion.evidence else frozenset()
    named = product.names[talk.language]
    draft.say(phrase, uses=uses, suggestion=product.id, product=named, price=money(product.price, talk.language))
    talk.context.offers.append(Offer(product.id, suggestion))
    talk.context.product = product.id


def spend(talk: Dialogue, draft: Draft) -> None:
    """A consent for once is over with the answer that used it."""
    if talk.consents.granted(Purpose.PURCHASES):
        talk.changed(draft, talk.consents.spend(Purpose.PURCHASES))


def _owned(
    talk: Dialogue, view: CustomerView | None, request: Request, suppressed: tuple[Suppressed, ...]
) -> Purchase | None:
    """The durable thing at home that answers the request, where that is why nothing of its kind is offered."""
    if view is None or not any(each.rule == "owned" for each in suppressed):
        return None
    asked = talk.catalogue.get(request.product) if request.product else None
    category = request.category or (asked.category if asked else None)
    kept = [each for each in view.purchases if each.returned is None]
    same = [each for each in kept if (product := talk.catalogue.get(each.product)) and product.category == category]
    if not same or talk.catalogue.categories[category].life_cycle is LifeCycle.ONE_OFF:
        return None
    return same[-1]


def _say_owned(talk: Dialogue, draft: Draft, owned: Purchase) -> None:
    product = talk.catalogue.products[owned.product]
    named = product.names[talk.language]
    if talk.public:
        draft.say("advice.owned_private", uses=_PURCHASES)
    else:
        bought = when(owned.date, talk.context.today, talk.language)
        draft.say("context.owned", uses=_PURCHASES, product=named, when=bought)
    talk.context.product = product.id
    draft.ask(Question("accessory", "confirm", detail={"product": product.id}))


def answer_accessory(talk: Dialogue, yes: bool, meaning: Meaning, question: Question, draft: Draft) -> None:
    if not yes:
        draft.say("courtesy.ok_listening")
        spend(talk, draft)
    elif draft.behaviour.no_offer:
        _no_offer(talk, draft)
    else:
        product = question.detail["product"]
        view = talk.purchases(draft)
        propose(talk, draft, view, Request(product=product), False, accessory=True, besides=[product])


def _nothing(talk: Dialogue, draft: Draft, request: Request) -> None:
    spend(talk, draft)
    if request.budget is not None:
        draft.say("advice.none_budget", budget=money(request.budget, talk.language))
        talk.context.wish = replace(request, budget=None, least=None)
        draft.question = Question("another", "confirm", resume=_without_budget(talk, request))
        return
    elif request.category:
        draft.say("advice.none_in", category=talk.catalogue.categories[request.category].names[talk.language])
    else:
        draft.say("advice.none")
    draft.extra("courtesy.anything_else")


def _category(talk: Dialogue, product: str) -> str | None:
    found = talk.catalogue.get(product)
    return found.category if found else None


def _nothing_by_age(talk: Dialogue, draft: Draft, category: str) -> None:
    """Nothing of a kind for adults, to a caller whose age isn't known."""
    spend(talk, draft)
    draft.say("advice.none_age", category=talk.catalogue.categories[category].names[talk.language])
    human.ask(talk, draft, "human.offer", "question", needed=False)


def _without_budget(talk: Dialogue, request: Request) -> Meaning:
    asked = {"product": request.product, "category": request.category, "recipient": request.recipient}
    entities = tuple(Entity(slot, value, value, id=value) for slot, value in asked.items() if value)
    return Meaning("recommend", 1.0, "", talk.language, entities)


def interested_words(talk: Dialogue) -> list[str]:
    """Names and brands in play, then bought (under a consent for more than once), then the best sold."""
    catalogue, context = talk.catalogue, talk.context
    products: list[Product] = [catalogue.products[offer.product] for offer in reversed(context.offers)]
    if context.product:
        products.insert(0, catalogue.products[context.product])
    if context.category:
        products += catalogue.in_category(context.category)[:10]
    if talk.file and talk.consents.scope(Purpose.PURCHASES) in (Scope.CONVERSATION, Scope.LASTING):
        bought = reversed(talk.file.view(Purpose.PURCHASES).purchases)
        products += [product for each in bought if (product := catalogue.get(each.product))][:20]
    products += sorted(catalogue, key=lambda each: (-each.sold, each.id))[:15]
    words = [word for each in products for word in (str(each.names[talk.language]), each.brand) if word]
    return list(dict.fromkeys(words))[:40]


HANDLERS = {"recommend": recommend}
ANSWERS = {"purchases": answer_purchases, "accessory": answer_accessory}
