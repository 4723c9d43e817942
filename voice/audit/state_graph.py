"""Is a human one step away from every state the dialogue can reach? Explored state by state (law 5).

A state is what the dialogue waits for and what decides how it answers; it is reached by breadth-first search over the
intents, silences, keys and what isn't understood, each tried on a copy of the dialogue (explicit-state model checking;
Clarke, Grumberg and Peled, 1999). No clock and no chance in it: the same shop gives the same graph.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import islice

from nlu.dialogue import Dialogue
from nlu.meaning import INTENTS, Entity, Meaning
from nlu.reply import Reply
from personalization.audit.figures import Share
from personalization.customer import Customer, Order, OrderStatus, Purchase
from personalization.shop import Shop

__all__ = ["Graph", "State", "check_human", "explore", "hear_all", "human_everywhere", "starts"]

State = tuple[object, ...]
Step = Callable[[Dialogue], Reply | None]

_SOMEBODY = Customer("somebody", "Somebody")

_SAID = {"scope": "once", "purpose": "purchases", "suggestion": "2", "date": "2026-11-27", "language": "en"}
"""Slots that answer a question or change what is decided; each is tried with the intents that take it."""
_WITH = {
    "consent_give": ("scope", "purpose"), "consent_withdraw": ("purpose",), "affirm": ("scope", "suggestion"),
    "callback": ("date",), "out_of_scope": ("date", "suggestion"), "change_language": ("language",),
    "recommend": ("product", "category"), "product_info": ("product", "category"), "price": ("product",),
    "availability": ("product",), "return_item": ("product",), "less_like_this": ("category",),
}  # fmt: skip


@dataclass(frozen=True)
class Graph:
    """What was explored."""

    states: int
    steps: int
    complete: bool
    """False where the bound was met before every state had been left by every step."""
    unreachable: tuple[str, ...]
    """States from which a human isn't one step away, with the way there."""
    questions: tuple[str, ...]
    """Every question that stood in some state."""

    def share(self, **threshold: float) -> Share:
        return Share("human_in_every_state", self.states - len(self.unreachable), self.states, **threshold,
                     broken=self.unreachable)  # fmt: skip


def starts(shop: Shop, customer: str | None = None) -> Iterator[tuple[str, Dialogue]]:
    """A stranger and a known customer, proved or not; by telephone and at a kiosk; while advisers are there and not."""
    for place in ("phone", "kiosk"):
        for name, proved in ((None, False), *(((customer, False), (customer, True)) if customer else ())):
            for hour in (10, 23):
                file = shop.open_file(name) if name else None
                now = datetime.combine(shop.today, time(hour))
                who = "a stranger" if name is None else "a customer, proved" if proved else "a customer"
                talk = Dialogue(copy(shop), file, "fr", place, now, authenticated=proved, caller_number="+33140000000")
                yield f"{who}, {place}, {hour} h", talk


def state_of(talk: Dialogue) -> State:
    question, context = talk.question, talk.context
    asked = question and (question.name, question.expects, question.phrase, bool(question.resume))
    waits = talk.waiting.intent if talk.waiting else None
    return (asked, waits, talk.authenticated, talk.known, talk.public, context.keypad_offered, context.complaint)


def explore(
    begun: Iterable[tuple[str, Dialogue]],
    check: Callable[[Dialogue], bool] | None = None,
    most: int = 400,
) -> Graph:
    """Breadth first from each beginning.

    Args:
        check: whether a human is one step away (`check_human` by default).
        most: states explored from each beginning, at most.
    """
    check = check or check_human
    states = steps = 0
    complete, unreachable, questions = True, [], set()
    for name, talk in begun:
        hear_all(talk, talk.open())
        seen, waiting = {state_of(talk)}, deque([(talk, (name,))])
        while waiting:
            talk, way = waiting.popleft()
            states += 1
            questions.add(talk.question.name if talk.question else "none")
            if not check(talk):
                unreachable.append(" > ".join(way))
            for label, step in _steps(talk):
                after = _fork(talk)
                reply = step(after)
                steps += 1
                if reply is None or {"hang_up"} & {action.name for action in reply.actions}:
                    continue
                hear_all(after, reply)
                key = state_of(after)
                if key in seen:
                    continue
                if len(seen) >= most:
                    complete = False
                    continue
                seen.add(key)
                waiting.append((after, (*way, label)))
    return Graph(states, steps, complete, tuple(unreachable), tuple(sorted(questions)))


def check_human(talk: Dialogue) -> bool:
    """The word and the 0 key each lead to a human now: the hand-off, the one question before it, or, where nobody is
    there, the offer to call back."""
    word = Meaning("human", 0.9, "conseiller", talk.language)
    return all(_on_the_way(step, talk) for step in (lambda each: each.reply(word), lambda each: each.key("0")))


def _on_the_way(step: Step, talk: Dialogue) -> bool:
    after = _fork(talk)
    reply = step(after)
    if reply is None or not reply.lines:
        return False
    if any(action.name == "hand_off" for action in reply.actions):
        return True
    if after.expecting == "consent:handoff_summary":  # whatever is answered, silence too, the human comes
        return any(action.name == "hand_off" for action in after.silence(1).actions)
    return any(line.phrase.id == "handoff.closed" for line in reply.lines) and after.expecting == "date"


def _steps(talk: Dialogue) -> Iterator[tuple[str, Step]]:
    product = next(iter(talk.catalogue), None)  # a shop without products answers too
    values = _SAID | ({"product": product.id, "category": product.category} if product else {})
    for intent in INTENTS:
        known = [slot for slot in _WITH.get(intent, ()) if slot in values]
        slots = [Entity(slot, values[slot], values[slot], id=values[slot]) for slot in known]
        for entities in ((), *((slot,) for slot in slots)):
            said = Meaning(intent, 0.95, "", talk.language, entities)
            label = intent + "".join(f" ({each.value})" for each in entities)
            yield label, lambda each, said=said: each.reply(said)
    unsure = Meaning("price", 0.4, "", talk.language, runner_up=("availability", 0.35))
    yield "unsure of two", lambda each: each.reply(unsure)
    for level in (1, 2, 3):
        yield f"silence {level}", lambda each, level=level: each.silence(level)
        yield f"key {level}", lambda each, level=level: each.key(str(level))
    yield "not understood", lambda each: each.not_understood("noise")
    if talk.known and not talk.authenticated and talk._file is not None:
        yield "proves who they are", lambda each: each.authenticate("code")


def _fork(talk: Dialogue) -> Dialogue:
    """A copy over the same catalogue; what is erased in it is erased there alone."""
    shop = copy(talk.shop)
    return deepcopy(
        talk, {id(talk.shop): shop, id(talk.catalogue): talk.catalogue, id(talk.recommender): talk.recommender}
    )


def hear_all(talk: Dialogue, reply: Reply) -> None:
    """The caller hears the reply to its end."""
    for line in reply.lines:
        talk.heard(line, True)


def human_everywhere(shop: Shop, most: int = 400) -> Graph:
    """The graph of this shop's dialogue. Its known customer is invented: no file of anybody is opened."""
    return explore(starts(_with_somebody(shop), _SOMEBODY.id), most=most)


def _with_somebody(shop: Shop) -> Shop:
    """The shop with one customer who bought one thing and awaits it; nobody's file is opened, no database asked."""
    somebody = _SOMEBODY
    for product in islice(shop.catalogue, 1):
        bought = Purchase(product.id, shop.today - timedelta(days=400), 1, product.price)
        order = Order("1", OrderStatus.SHIPPED, shop.today + timedelta(days=2), (product.id,))
        somebody = replace(_SOMEBODY, purchases=(bought,), orders=(order,))
    return Shop(shop.brand, shop.catalogue, shop.stores, (somebody,), shop.today, (), shop.settings)
