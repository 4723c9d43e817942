"""The pack says what the configuration says, in both languages, and follows each of its changes."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from personalization.assets import asset
from personalization.audit.compliance import compliance_pack, write_pack
from personalization.phrases import LANGUAGES, phrase_table
from personalization.purposes import DataKind, Purpose
from personalization.store.periods import Retention, retention_of

DAY = date(2026, 11, 24)
PERIODS = retention_of({}).model_dump()

languages = pytest.mark.parametrize("language", LANGUAGES)


def pack(language: str, **changed):
    given = {"brand": "Belmont", "settings": {}, "retention": PERIODS, "language": language, "day": DAY} | changed
    return compliance_pack(**given).markdown()


@languages
def test_nothing_of_the_configuration_is_undescribed(language):
    text = pack(language)
    assert all(f"| {purpose} |" in text for purpose in Purpose)
    assert all(f"({kind}) | {days} |" in text for kind, days in PERIODS.items())
    undescribed = yaml.safe_load(asset("audit", f"papers.{language}.yaml").read_text(encoding="utf-8"))["undescribed"]
    assert undescribed.partition("{")[0] not in text


@languages
def test_a_changed_period_changes_the_pack(language):
    shorter = retention_of({"retention": {"orders": 123}}).model_dump()
    assert pack(language, retention=shorter) != pack(language)
    assert "(orders) | 123 |" in pack(language, retention=shorter)


@languages
def test_a_new_purpose_or_kind_shows_at_once_though_nobody_described_it(language):
    text = pack(language, purposes=[*Purpose, "weather"], retention=PERIODS | {"dreams": 3})
    assert "| weather |" in text and "(dreams) | 3 |" in text
    assert f"papers.{language}.yaml" in text


@languages
def test_the_notices_are_the_scripts_as_they_are_spoken(language):
    text, table = pack(language), phrase_table(language)
    assert table["opening"].say[0].replace("{brand}", "Belmont") in text
    for kind in (DataKind.PURCHASES, DataKind.ORDERS, DataKind.VOICE_CUES, DataKind.LOCATION):
        assert table[f"disclosure.{kind}"].say[0] in text


def test_a_new_wording_of_a_script_changes_the_pack(tmp_path, monkeypatch):
    before = pack("en")
    changed = (
        asset("phrases", "en", "scripts.yaml").read_text(encoding="utf-8").replace("I don't locate you", "Never more")
    )
    (tmp_path / "phrases" / "en").mkdir(parents=True)
    for path in asset("phrases", "en").glob("*.yaml"):
        text = changed if path.name == "scripts.yaml" else path.read_text(encoding="utf-8")
        (tmp_path / "phrases" / "en" / path.name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("CANDIDE_ASSETS", str(tmp_path))
    phrase_table.cache_clear()
    try:
        assert "Never more" in pack("en") and pack("en") != before
    finally:
        phrase_table.cache_clear()


def test_the_controller_is_the_shops(tmp_path):
    named = pack("fr", settings={"controller": "Belmont SA", "dpo": "dpo@belmont.example"})
    assert "Belmont SA" in named and "dpo@belmont.example" in named and "à compléter" not in named.split("##")[2]
    document = compliance_pack("<b>&", {}, PERIODS, "en", DAY)
    markdown, page = write_pack(document, tmp_path / "new")
    assert markdown.read_text(encoding="utf-8").startswith("# ")
    assert "<b>&" not in page.read_text(encoding="utf-8") and "&lt;b&gt;&amp;" in page.read_text(encoding="utf-8")


def test_customers_in_the_clear_are_not_said_to_be_sealed():
    assert "under a key per customer" in pack("en") and "under a key per customer" not in pack("en", sealed=False)
    assert "in the clear" in pack("en", sealed=False)


def test_both_languages_describe_the_same():
    read = [yaml.safe_load(asset("audit", f"papers.{each}.yaml").read_text(encoding="utf-8")) for each in LANGUAGES]
    for part in ("purposes", "kinds", "columns", "record", "dpia"):
        assert set(read[0][part]) == set(read[1][part])
    assert len(read[0]["dpia"]["risks"]) == len(read[1]["dpia"]["risks"])
    assert set(read[0]["kinds"]) == set(Retention.model_fields)
