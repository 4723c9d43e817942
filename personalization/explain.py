"""Why a suggestion was made, in three depths, in the customer's words (GDPR art. 13-15; CJEU C-203/22)."""

from __future__ import annotations

from datetime import date

from personalization.catalogue import Catalogue
from personalization.customer import Purchase
from personalization.disclosure import Line
from personalization.events import Suggested
from personalization.grammar import cardinal, every, listed, times, when
from personalization.phrases import Phrases
from personalization.purposes import DataKind
from personalization.recommend import Suggestion

__all__ = ["explain", "reason_line", "suggested_event"]

_NONE: frozenset[DataKind] = frozenset()
_PURCHASES = frozenset({DataKind.PURCHASES})

_BEST_SELLERS = 15
"""So many products, of all the shop's, may be called best sellers; beyond, so many of a category its most asked for."""
_BEST_OF_CATEGORY = 2

_LISTED = 2
"""At most so many products are named in one sentence."""


def reason_line(suggestion: Suggestion, phrases: Phrases, catalogue: Catalogue, today: date) -> Line:
    """The short reason spoken with the suggestion."""
    reason = _Reason(suggestion, phrases, catalogue, today)
    return Line(reason.phrase(), reason.uses, suggestion.product.id)


def explain(
    suggestion: Suggestion, depth: int, phrases: Phrases, catalogue: Catalogue, today: date, granted: bool = True
) -> list[Line]:
    """The lines that answer "why".

    Args:
        depth: 1, the reason; 2, the data behind it; 3, all that is known, where it is kept, how to change it. Other
            numbers are taken as the nearest.
        granted: purchases may still be used; after a withdrawal no purchase is spoken any more.
    """
    reason = _Reason(suggestion, phrases, catalogue, today)
    if not granted and reason.uses:
        lines = [Line(phrases.say("reason.withdrawn"), _NONE, suggestion.product.id)]
        return lines + ([Line(phrases.say("reason.all.change"))] if depth >= 3 else [])
    if depth <= 1:
        return reason.first()
    return reason.second() if depth == 2 else reason.third()


def suggested_event(suggestion: Suggestion, reason: str, language: str, catalogue: Catalogue) -> Suggested:
    """The `Suggested` event for the journal; `reason` as it is spoken."""
    product = suggestion.product
    evidence = tuple(
        {"product": each.product, "name": _name(each.product, language, catalogue), "date": each.date.isoformat()}
        for each in suggestion.evidence
    )
    name = str(product.names[language])
    return Suggested(product.id, name, suggestion.rule, evidence, suggestion.verified, reason, float(product.price))


def _name(product: str, language: str, catalogue: Catalogue) -> str:
    found = catalogue.get(product)
    return str(found.names[language]) if found else product


class _Reason:
    """One suggestion's reason, and the sentences it is told in."""

    def __init__(self, suggestion: Suggestion, phrases: Phrases, catalogue: Catalogue, today: date) -> None:
        self.suggestion = suggestion
        self.say = phrases.say
        self.language = phrases.language
        self.catalogue = catalogue
        self.today = today
        self.name = suggestion.product.names[self.language]
        # What is owned was kept out even where no purchase is cited: the choice rests on the purchases all the same.
        self.uses = _PURCHASES if suggestion.evidence or suggestion.considered else _NONE
        self.cited: dict[str, list[Purchase]] = {}
        for purchase in suggestion.evidence:
            self.cited.setdefault(purchase.product, []).append(purchase)

    def first(self) -> list[Line]:
        lines = [Line(self.phrase(), self.uses, self.suggestion.product.id)]
        if self.suggestion.verified:
            lines.append(Line(self.say("reason.otherwise"), self.uses))
        return lines

    def second(self) -> list[Line]:
        suggestion, lines = self.suggestion, []
        if suggestion.evidence:
            lines.append(Line(self._items(), _PURCHASES))
            if suggestion.cycle_days:
                spoken = every(suggestion.cycle_days, self.language)
                lines.append(Line(self.say("reason.data.cycle", every=spoken), _PURCHASES))
            lines.append(Line(self._counted("reason.data.considered"), _PURCHASES))
        elif suggestion.considered:
            lines.append(Line(self.say("reason.data.only_excluded"), _PURCHASES))
        else:
            lines.append(Line(self.say("reason.data.no_purchase")))
        if suggestion.also:
            other = self.catalogue.products[suggestion.also[0]].names[self.language]
            lines.append(Line(self.say("reason.data.also", product=other), self.uses))
        return lines

    def third(self) -> list[Line]:
        if self.uses:
            known = Line(self._counted("reason.all.purchases"), _PURCHASES)
            return [known, Line(self.say("reason.all.sensitive")), Line(self.say("reason.all.change"))]
        return [Line(self.say("reason.all.none")), Line(self.say("reason.all.change"))]

    def phrase(self):
        """The one sentence that gives the reason; every purchase it rests on is in it, by name or in a count."""
        suggestion = self.suggestion
        if suggestion.rule == "asked":
            return self._asked()
        if not self.cited:
            return self.say("reason.popular.outside" if suggestion.outside else self._popular())
        own = self.cited.get(suggestion.product.id, [])
        others = {id: bought for id, bought in self.cited.items() if id != suggestion.product.id}
        form = "once" if len(own) == 1 else "many"
        if own:
            rule = "mixed" if others else "wears_out" if suggestion.rule == "wears_out" else "replenish"
            last = max(each.date for each in own)
            often = times(len(own), self.language)
            values = {"when": when(last, self.today, self.language), "times": often, "others": self._named(others)}
            return self.say(f"reason.{rule}.{form}", product=self.name, **values)
        rule = self._taste(others) if suggestion.rule == "same_taste" else suggestion.rule
        if len(others) <= _LISTED:
            return self.say(f"reason.{rule}.others", others=self._named(others))
        count = cardinal(sum(map(len, others.values())), self.language)
        return self.say(f"reason.{rule}.count", count=count, brand_name=suggestion.product.brand)

    def _asked(self):
        about = self.suggestion.about
        if about in (None, self.suggestion.product.id) or about not in self.catalogue.products:
            return self.say("reason.asked.itself")
        return self.say("reason.asked.goes_with", about=self.catalogue.products[about].names[self.language])

    def _popular(self) -> str:
        """Only a best seller is called one."""
        product = self.suggestion.product
        if sum(other.sold > product.sold for other in self.catalogue) < _BEST_SELLERS:
            return "reason.popular"
        ahead = sum(other.sold > product.sold for other in self.catalogue.in_category(product.category))
        return "reason.popular.category" if ahead < _BEST_OF_CATEGORY else "reason.popular.fits"

    def _taste(self, others: dict[str, list[Purchase]]) -> str:
        brands = {found.brand for id in others if (found := self.catalogue.get(id))}
        return "same_brand" if brands == {self.suggestion.product.brand} else "same_kind"

    def _items(self):
        shown = dict(list(self.cited.items())[-_LISTED:])
        left = sum(map(len, self.cited.values())) - sum(map(len, shown.values()))
        if left:
            return self.say("reason.data.items_more", items=self._named(shown), count=cardinal(left, self.language))
        return self.say("reason.data.items", items=self._named(shown))

    def _named(self, cited: dict[str, list[Purchase]]) -> str:
        """ "la cafetière Matin en mars et les filtres trois fois": each product with its day, or how many times."""
        items = []
        for id, bought in cited.items():
            found = self.catalogue.get(id)
            if found is None:
                continue
            form = "reason.item.once" if len(bought) == 1 else "reason.item.many"
            day = when(bought[-1].date, self.today, self.language)
            often = times(len(bought), self.language)
            items.append(self.say(form, product=found.names[self.language], when=day, times=often).text)
        return listed(items, self.language)

    def _counted(self, id: str):
        count = max(self.suggestion.considered, len(self.suggestion.evidence))
        return self.say(f"{id}_one") if count == 1 else self.say(id, count=cardinal(count, self.language))
