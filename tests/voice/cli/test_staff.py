"""`candide staff`: an account from its opening to its closing, and what its holder may read."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import parse_qs, urlparse

import pytest
from typer.testing import CliRunner

pytest.importorskip("argon2", reason="argon2-cffi isn't here: pip install -e '.[store]'")

from personalization.consent import Consents
from personalization.handoff import hand_off
from personalization.identity.totp import hotp, step_of
from personalization.store.handoffs import Handoffs
from personalization.store.shop_store import ShopStore
from tests.voice.cli.test_shop_commands import SOURCE, own_folders, run
from voice.cli.app import app

__all__ = ["own_folders"]

GOOD = "otter lantern gravel seventeen"


def staff(*words: str, given: str = ""):
    return CliRunner().invoke(app, ["staff", *words], input=given)


def codes_of(output: str) -> tuple[str, str]:
    """This step's code and the next one's: both are taken now, each once."""
    (uri,) = (line for line in output.splitlines() if line.startswith("otpauth://"))
    secret = parse_qs(urlparse(uri).query)["secret"][0]
    key, step = base64.b32decode(secret + "=" * (-len(secret) % 8)), step_of(time.time())
    return hotp(key, step), hotp(key, step + 1)


def test_an_account_from_its_opening_to_its_closing():
    run("shop", "import", SOURCE, "--json")
    agent = staff("add", "shop.db", "Nadia Roche", given=f"{GOOD}\n")
    assert agent.exit_code == 0 and GOOD not in agent.output
    privacy = staff("add", "shop.db", "Paul Kern", "--role", "privacy", given=f"{GOOD} too\n")
    store = ShopStore.open("shop.db")
    id = Handoffs(store).keep(hand_off(Consents(), "en", ("complaint",)), None, "sip")
    store.close()

    first, second = codes_of(agent.output)
    listed = staff("handoffs", "shop.db", "--as", "nadia roche", "--json", given=f"{GOOD}\n{first}\n")
    assert [each["id"] for each in json.loads(listed.output)["handoffs"]] == [id]
    again = staff("handoffs", "shop.db", "--as", "nadia roche", given=f"{GOOD}\n{first}\n")
    assert again.exit_code == 1 and "is wrong" in again.output  # the code was used
    opened = staff("handoffs", "shop.db", "--as", "Nadia Roche", "--open", id[:8], given=f"{GOOD}\n{second}\n")
    assert opened.exit_code == 0 and "complaint" in opened.output

    first, second = codes_of(privacy.output)
    looks = staff("looks", "shop.db", "--as", "Paul Kern", given=f"{GOOD} too\n{first}\n")
    assert "staff:Nadia Roche" in looks.output and id in looks.output and "refused" in looks.output
    refused = staff("handoffs", "shop.db", "--as", "Paul Kern", given=f"{GOOD} too\n{second}\n")
    assert refused.exit_code == 1 and "may not do that" in refused.output and "complaint" not in refused.output

    accounts = json.loads(staff("list", "shop.db", "--json").output)["accounts"]
    assert [(each["name"], each["confirmed"]) for each in accounts] == [("Nadia Roche", True), ("Paul Kern", True)]
    assert staff("close", "shop.db", "Nadia Roche").exit_code == 0
    assert "closed" in staff("list", "shop.db").output
    assert "whole" in run("ledger", "verify", "shop.db")


@pytest.mark.parametrize(
    ("words", "given", "says"),
    [
        (("add", "shop.db", "Nadia"), "short\n", "12 to 72"),
        (("add", "shop.db", "Nadia"), "", "12 to 72"),
        (("add", "shop.db", "Nadia", "--role", "king"), f"{GOOD}\n", "use one of"),
        (("close", "shop.db", "Nobody"), "", "candide staff list"),
        (("handoffs", "shop.db", "--as", "Nobody"), "x\n123456\n", "is wrong"),
    ],
)
def test_what_can_be_mended_is_a_sentence(words, given, says):
    run("shop", "import", SOURCE, "--json")
    done = staff(*words, given=given)
    assert done.exit_code in (1, 2) and says in " ".join(done.output.split())
