"""`candide audit`: one signed JSON, one page, one exit code; a changed report is told."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from personalization.assets import asset
from personalization.audit.signing import NotAReport, report_key, sign, verify
from personalization.store.backup import back_up
from personalization.store.importing import import_shop
from personalization.store.shop_store import ShopStore
from personalization.store.sources import open_source
from tests.personalization.store.conftest import TODAY, own_folders
from tests.voice.audit.test_promises import BROKEN, KEPT
from voice.audit.page import audit_page, interval
from voice.cli.app import app

__all__ = ["own_folders"]

run = CliRunner()


def audited(tmp_path, rows, *more: str):
    journal = tmp_path / "calls" / "call.jsonl"
    journal.parent.mkdir(exist_ok=True)
    journal.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    asked = [
        "audit",
        "--journals",
        str(journal.parent),
        "--states",
        "2",
        "--no-dependencies",
        "--out",
        str(tmp_path / "o"),
    ]
    done = run.invoke(app, [*asked, *more])
    (report,) = (tmp_path / "o").glob("*.json")
    return done, report


@pytest.fixture
def kept_shop(tmp_path) -> str:
    """A shop as it should be: the key elsewhere, last night's backup, the ledger's head exported."""
    store = ShopStore.make(str(tmp_path / "data" / "shop.db"), "Belmont", {"brand": "Belmont"})
    import_shop(store, open_source(str(asset("shop"))), today=TODAY)
    back_up(store, tmp_path / "night.db")
    store.head()
    store.close()
    return str(tmp_path / "data" / "shop.db")


def test_0_where_everything_holds_and_1_where_a_promise_is_broken(tmp_path, kept_shop):
    done, report = audited(tmp_path, KEPT, "--shop", kept_shop)
    told = json.loads(report.read_text(encoding="utf-8"))
    assert done.exit_code == 0 and told["holds"], done.output
    assert told["signature"]["key"] == "the shop's ledger key" and told["signature"]["method"] == "HMAC-SHA256"
    assert set(told["parts"]) == {"promises", "security", "recommendation", "recognition", "handoffs", "compliance"}
    assert "recognition     not measured: no list of labelled recordings" in done.output
    assert run.invoke(app, ["audit", "verify", str(report), "--shop", kept_shop]).exit_code == 0
    assert run.invoke(app, ["audit", "verify", str(report)]).exit_code == 1  # another key

    done, report = audited(tmp_path, BROKEN["verified_reasons"][0], "--shop", kept_shop)
    assert done.exit_code == 1 and not json.loads(report.read_text(encoding="utf-8"))["holds"]
    page = report.with_suffix(".html").read_text(encoding="utf-8")
    assert "A threshold is broken." in page and "call.jsonl, turn" in page and "<svg" in page
    assert "<script" not in page and "http:" not in page


def test_a_folder_without_journals_ends_with_2_and_what_to_do(tmp_path):
    done = run.invoke(
        app, ["audit", "--journals", str(tmp_path / "none"), "--out", str(tmp_path / "p"), "--states", "1"]
    )
    assert done.exit_code == 2 and "name a journal" in done.stderr


def test_a_report_that_was_changed_is_told(tmp_path):
    key, where = report_key()
    path = tmp_path / "r.json"
    signed = sign({"holds": False, "parts": {"é": 0.1}}, key, where)
    path.write_text(json.dumps(signed, indent=3, ensure_ascii=False), encoding="utf-8")
    assert verify(path, key) and report_key() == (key, where)
    for changed in ({"holds": True}, {"signature": signed["signature"] | {"key": "x"}}, {"more": 1}):
        path.write_text(json.dumps(signed | changed), encoding="utf-8")
        assert not verify(path, key)
    for content in ("", "[]", "{}", '{"signature": {"mac": "zz"}}'):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(NotAReport, match="name the JSON file"):
            verify(path, key)


def test_an_interval_says_its_numbers_and_words_are_escaped():
    drawn = interval(0.2, 0.5, 0.9, limit=0.8)
    assert 'aria-label="0.500, 95 % interval 0.200 to 0.900"' in drawn and 'class="limit"' in drawn
    empty = {"shares": [], "holds": True}
    parts = {
        "promises": empty | {"journals": 0, "graph": {"states": 1, "steps": 1, "complete": True}},
        "security": {"findings": [{"severity": "low", "check": "a", "what": "<b>", "to_do": "c"}]},
        "recommendation": {"not_measured": "<i>"},
        "recognition": {"not_measured": "<s>", "comparisons": []},
        "handoffs": {"not_measured": "<s>", "comparisons": []},
        "compliance": {"files": {}},
    }
    page = audit_page({"brand": "<u>", "made": "m", "candide": "0", "holds": True, "parts": parts})
    assert not any(mark in page for mark in ("<b>", "<i>", "<u>", "<s>"))


def test_another_shops_key_signs_otherwise(tmp_path):
    made = [ShopStore.make(str(tmp_path / f"{n}.db"), "B", {}, str(tmp_path / "k" / f"{n}.key")) for n in "ab"]
    first, second = (report_key(store)[0] for store in made)
    assert first != second and first != made[0].keys.shop_key("ledger")
    for store in made:
        store.close()
