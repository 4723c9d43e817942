"""Invented customers of the demo shop who buy in habits, and a model of them."""

from __future__ import annotations

import random
from functools import cache

import numpy as np

from personalization.baskets.history import Baskets
from personalization.baskets.model import BasketModel
from personalization.baskets.ranking import BasketRanking
from personalization.recommend import Recommender
from tests.personalization.shops import TODAY, shop

CUSTOMERS = 240


def lines(sensitive: bool = False) -> tuple[list[int], list[int], list[str]]:
    """(customer, ordinal, product) of each purchase; those who buy cat food also buy tea.

    Args:
        sensitive: with purchases of health products, some of them all that a visit was for.
    """
    chance, catalogue = random.Random(3), shop().catalogue
    daily = [each.id for each in catalogue if each.stock and not catalogue.sensitive(each) and not each.minimum_age]
    health = sorted(each.id for each in catalogue if catalogue.sensitive(each))
    found: tuple[list[int], list[int], list[str]] = ([], [], [])

    def buy(who: int, day: int, what: str) -> None:
        for column, value in zip(found, (who, day, what), strict=True):
            column.append(value)

    for who in range(CUSTOMERS):
        usual = chance.sample(daily, 3) + (["moustache-chat", "jasmin-rooibos"] if who % 2 else ["torea-moulu"])
        for visit in range(11):
            day = TODAY.toordinal() - 330 + visit * 30 + chance.randint(0, 5)
            for what in chance.sample(usual, 3):
                buy(who, day, what)
    if sensitive:
        for who in range(0, CUSTOMERS, 2):
            buy(who, found[1][who] + 1 + who % 40, chance.choice(health))
    return found


def baskets(sensitive: bool = False, without: frozenset[int] = frozenset()) -> Baskets:
    """As a shop would give them to a model: products that aren't sensitive are the columns."""
    catalogue = shop().catalogue
    who, day, what = (np.array(each) for each in lines(sensitive))
    keep = ~np.isin(who, list(without))
    open_ = [each.id for each in catalogue if not catalogue.sensitive(each)]
    return Baskets.of(who[keep], day[keep], what[keep], items=open_)


def kinds() -> dict[str, str]:
    return {each.id: each.category for each in shop().catalogue}


@cache
def model() -> BasketModel:
    return BasketModel.fit(baskets(), kinds(), least=(50, 100), rounds=15)


def ranked() -> Recommender:
    """The demo shop's recommender where the model ranks."""
    return Recommender(shop().catalogue, TODAY, ranking=BasketRanking(model()))
