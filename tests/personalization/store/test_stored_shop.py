"""A shop out of a database is the same shop to every floor above: laws hold, consents last, uses are entered."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization.consent import ConsentRequired, Consents, Proof
from personalization.events import ConsentChanged, DataRead, Explained, HandedOff, Suggested
from personalization.purposes import Purpose, Scope
from personalization.recommend import Recommender, Request
from personalization.shop import Shop, UnknownCustomer
from personalization.store.erasure import erase
from personalization.store.exporting import write_copy
from personalization.store.opening import open_shop
from personalization.store.recorder import Recorder
from personalization.store.retention import clean_daily
from personalization.store.shop_store import ShopStore
from personalization.store.sources import open_source
from personalization.store.stored_shop import StoredShop
from personalization.view import CustomerFile
from tests.personalization.store.conftest import TODAY, reopened

SURE = Proof("consent.purchases", 1, "fr", "oui, toujours", 0.97)


def granted(scope: Scope = Scope.LASTING) -> ConsentChanged:
    return Consents().grant(Purpose.PURCHASES, scope, SURE)


def test_without_a_consent_no_history_is_seen(shop):
    file = StoredShop(shop, TODAY).open_file("Candide")
    assert isinstance(file, CustomerFile) and file.advice() is None
    with pytest.raises(ConsentRequired):
        file.view(Purpose.PURCHASES)


def test_a_view_of_the_database_is_the_view_of_the_files(shop):
    here, there = StoredShop(shop, TODAY), Shop.load(today=TODAY)
    for customer in there.customers:
        views = []
        for each in (here, there):
            consents = Consents()
            consents.grant(Purpose.PURCHASES, Scope.CONVERSATION, SURE)
            views.append(each.open_file(customer.name, consents).advice())
        assert views[0] == views[1]
        assert not [each for each in views[0].purchases if each.sensitive]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["Candide", "Pangloss", "Paquette", "Amazan", "Martin"]), st.integers(1, 3))
def test_the_same_offers_with_the_same_evidence(file_shop, name, limit):
    offers = []
    for each in (StoredShop(file_shop, TODAY), Shop.load(today=TODAY)):
        consents = Consents()
        consents.grant(Purpose.PURCHASES, Scope.CONVERSATION, SURE)
        view = each.open_file(name, consents).advice()
        offers.append(Recommender(each.catalogue, TODAY).offer(view, Request(limit=limit)))
    assert offers[0] == offers[1]


def test_nobody_learns_other_customers_names(shop):
    with pytest.raises(UnknownCustomer) as unknown:
        StoredShop(shop, TODAY).open_file("Arlequin")
    assert "Candide" not in str(unknown.value) and "number" in str(unknown.value)
    assert StoredShop(shop, TODAY).names == ()


def test_namesakes_are_told_apart_by_their_number(file_shop, tmp_path):
    from personalization.store.importing import import_shop

    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "customers.csv").write_text("id,name\nother,candide\n", encoding="utf-8")
    import_shop(file_shop, open_source(str(tmp_path / "more")), today=TODAY)
    with pytest.raises(UnknownCustomer, match="several"):
        file_shop.find("Candide")
    assert file_shop.person(file_shop.find("other"))["name"] == "candide"


def test_only_a_lasting_consent_is_kept_and_withdrawing_ends_it(shop):
    uid = shop.find("Candide")
    for scope in (Scope.ONCE, Scope.CONVERSATION):
        shop.keep_consent(uid, granted(scope))
        assert not shop.consents(uid).granted(Purpose.PURCHASES)
    shop.keep_consent(uid, granted())
    file = StoredShop(reopened(shop), TODAY).open_file("Candide")
    assert file.consents.scope(Purpose.PURCHASES) is Scope.LASTING and file.advice().purchases
    (purpose, scope, proof, _), *more = shop.proofs(uid)
    assert (purpose, scope, proof, more) == (Purpose.PURCHASES, Scope.LASTING, SURE, [])
    shop.keep_consent(uid, file.consents.withdraw(Purpose.PURCHASES, SURE))
    assert StoredShop(reopened(shop), TODAY).open_file("Candide").advice() is None


def test_every_look_is_in_the_ledger(shop):
    uid = shop.find("Candide")
    before = len(list(shop.ledger.entries(uid)))
    StoredShop(shop, TODAY, actor="staff:anna").open_file("Candide")
    entry = list(shop.ledger.entries(uid))[before]
    assert (entry.kind, entry.actor, entry.detail) == ("access", "staff:anna", {"what": "file"})


def test_a_conversation_is_recorded_without_its_words(shop):
    uid = shop.find("Candide")
    recorder = Recorder(shop, uid)
    evidence = ({"product": "brunelle-matin", "name": "cafetière", "date": "2026-01-01"},)
    said = Suggested("brunelle-filtres", "filtres", "replenish", evidence, True, "Vos filtres se terminent.", 4.5)
    handed = HandedOff(("asked",), "human", {"phone": "0102030405"}, (), (), ("mes mots",), True, {}, "fr")
    for event in (granted(), DataRead(Purpose.PURCHASES, 4), said, Explained("brunelle-filtres", 2), handed):
        recorder(event)
    recorder.close()
    assert recorder.failures == [] and shop.consents(uid).granted(Purpose.PURCHASES)
    entries = list(shop.ledger.entries(uid, shop.keys.sealer(uid)))
    assert [each.kind for each in entries] == ["consent", "access", "suggestion", "suggestion", "handoff"]
    assert entries[2].detail["product"] == "brunelle-filtres" and entries[2].detail["verified"] is True
    told = json.dumps([each.detail for each in entries], ensure_ascii=False)
    assert not [word for word in ("oui, toujours", "se terminent", "0102030405", "mes mots") if word in told]
    assert not shop.ledger.verify([shop.head()]).problems


def test_a_customer_erased_in_the_middle_of_a_conversation_is_written_about_no_more(shop):
    uid = shop.find("Candide")
    recorder = Recorder(shop, uid)
    erase(shop, uid)
    recorder(granted())
    recorder.close()
    assert recorder.failures == [] and not shop.counts()["consents"]


def test_a_copy_holds_everything_in_three_forms(shop, tmp_path):
    uid = shop.find("Paquette")
    shop.keep_consent(uid, granted())
    files = {path.name: path for path in write_copy(shop, uid, tmp_path / "copy", TODAY)}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files.values())
    told = json.loads(files["copy.json"].read_text(encoding="utf-8"))
    there = Shop.load(today=TODAY).customer("Paquette")
    assert told["person"]["name"] == "Paquette" and told["person"]["story"] == there.story
    assert [each["id"] for each in told["purchases"]] == [each.product for each in there.purchases]
    assert told["consents"][0]["heard"] == SURE.heard
    assert {"consent", "export"} <= {each["kind"] for each in told["uses"]}
    import csv

    rows = list(csv.DictReader(files["purchases.csv"].open(encoding="utf-8")))
    assert [row["id"] for row in rows] == [each.product for each in there.purchases]
    page = files["copy.html"].read_text(encoding="utf-8")
    assert "Ce que Belmont sait de vous" in page and rows[0]["product"] in page and "$" not in page


def test_a_copy_can_not_run_anything(file_shop, tmp_path):
    from personalization.store.importing import import_shop

    (tmp_path / "more").mkdir()
    rows = 'id,name,phone\nx,"<script>alert(1)</script>",=1+1\n'
    (tmp_path / "more" / "customers.csv").write_text(rows, encoding="utf-8")
    import_shop(file_shop, open_source(str(tmp_path / "more")), today=TODAY)
    files = {path.name: path for path in write_copy(file_shop, file_shop.find("x"), tmp_path / "copy")}
    assert "<script" not in files["copy.html"].read_text(encoding="utf-8")
    assert "'=1+1" in files["person.csv"].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("days", "left"),
    [(0, {"customers": 16}), (800, {"customers": 16, "orders": 0}), (1500, {"customers": 0, "purchases": 0})],
)
def test_what_has_had_its_time_goes(file_shop, days, left):
    uid = file_shop.find("Candide")
    file_shop.keep_consent(uid, granted())
    clean_daily(file_shop, date.today() + timedelta(days=days), rotate=False)
    counts = file_shop.counts()
    assert {name: counts[name] for name in left} == left
    assert counts["consents"] == (0 if days else 1)
    assert not file_shop.ledger.verify().problems


def test_a_shop_chooses_its_periods(place):
    from personalization.assets import asset
    from personalization.store.errors import StoreError
    from personalization.store.importing import import_shop

    store = ShopStore.make(place, "Belmont", {"retention": {"purchases": 100}})
    import_shop(store, open_source(str(asset("shop"))), today=TODAY)
    before = store.counts()["purchases"]
    done = clean_daily(store, TODAY)
    assert 0 < done.deleted["purchases"] < before == done.deleted["purchases"] + store.counts()["purchases"]
    store.close()
    from personalization.store.periods import retention_of

    with pytest.raises(StoreError, match=r"retention\.purchases"):
        retention_of({"retention": {"purchases": 0}})


def test_the_day_after_an_erasure_the_master_key_is_replaced(file_shop):
    before = file_shop.places.master.read_bytes()
    assert clean_daily(file_shop).rewrapped == 0 and file_shop.places.master.read_bytes() == before
    erase(file_shop, file_shop.find("Astarté"))
    assert clean_daily(file_shop).rewrapped == 18
    assert file_shop.places.master.read_bytes() != before
    assert reopened(file_shop).customer(file_shop.find("Candide")).name == "Candide"


def test_a_shop_is_opened_by_what_one_calls_it(file_shop, tmp_path):
    assert isinstance(open_shop(tmp_path / "shop.db", TODAY), StoredShop)
    assert isinstance(open_shop(tmp_path, TODAY), StoredShop)
    assert isinstance(open_shop(f"sqlite:///{tmp_path / 'shop.db'}", TODAY), StoredShop)
    assert type(open_shop(None, TODAY)) is Shop
