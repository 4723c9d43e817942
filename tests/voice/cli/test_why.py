"""`candide why`: the reason on screen, only from what the customer allows."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from personalization.assets import asset
from personalization.store.importing import import_shop
from personalization.store.shop_store import ShopStore
from personalization.store.sources import open_source
from voice.cli.app import app


def run(*arguments: str):
    return CliRunner().invoke(app, ["why", *arguments])


def test_without_consent_no_purchase_is_read():
    told = json.loads(run("Pangloss", "rasano-lames", "--json").stdout)
    assert (told["purchases_read"], told["evidence"], told["consent"]) == (False, [], [])
    assert set(told["parts"]) == {"popular"}


def test_with_consent_the_reason_comes_in_three_depths_and_the_consent_is_for_once():
    done = run("Pangloss", "rasano-lames", "--consent", "--lang", "en", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and told["verified"] and len(told["depths"]) == 3
    assert told["evidence"] and told["parts"]["replenish"] > 0
    assert [(each["granted"], each["why"]) for each in told["consent"]] == [(True, "said"), (False, "spent")]


def test_the_screen_shows_the_sentences_and_a_chart():
    done = run("Pangloss", "rasano-lames", "--consent", "--lang", "en")
    assert done.exit_code == 0 and "Rasano Net blades" in done.stdout and "█" in done.stdout


def test_what_is_kept_out_says_by_which_rule():
    assert "owned until" in run("Cunégonde", "laveo-top", "--consent").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Arlequin", "rasano-lames"), "no customer named 'Arlequin'"),
        (("Pangloss", "xyzzy"), "no product"),
        (("Pangloss", "rasano-lames", "--lang", "de"), "use one of"),
    ],
)
def test_what_is_unknown_is_said_and_fails(arguments, says):
    done = run(*arguments)
    assert done.exit_code == 2 and says in done.output and "Traceback" not in done.output


def test_in_a_database_the_look_and_the_consent_are_in_the_ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("CANDIDE_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CANDIDE_CACHE", str(tmp_path / "cache"))
    place = str(tmp_path / "shop.db")
    store = ShopStore.make(place, "Belmont", {"brand": "Belmont"})
    import_shop(store, open_source(str(asset("shop"))))
    store.close()
    assert run("Pangloss", "rasano-lames", "--shop", place, "--consent", "--json").exit_code == 0
    store = ShopStore.open(place)
    kinds = [entry.kind for entry in store.ledger.entries()]
    assert kinds.count("consent") == 2 and "access" in kinds and not store.ledger.verify(()).problems
    store.close()
