"""`candide shop`, `keys` and `ledger`: what they print, how they end, and no traceback."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from personalization.assets import asset
from personalization.store.errors import StoreError
from voice.cli.app import app

SOURCE = str(asset("shop"))


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("CANDIDE_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CANDIDE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CANDIDE_MASTER_KEY", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def test_a_shop_from_its_files_to_its_end():
    assert json.loads(run("shop", "import", SOURCE, "--json"))["new"]["customers"] == 16
    assert json.loads(run("shop", "import", SOURCE, "--json"))["new"]["customers"] == 0
    assert json.loads(run("shop", "stats", "shop.db", "--json"))["customers"] == 16
    assert json.loads(run("shop", "check", "shop.db", "--json")) == {"records": 104, "stray_keys": 0, "problems": []}
    run("shop", "backup", "shop.db", "backup.db")
    run("keys", "backup", "shop.db", "keys")
    assert "19 keys" in run("keys", "rotate", "shop.db")
    assert "copy.html" in run("shop", "export", "shop.db", "candide")
    receipt = json.loads(run("shop", "erase", "shop.db", "candide", "--yes", "--receipt", "receipt.json"))
    assert receipt["rows"]["customers"] == 1
    assert json.loads(run("shop", "daily", "shop.db", "--json"))["keys_rewrapped"] == 18
    assert "1 erased" in run("shop", "restore", "backup.db", "shop.db")
    assert json.loads(run("shop", "stats", "shop.db", "--json"))["customers"] == 15
    head = json.loads(run("ledger", "head", "shop.db"))
    assert json.loads(run("ledger", "verify", "shop.db", "--json"))["problems"] == []
    assert "erasure" in run("ledger", "show", "shop.db")
    with sqlite3.connect("shop.db") as connection:
        connection.execute("DELETE FROM ledger WHERE seq = ?", (head["seq"] - 1,))
    assert "missing" in str(json.loads(run("ledger", "verify", "shop.db", "--json", code=1))["problems"])


def test_a_source_is_checked_without_a_shop(tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "customers.csv").write_text("id,name\n1,Zadig\n1,Memnon\n", encoding="utf-8")
    told = json.loads(run("shop", "check", folder, "--json", code=1))
    assert told["left_out"] == 1 and "line 3" in told["problems"][0]
    assert not (tmp_path / "shop.db").exists() and not (tmp_path / "config").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["shop", "stats", "none.db"], "candide shop import"),
        (["shop", "import", "nowhere"], "no such folder"),
        (["keys", "rotate", "https://shop"], "sqlite or postgresql|no database address"),
        (["ledger", "verify", "none"], "is no shop"),
    ],
)
def test_what_can_be_mended_is_a_sentence(command, said):
    with pytest.raises(StoreError, match=said):
        run(*command)


def test_the_command_line_says_it_without_a_traceback(tmp_path):
    command = [sys.executable, "-m", "voice", "shop", "stats", str(tmp_path / "none.db")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("candide: ") and len(done.stderr.splitlines()) == 1


def test_without_the_extra_the_command_line_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['sqlalchemy'] = None; sys.argv = ['candide', 'shop', 'stats', 'x.db']\n"
    code += "from voice.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and "pip install 'candide-voice[store]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
