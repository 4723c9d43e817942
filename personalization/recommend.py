"""What to suggest, with verified evidence: without the purchases it cites, a suggestion leaves the offer (law 3).

The reasons of a recommender are often not faithful (TRAPS: the cited purchase taken away, 26 to 38 % of items stay). So
each reason is tried: the offer is made again without the purchases it would cite, and where the product is still in
it, the reason isn't used and the product is honestly called popular.

Where a shop has a model of baskets (`personalization.baskets`), it ranks; the life-cycle rules keep out all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING

from personalization.catalogue import Catalogue, LifeCycle, Product
from personalization.customer import Purchase
from personalization.events import Suppressed
from personalization.lifecycle import Holdings, Situation, kept_out
from personalization.scoring import LASTING, Contribution, contributions, popularity
from personalization.view import CustomerView

if TYPE_CHECKING:
    from personalization.baskets.ranking import BasketRanking, Likely

__all__ = ["Offer", "Recommender", "Request", "Suggestion"]

_REPORTED = 12
"""At most so many suppressed products are reported with an offer."""

_SPOKEN = 2
"""At most so many other products are cited beside the product itself: a reason has to fit in a breath."""


_LARGE = 2000
"""Products above which an open request without history looks at the best sellers first."""

_BEST = 300
"""So many of them."""

_WINDOW = 3
"""Offers in a row that may not all be of one category."""

_NEW = 6
"""Best sellers of kinds they never bought that are thought of beside what a model finds likely."""

_PLUS = 0.2
"""Where a model ranks, what is left of a rule's weight: it stands beside probabilities."""


@dataclass(frozen=True)
class Request:
    """What the caller asked for."""

    category: str | None = None
    """Category id."""
    product: str | None = None
    """Product id: this one, then what goes with it."""
    budget: Decimal | None = None
    """Euros, at most."""
    least: Decimal | None = None
    """Euros, at least: a present for fifty euros isn't one for three."""
    among: frozenset[str] = frozenset()
    """Product ids that the caller's words mean; empty: any."""
    recipient: str | None = None
    """Whom it is for; None for the caller. A gift doesn't use the caller's own history."""
    limit: int = 1

    @property
    def gift(self) -> bool:
        return self.recipient not in (None, "", "self", "me", "moi")


@dataclass(frozen=True)
class Suggestion:
    """A product offered, and why."""

    product: Product
    rule: str
    """"replenish", "wears_out", "complement", "together", "same_taste", "popular" or "asked"."""
    evidence: tuple[Purchase, ...]
    """The purchases the reason cites, oldest first; empty for "popular" and "asked"."""
    verified: bool
    """Scored again without the evidence, the product left the offer. False where nothing is cited."""
    score: float
    about: str | None = None
    """The product or category id the caller named, if they did."""
    considered: int = 0
    """How many purchases were looked at; 0 where none were allowed, or it is a gift."""
    also: tuple[str, ...] = ()
    """Ids of the products weighed that came next."""
    cycle_days: float | None = None
    """For "replenish": the customer's own buying cycle, days; None where it isn't known from them."""
    outside: bool = False
    """Of a kind they never bought, and no purchase speaks for it."""


@dataclass(frozen=True)
class Offer:
    suggestions: tuple[Suggestion, ...]
    suppressed: tuple[Suppressed, ...]
    """What would have been offered, but for a rule of `personalization.lifecycle`; best first."""


@dataclass(frozen=True)
class _Scored:
    product: Product
    score: float
    because: tuple[Contribution, ...]
    rules: Callable[[], Suppressed | None]
    """Are asked only where the walk down the ranking comes by."""
    likely: Likely | None = None
    """What a model says; its reasons are looked for only where the product is offered."""

    @cached_property
    def out(self) -> Suppressed | None:
        """Why it isn't offered; None where it may be."""
        return self.rules()


@dataclass(frozen=True)
class _Asked:
    """One call's arguments, so that the same question can be asked again without some purchases."""

    request: Request
    situation: Situation
    already: frozenset[str]


class Recommender:
    """Scores the catalogue for one request. Holds no customer data between calls.

    Args:
        language: of the names in `Suppressed` events.
        ranking: what ranks for a customer whose purchases may be used, instead of the rules alone.
    """

    def __init__(
        self, catalogue: Catalogue, today: date, language: str = "fr", ranking: BasketRanking | None = None
    ) -> None:
        self.catalogue = catalogue
        self.today = today
        self.language = language
        self.ranking = ranking
        self._most = catalogue.by_sales[0].sold if len(catalogue) else 0

    def offer(
        self,
        view: CustomerView | None,
        request: Request | None = None,
        refused: frozenset[str] = frozenset(),
        rested: frozenset[str] = frozenset(),
        already: frozenset[str] = frozenset(),
        sensitive_asked: bool = False,
    ) -> Offer:
        """At most `request.limit` suggestions, best first.

        Args:
            view: the purchases, where the customer allows them (`CustomerFile.advice()`); None otherwise.
            refused: product ids turned down. rested: category ids the caller wants no more of.
            already: product ids suggested earlier in this conversation, passed over without a word.
            sensitive_asked: the request names a sensitive product or category in the caller's own words.
        """
        request = request or Request()
        if view is not None and view.open_case:
            return Offer((), (Suppressed("*", "", "complaint"),))
        situation = Situation(request.category, request.product, sensitive_asked, frozenset(refused), frozenset(rested))
        asked = _Asked(request, situation, frozenset(already))
        ranked = self._ranked(view, asked)
        chosen, suppressed = self._walk(ranked, asked, view)
        runners = [
            each.product.id
            for each in ranked
            if each.out is None and each not in chosen and each.product.id not in asked.already
        ][:3]
        suggestions = tuple(self._explained(each, view, asked, tuple(runners)) for each in chosen)
        return Offer(suggestions, tuple(suppressed[:_REPORTED]))

    def products(
        self, view: CustomerView | None, request: Request, rested: frozenset[str] = frozenset()
    ) -> tuple[tuple[Product, ...], tuple[Product, ...]]:
        """What `offer` suggests, without the reasons and what they cost; and all it would pick from, best first.

        The second is the ranking the rules of ownership let through; the offer is that, varied.
        """
        if view is not None and view.open_case:
            return (), ()
        asked = _Asked(request, Situation(request.category, request.product, rested=rested), frozenset())
        ranked = self._ranked(view, asked)
        chosen, _ = self._walk(ranked, asked, view)
        return tuple(each.product for each in chosen), tuple(each.product for each in ranked if each.out is None)

    def _ranked(self, view: CustomerView | None, asked: _Asked) -> list[_Scored]:
        held = Holdings(view, self.catalogue, self.today, asked.request.gift)
        request = asked.request
        if self.ranking is not None and view is not None and not request.gift:
            scored = self._by_baskets(view, held, asked)
        else:
            scored = [self._scored(product, held, asked) for product in self._candidates(request)]
            enough = request.limit + _WINDOW
            allowed = islice((each for each in scored if each.out is None), enough)
            if len(scored) == _BEST and len(list(allowed)) < enough:
                scored = [self._scored(product, held, asked) for product in self._fitting(self.catalogue, request)]
        return sorted(scored, key=lambda each: (-each.score, -each.product.sold, each.product.id))

    def _candidates(self, request: Request) -> Iterator[Product]:
        if request.product is not None:
            named = self.catalogue.get(request.product)
            pool = (named, *self.catalogue.accessories(named)) if named else ()
        elif request.category is not None:
            pool = self.catalogue.in_category(request.category)
        elif request.gift:
            pool = (each for each in self.catalogue if self.catalogue.category(each).gift)
        elif len(self.catalogue) > _LARGE:
            pool = self.catalogue.by_sales[:_BEST]
        else:
            pool = self.catalogue
        return self._fitting(pool, request)

    @staticmethod
    def _fitting(pool: Iterable[Product], request: Request) -> Iterator[Product]:
        """Those of the price and among those meant."""
        budget, least, among = request.budget, request.least, request.among
        return (
            each for each in pool
            if (budget is None or each.price <= budget)
            and (least is None or each.price >= least)
            and (not among or each.id in among)
        )  # fmt: skip

    def _by_baskets(self, view: CustomerView, held: Holdings, asked: _Asked) -> list[_Scored]:
        """The model's probabilities, with the rules it can't learn: what fits what they own, what has worn out."""
        likely = self.ranking.of(view, self.today)
        request = asked.request
        if request.product is not None or request.category is not None:
            pool = self._candidates(request)
        else:
            fitting = {each.id: each for id in held.by_product for each in self.catalogue.accessories_of(id)}
            worn = (each for id in held.by_category for each in self._worn(id))
            known = {id: found for id in likely.ids if (found := self.catalogue.get(id))}
            new = {each.id: each for each in self._strange(held)}
            pool = self._fitting((known | fitting | {each.id: each for each in worn} | new).values(), request)
        return [self._scored(product, held, asked, likely) for product in pool]

    def _strange(self, held: Holdings) -> tuple[Product, ...]:
        """Best sellers of kinds they never bought."""
        best = self.catalogue.best_of_kinds
        return tuple(islice((each for each in best if each.category not in held.by_category), _NEW))

    def _worn(self, category: str) -> tuple[Product, ...]:
        kind = self.catalogue.categories[category].life_cycle
        return self.catalogue.in_category(category) if kind in (LifeCycle.WEARS, LifeCycle.DURABLE) else ()

    def _scored(self, product: Product, held: Holdings, asked: _Asked, likely: Likely | None = None) -> _Scored:
        if likely is None:
            because = contributions(product, self.catalogue, held, self.today)
        else:
            because = contributions(product, self.catalogue, held, self.today, LASTING)
        named = asked.request.product
        if named is not None:
            weight = 2.0 if product.id == named else 1.2 if named in product.goes_with else 1.0
            because = (Contribution("asked", weight), *because)
        best = because[0].weight if because else 0.0
        if likely is not None:
            rules = [each.weight for each in because if each.rule in ("complement", "wears_out")]
            wanted = because[0].weight if because and because[0].rule == "asked" else 0.0
            best = likely.score(product.id) + _PLUS * max(rules, default=0.0) + wanted
        else:
            best += popularity(product, self._most)
        rules = partial(kept_out, product, self.catalogue, held, asked.situation, self.today, self.language)
        return _Scored(product, best, because, rules, likely)

    def _explained(
        self, chosen: _Scored, view: CustomerView | None, asked: _Asked, also: tuple[str, ...]
    ) -> Suggestion:
        """The suggestion with the strongest reason that is true."""
        request = asked.request
        about = request.product or request.category
        seen = len(view.purchases) if view is not None and not request.gift else 0
        product = chosen.product
        if chosen.because and chosen.because[0].rule == "asked":
            return Suggestion(product, "asked", (), False, chosen.score, about, seen, also)
        for reason in _reasons(chosen):
            if cited := self._verified(product, reason.supports, view, asked):
                cycle = self._own_cycle(product, view) if reason.rule == "replenish" else None
                return Suggestion(product, reason.rule, cited, True, chosen.score, about, seen, also, cycle)
        outside = seen > 0 and request.limit >= _WINDOW and product.category not in self._habits(view)
        return Suggestion(product, "popular", (), False, chosen.score, about, seen, also, outside=outside)

    def _habits(self, view: CustomerView | None) -> frozenset[str]:
        """Ids of the categories they bought from."""
        bought = (self.catalogue.get(each.product) for each in (view.purchases if view is not None else ()))
        return frozenset(product.category for product in bought if product is not None)

    def _walk(
        self, ranked: list[_Scored], asked: _Asked, view: CustomerView | None
    ) -> tuple[list[_Scored], list[Suppressed]]:
        """The offer, and what the rules kept out on the way; of three or more, one is outside the habits."""
        request = asked.request
        open_ = request.category is None and request.product is None
        habits = self._habits(view) if open_ and request.limit >= _WINDOW and not request.gift else frozenset()
        return walk(ranked, asked, habits)

    def _verified(
        self, product: Product, supports: tuple[Purchase, ...], view: CustomerView | None, asked: _Asked
    ) -> tuple[Purchase, ...]:
        """Purchases to cite such that the product leaves the offer without them; empty where there are none.

        The latest alone, if that will do; else each time this very product was bought; else all of them.
        """
        if view is None or not supports:
            return ()
        own = tuple(each for each in supports if each.product == product.id)
        for cited in dict.fromkeys((supports[-1:], own, supports)):
            if not cited:
                continue
            less = view.without(set(cited))
            chosen, _ = self._walk(self._ranked(less, asked), asked, less)
            if all(each.product.id != product.id for each in chosen):
                return cited
        return ()

    def _own_cycle(self, product: Product, view: CustomerView | None) -> float | None:
        cycle = Holdings(view, self.catalogue, self.today).cycle(product.category)
        return cycle.days if cycle and cycle.own else None


def _reasons(chosen: _Scored) -> Iterator[Contribution]:
    """The reasons to try, strongest first; last, all together, for a product that several rules hold up at once."""
    because = chosen.because
    if chosen.likely is not None:
        because = chosen.likely.because(chosen.product.id, because)
    yield from because
    every = {purchase for reason in because for purchase in reason.supports}
    if len(because) > 1 and len({each.product for each in every} - {chosen.product.id}) <= _SPOKEN:
        together = sorted(every, key=lambda each: (each.date, each.product))
        yield Contribution(because[0].rule, because[0].weight, tuple(together))


def walk(
    ranked: list[_Scored], asked: _Asked, habits: frozenset[str] = frozenset()
) -> tuple[list[_Scored], list[Suppressed]]:
    """Down the ranking until the offer is full: what is chosen, and what the rules kept out on the way.

    Three suggestions come from three categories, unless the caller named one; in a longer list no three in a row are of
    one. Where there are habits, the last place is for the best from outside them, unless one is in already.

    Args:
        habits: ids of the categories the customer bought from.
    """
    chosen: list[_Scored] = []
    suppressed: list[Suppressed] = []
    varied = asked.request.category is None and asked.request.product is None
    limit = asked.request.limit
    back = limit if limit <= _WINDOW else _WINDOW - 1
    for each in ranked:
        if len(chosen) >= limit:
            break
        if each.out is not None:
            suppressed.append(each.out)
            continue
        kinds = [other.product.category for other in chosen[-back:]]
        if limit <= _WINDOW:
            again = varied and each.product.category in kinds
        else:
            again = varied and len(kinds) == back and set(kinds) == {each.product.category}
        last = bool(habits) and len(chosen) == limit - 1
        same_again = last and each.product.category in habits and _all_in(chosen, habits)
        if each.product.id not in asked.already and not again and not same_again:
            chosen.append(each)
    return chosen, suppressed


def _all_in(chosen: list[_Scored], habits: frozenset[str]) -> bool:
    return all(each.product.category in habits for each in chosen)
