"""`candide shop pin`: a PIN from the standard input, an authenticator's secret printed once, a bad one refused."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

pytest.importorskip("argon2", reason="argon2-cffi isn't here: pip install -e '.[store]'")

from tests.voice.cli.test_shop_commands import SOURCE, own_folders, run
from voice.cli.app import app

__all__ = ["own_folders"]


def test_a_pin_is_set_and_a_bad_one_refused_with_a_sentence():
    run("shop", "import", SOURCE, "--json")
    done = CliRunner().invoke(app, ["shop", "pin", "shop.db", "candide", "--authenticator"], input="8264\n")
    assert done.exit_code == 0 and "otpauth://totp/" in done.output and "8264" not in done.output
    for bad in ("1234\n", "abc\n", ""):
        done = CliRunner().invoke(app, ["shop", "pin", "shop.db", "candide"], input=bad)
        assert done.exit_code == 2 and "PIN" in done.output
