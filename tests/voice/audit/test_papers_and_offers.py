"""`candide audit compliance` and `candide audit recommendation` as they are typed."""

from __future__ import annotations

import json
import shutil

from typer.testing import CliRunner

from personalization.assets import asset
from tests.personalization.store.conftest import own_folders
from voice.cli.app import app

__all__ = ["own_folders"]

run = CliRunner()


def small_shop(tmp_path, settings: str = ""):
    """The demo shop with two of its customers."""
    folder = tmp_path / "shop"
    shutil.copytree(asset("shop"), folder)
    rows = (folder / "customers.csv").read_text(encoding="utf-8").splitlines()[:3]
    (folder / "customers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with (folder / "shop.yaml").open("a", encoding="utf-8") as file:
        file.write(settings)
    return folder


def test_the_pack_follows_the_shops_own_settings(tmp_path):
    folder = small_shop(tmp_path, "controller: Belmont SA\nretention: {orders: 77}\n")
    done = run.invoke(app, ["audit", "compliance", "--shop", str(folder), "--out", str(tmp_path / "pack")])
    assert done.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "pack").iterdir()) == [
        "compliance.en.html", "compliance.en.md", "compliance.fr.html", "compliance.fr.md",
    ]  # fmt: skip
    text = (tmp_path / "pack" / "compliance.fr.md").read_text(encoding="utf-8")
    assert "Belmont SA" in text and "(orders) | 77 |" in text and "en clair" in text
    assert run.invoke(app, ["audit", "compliance", "--lang", "de"]).exit_code == 2


def test_offers_of_a_folder_are_measured_only_where_its_customers_allow_it(tmp_path):
    folder = str(small_shop(tmp_path))
    refused = run.invoke(app, ["audit", "recommendation", "--shop", folder])
    assert refused.exit_code == 2 and "--consented" in refused.stderr
    done = run.invoke(app, ["audit", "recommendation", "--shop", folder, "--consented", "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and {each["name"] for each in told["flips"]} == {
        "same_offer_whatever_age", "same_offer_whatever_region", "same_offer_whatever_language",
    }  # fmt: skip
    assert all(group["too_small"] for each in told["comparisons"] for group in each["groups"])
