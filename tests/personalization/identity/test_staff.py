"""Staff: a strong password and a code, a role that opens what it should and nothing else, every look in the ledger."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.consent import Consents, Proof
from personalization.handoff import hand_off
from personalization.identity.desk import Desk, NotAllowed
from personalization.identity.lockout import PER_ACCOUNT
from personalization.identity.pin import secret_hash
from personalization.identity.staff import (
    RIGHTS,
    STRONG,
    PasswordError,
    Right,
    Role,
    SignedIn,
    Staff,
    StaffError,
    strength,
)
from personalization.identity.totp import hotp, step_of
from personalization.purposes import Purpose, Scope
from personalization.store.database import write
from personalization.store.erasure import erase
from personalization.store.exporting import copy_of
from personalization.store.handoffs import Handoffs, NoSuchHandoff
from personalization.store.retention import clean_daily
from personalization.store.sealing import Sealer
from tests.personalization.identity.test_identity import Clock, light, secret_of
from tests.personalization.store.conftest import bytes_under, file_shop, own_folders, place, reopened, server, shop

__all__ = ["file_shop", "light", "own_folders", "place", "server", "shop"]

GOOD = "otter lantern gravel seventeen"
WORDS = "caller: the blue kettle leaks onto the counter"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def handed(consented: bool, **more):
    consents = Consents()
    if consented:
        proof = Proof("handoff.summary", 1, "en", "yes", 1.0)
        consents.grant(Purpose.HANDOFF_SUMMARY, Scope.CONVERSATION, proof)
    return hand_off(consents, "en", ("asked",), intent="complaint", turns=(WORDS,), **more)


def code(uri: str, clock: Clock) -> str:
    return hotp(secret_of(uri), step_of(clock.now))


def test_who_has_password_and_code_comes_in_once_a_code(shop, clock):
    staff = Staff(shop, clock)
    uri = staff.add("Nadia Roche", Role.AGENT, GOOD)
    assert uri.startswith("otpauth://totp/Belmont:Nadia%20Roche")
    assert staff.sign_in("nadia roche", GOOD, code(uri, clock), "desk 1") == SignedIn("Nadia Roche", Role.AGENT)
    assert staff.sign_in("Nadia Roche", GOOD, code(uri, clock)) is None  # that code was used
    clock.now += 30
    assert Staff(reopened(shop), clock).sign_in("Nadia Roche", GOOD, code(uri, clock)) is not None
    (account,) = staff.accounts()
    assert account.confirmed and account.signed_in == clock.now and account.strength >= STRONG


def test_neither_factor_alone_nor_a_closed_account_comes_in(file_shop, clock):
    staff = Staff(file_shop, clock)
    uri = staff.add("Nadia", Role.AGENT, GOOD)
    assert staff.sign_in("Nadia", GOOD, "000000") is None
    assert staff.sign_in("Nadia", GOOD + " ", code(uri, clock)) is None
    assert staff.sign_in("Nadia", GOOD, code(uri, clock)) is None  # seen with a wrong password: used up
    assert staff.sign_in("Nobody", GOOD, code(uri, clock)) is None
    clock.now += 60
    staff.close("Nadia")
    assert staff.sign_in("Nadia", GOOD, code(uri, clock)) is None


def test_guesses_are_locked_for_a_known_and_an_unknown_name_alike(file_shop, clock):
    staff = Staff(file_shop, clock)
    uri = staff.add("Nadia", Role.AGENT, GOOD)
    for name in ("Nadia", "Nobody"):
        for _ in range(PER_ACCOUNT.free):
            assert staff.sign_in(name, "wrong", "123456") is None
        wait = staff.sign_in(name, "wrong", "123456")
        assert isinstance(wait, float) and wait > 0
    assert isinstance(staff.sign_in("Nadia", GOOD, code(uri, clock)), float)  # even what is right waits
    clock.now += PER_ACCOUNT.first + 1
    assert staff.sign_in("Nadia", GOOD, code(uri, clock)) == SignedIn("Nadia", Role.AGENT)


@pytest.mark.parametrize(
    ("password", "says"),
    [("short", "12 to 72"), ("x" * 73, "12 to 72"), ("password1234", "guessed"), ("azertyuiop12", "guessed"),
     ("111111111111", "guessed"), ("Nadia Roche 1", "guessed"), ("Belmont2026!", "guessed")],
)  # fmt: skip
def test_a_password_that_would_be_guessed_is_refused(file_shop, password, says):
    with pytest.raises(PasswordError, match=says):
        Staff(file_shop).add("Nadia Roche", Role.AGENT, password)
    assert Staff(file_shop).accounts() == ()


def test_names_are_ones_own_and_mistakes_are_told(file_shop):
    staff = Staff(file_shop)
    staff.add("Zoé  Martin", Role.PRIVACY, GOOD)
    with pytest.raises(StaffError, match="has an account already"):
        staff.add("zoe martin", Role.AGENT, GOOD)
    for wrong in ("", "   ", "x" * 51):
        with pytest.raises(StaffError, match="1 to 50"):
            staff.add(wrong, Role.AGENT, GOOD)
    for change in (staff.close, staff.new_authenticator, lambda name: staff.set_password(name, GOOD)):
        with pytest.raises(StaffError, match="candide staff list"):
            change("Nobody")


def test_another_password_and_another_authenticator_replace_those_before(file_shop, clock):
    staff = Staff(file_shop, clock)
    old = staff.add("Nadia", Role.AGENT, GOOD)
    staff.set_password("Nadia", GOOD + " too")
    new = staff.new_authenticator("Nadia")
    assert staff.sign_in("Nadia", GOOD, code(new, clock)) is None
    clock.now += 60
    assert staff.sign_in("Nadia", GOOD + " too", code(old, clock)) is None
    assert staff.sign_in("Nadia", GOOD + " too", code(new, clock)) is not None


def test_nothing_of_an_account_is_legible(file_shop, tmp_path):
    uri = Staff(file_shop).add("Nadia Roche", Role.AGENT, GOOD)
    Handoffs(file_shop).keep(handed(True))
    kept = bytes_under(tmp_path)
    for secret in (GOOD, "argon2id", secret_of(uri).hex(), "blue kettle"):
        assert secret.encode() not in kept
    assert b"Nadia Roche" in kept  # the ledger's actor


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=50, deadline=None)
def test_any_password_has_a_strength(password, near):
    assert 0 <= strength(password, near) <= 4


# The desk


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_its_own_and_nothing_else(file_shop, role):
    desk = Desk(file_shop, SignedIn("Nadia", role))
    id = Handoffs(file_shop).keep(handed(True))
    ways = {
        Right.HANDOFFS: (desk.waiting, lambda: desk.read(id)),
        Right.LOOKS: (lambda: list(desk.looks()),),
    }
    for right, acts in ways.items():
        for act in acts:
            if right in RIGHTS[role]:
                assert act() is not None
            else:
                with pytest.raises(NotAllowed, match=role.value):
                    act()
                assert list(file_shop.ledger.entries())[-1].detail == {"what": "refused", "right": right.value}
    assert Right.HANDOFFS not in RIGHTS[role] or Right.LOOKS not in RIGHTS[role]


def test_staff_read_what_the_consent_lets_through_and_each_look_is_entered(shop):
    uid, handoffs = shop.find("Astarté"), Handoffs(shop)
    with_consent, without = handoffs.keep(handed(True), uid, "sip"), handoffs.keep(handed(False), uid, "sip")
    desk = Desk(shop, SignedIn("Nadia", Role.AGENT))
    outlines = {each["id"]: each for each in desk.waiting()}
    assert set(outlines) == {with_consent, without} and "kettle" not in json.dumps(desk.waiting())
    assert desk.read(with_consent[:10]).told["turns_redacted"] == [WORDS]
    assert desk.read(without).told["turns_redacted"] == [] and desk.read(without).told["intent"] is None
    entries = [each for each in shop.ledger.entries(uid, shop.keys.sealer(uid)) if each.actor == "staff:Nadia"]
    assert [each.detail["handoff"] for each in entries] == [with_consent, without, without]
    assert {each["actor"] for each in copy_of(shop, uid)["uses"]} == {"staff"}  # not who of them
    assert not shop.ledger.verify().problems
    for wrong in ("", "zz"):
        with pytest.raises(NoSuchHandoff):
            desk.read(wrong)


def test_the_beginning_of_an_id_finds_one_and_opens_no_other(shop, monkeypatch):
    uid, handoffs = shop.find("Astarté"), Handoffs(shop)
    keys = iter(bytes.fromhex(each.ljust(32, "0")) for each in ("ab1f", "ab20", "ab2f", "ff"))
    monkeypatch.setattr("personalization.store.handoffs.secrets.token_bytes", lambda size: next(keys))
    ids = [handoffs.keep(handed(True), customer) for customer in (uid, None, uid, None)]
    opened = []
    real = Sealer.open
    monkeypatch.setattr(Sealer, "open", lambda self, *given: opened.append(given[1].hex()) or real(self, *given))
    begun = {"ab1": ids[0], "AB1f": ids[0], "ab20": ids[1], "ab2f0": ids[2], "f": ids[3], ids[2]: ids[2]}
    for beginning, id in begun.items():
        opened.clear()
        assert handoffs.open(beginning).id == id and opened == [id]
    opened.clear()
    for wrong, why in {"a": "several", "ab2": "several", "ac": "no hand-off", "é": "no", ids[0] + "0": "no"}.items():
        with pytest.raises(NoSuchHandoff, match=why):
            handoffs.open(wrong)
    assert not opened
    assert handoffs.open("ab1").customer == uid and handoffs.open("ab20").customer is None


def test_an_erased_customers_hand_offs_are_gone_and_a_strangers_stay(shop):
    uid, handoffs = shop.find("Astarté"), Handoffs(shop)
    handoffs.keep(handed(True), uid)
    stranger = handoffs.keep(handed(True))
    assert len(copy_of(shop, uid)["handoffs"]) == 1
    receipt = erase(shop, uid)
    assert receipt.rows["handoffs"] == 1
    assert [each.id for each in handoffs.all()] == [stranger]


def test_hand_offs_go_in_their_time(file_shop, monkeypatch):
    from datetime import date

    from personalization.store import handoffs as module

    handoffs, uid = Handoffs(file_shop), file_shop.find("Astarté")
    monkeypatch.setattr(module, "_now", lambda: "2026-05-01T10:00:00+00:00")
    handoffs.keep(handed(True), uid), handoffs.keep(handed(True))
    monkeypatch.setattr(module, "_now", lambda: "2026-06-14T10:00:00+00:00")
    kept = handoffs.keep(handed(True))
    done = clean_daily(file_shop, date(2026, 6, 15))
    assert done.deleted["handoffs"] == 2 and [each.id for each in handoffs.all()] == [kept]


def test_a_shop_from_before_there_were_accounts_gets_its_key(file_shop):
    from sqlalchemy import delete

    from personalization.store.database import write
    from personalization.store.keys import _owner
    from personalization.store.schema import keys

    with write(file_shop.keys.engine) as connection:
        connection.execute(delete(keys).where(keys.c.owner == _owner("staff")))
    Staff(file_shop).add("Nadia", Role.AGENT, GOOD)
    file_shop.keys.rotate()
    assert [each.name for each in Staff(reopened(file_shop)).accounts()] == ["Nadia"]


def test_a_closed_account_is_deleted_in_its_time_and_an_open_one_stays(file_shop, clock):
    from datetime import UTC, datetime, timedelta

    staff = Staff(file_shop, clock)
    for name in ("Nadia", "Paul"):
        staff.add(name, Role.AGENT, GOOD)
    staff.close("Nadia")
    day = datetime.fromtimestamp(clock.now, UTC).date()
    assert clean_daily(file_shop, day + timedelta(days=400)).deleted["staff"] == 0
    assert clean_daily(file_shop, day + timedelta(days=402)).deleted["staff"] == 1
    assert [each.name for each in staff.accounts()] == ["Paul"]


# The audit


def test_an_audit_tells_of_weak_unconfirmed_and_unused_accounts(file_shop, clock):
    from datetime import UTC, datetime, timedelta

    from personalization.audit.store_security import audit_store

    staff = Staff(file_shop, clock)
    uri = staff.add("Nadia Roche", Role.AGENT, GOOD)

    def told(days: int = 0) -> list[tuple[str, str]]:
        now = datetime.fromtimestamp(clock.now, UTC) + timedelta(days=days)
        return [(each.severity, each.what) for each in audit_store(file_shop, now=now) if each.check == "staff"]

    assert told() == [("medium", "Nadia Roche has never shown a code of their second factor")]
    assert staff.sign_in("Nadia Roche", GOOD, code(uri, clock))
    assert told() == []
    assert told(91) == [("low", "nobody has signed in as Nadia Roche for 91 days")]
    with write(file_shop.engine) as connection:  # as an older version, or a hand in the database, could have left it
        account, secrets = staff._read(connection, "Nadia Roche")
        staff._write(connection, account, secrets | {"hash": secret_hash("roche123", staff._key)})
    assert told() == [("high", "the password of Nadia Roche is easily guessed")]
    staff.close("Nadia Roche")
    assert told(91) == []
