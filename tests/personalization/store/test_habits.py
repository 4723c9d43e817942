"""What a shop in a database learns: only from those who allow it, sealed, and gone when they go."""

from __future__ import annotations

import pickle
import stat

import pytest
from sqlalchemy import select

from personalization.baskets.model import TooFew
from personalization.consent import Consents, Proof
from personalization.purposes import Purpose, Scope
from personalization.recommend import Recommender, Request
from personalization.store import schema
from personalization.store.database import read
from personalization.store.erasure import erase
from personalization.store.habits import forget, held, learn, place
from personalization.store.stored_shop import StoredShop
from tests.personalization.store.conftest import TODAY

PROOF = Proof("consent.statistics", 1, "fr", "oui, d'accord", 0.97)
FEW = (2, 2)


def uids(store) -> list[bytes]:
    with read(store.engine) as connection:
        return list(connection.scalars(select(schema.customers.c.uid)))


def allow(store, uid: bytes, granted: bool = True, scope: Scope = Scope.LASTING) -> None:
    consents = Consents()
    changed = consents.grant(Purpose.IMPROVEMENT_STATISTICS, scope, PROOF)
    store.keep_consent(uid, changed if granted else consents.withdraw(Purpose.IMPROVEMENT_STATISTICS, PROOF))


@pytest.fixture
def learnt(file_shop):
    """The demo shop, all of whose customers but Pangloss allow it."""
    for uid in uids(file_shop):
        if uid != file_shop.find("Pangloss"):
            allow(file_shop, uid)
    learn(file_shop, TODAY, FEW)
    return file_shop


def test_only_those_who_allow_it_feed_the_model(learnt):
    rows = held(learnt).rows
    assert learnt.find("Pangloss") not in rows and learnt.find("Candide") in rows


def test_a_consent_for_one_conversation_teaches_nothing(file_shop):
    for uid in uids(file_shop):
        allow(file_shop, uid, scope=Scope.CONVERSATION)
    with pytest.raises(TooFew, match="0 customers"):
        learn(file_shop, TODAY, FEW)
    assert held(file_shop) is None and StoredShop(file_shop, TODAY).ranking() is None


def test_a_demo_shop_has_too_few_customers(learnt):
    with pytest.raises(TooFew, match="it takes 200"):
        learn(learnt, TODAY)
    assert held(learnt) is None  # what was learnt before may know somebody who no longer allows it


def test_a_consent_taken_back_takes_the_rows_out_at_once(learnt):
    uid = learnt.find("Candide")
    shop = StoredShop(learnt, TODAY)
    assert uid in shop.ranking().model.rows
    allow(learnt, uid, granted=False)
    assert uid not in held(learnt).rows and uid not in shop.ranking().model.rows
    assert not forget(learnt, uid)


def test_an_erasure_throws_away_what_was_learnt(learnt):
    shop = StoredShop(learnt, TODAY)
    assert shop.ranking() is not None
    erase(learnt, learnt.find("Candide"))
    assert not place(learnt).exists() and held(learnt) is None and shop.ranking() is None


def test_the_file_is_sealed_and_its_owners_alone(learnt):
    content = place(learnt).read_bytes()
    assert stat.S_IMODE(place(learnt).stat().st_mode) == 0o600
    assert b"brunelle" not in content and learnt.find("Candide") not in content


@pytest.mark.parametrize("harm", [b"", b"\0" * 40, pickle.dumps("anything")])
def test_a_file_that_is_not_ours_is_never_opened(learnt, harm):
    place(learnt).write_bytes(harm)
    assert held(learnt) is None and StoredShop(learnt, TODAY).ranking() is None


def test_the_learning_is_in_the_ledger(learnt):
    assert "learning" in {entry.actor for entry in learnt.ledger.entries()} and not learnt.ledger.verify(()).problems


def test_purchases_nobody_allowed_change_no_offer_of_others(learnt, file_shop):
    """Pangloss's purchases are in the database; the model is the same without them."""
    before = held(learnt)
    erase(learnt, learnt.find("Pangloss"))
    after = learn(learnt, TODAY, FEW)
    assert after.baskets.matrix.toarray().tolist() == before.baskets.matrix.toarray().tolist()


def test_the_shops_recommender_ranks_by_it_and_stays_true(learnt):
    shop, consents = StoredShop(learnt, TODAY), Consents()
    consents.grant(Purpose.PURCHASES, Scope.CONVERSATION, PROOF)
    view = shop.open_file("Astarté", consents).advice()
    assert view.row == learnt.find("Astarté")
    recommender = Recommender(shop.catalogue, TODAY, ranking=shop.ranking())
    for suggestion in recommender.offer(view, Request(limit=3)).suggestions:
        if suggestion.evidence:
            again, _ = recommender.products(view.without(set(suggestion.evidence)), Request(limit=3))
            assert suggestion.product not in again
