"""A human is one step away from every state (law 5), and a state from which none is would be found."""

from __future__ import annotations

from datetime import date

import pytest

from nlu.dialogue.core import ANSWERS
from personalization.catalogue import Catalogue
from personalization.shop import Shop
from voice.audit.state_graph import check_human, explore, human_everywhere, starts

SHOP = Shop.load(today=date(2026, 11, 24))


def test_a_human_is_one_step_away_in_every_state_and_the_same_graph_comes_again():
    graph = human_everywhere(SHOP, most=4)
    assert graph.states == 48 and not graph.complete and graph.unreachable == ()
    assert {"none", "offer"} < set(graph.questions) <= {*ANSWERS, "none", "slot"}
    assert explore(starts(SHOP), most=2) == explore(starts(SHOP), most=2)


@pytest.mark.long
def test_a_human_is_one_step_away_in_every_state_there_is():
    graph = human_everywhere(SHOP, most=2000)
    assert graph.complete and graph.states > 1000 and graph.unreachable == ()
    assert {"none", "offer", "human", "purchases", "summary", "erase", "callback"} <= set(graph.questions)


def test_a_state_without_a_human_is_told_with_the_way_there():
    graph = explore(starts(SHOP), check=lambda talk: talk.question is None or talk.question.name != "offer", most=5)
    assert graph.unreachable and all(" > " in way for way in graph.unreachable)
    assert not graph.share(at_least=1.0).holds


def test_a_dialogue_that_keeps_the_human_back_is_caught(monkeypatch):
    from nlu.dialogue import core
    from nlu.reply import Reply

    (_, talk), *_ = starts(SHOP)
    assert check_human(talk)
    monkeypatch.setitem(core.HANDLERS, "human", core.HANDLERS["help"])
    assert not check_human(talk)
    monkeypatch.undo()
    monkeypatch.setattr(core.Dialogue, "key", lambda self, digit: Reply((), (), (), None))
    assert not check_human(talk)


def test_a_shop_without_products_has_its_human_too():
    empty = Shop("B", Catalogue({}, {}), SHOP.stores, (), SHOP.today)
    assert human_everywhere(empty, most=1).unreachable == ()
