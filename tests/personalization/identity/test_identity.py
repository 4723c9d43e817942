"""PIN, one-time codes and lockout: right ones once, wrong ones few, and nobody learns who exists."""

from __future__ import annotations

import json
import threading
from urllib.parse import parse_qs, urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.identity import identification, pin
from personalization.identity.identification import Identification, Outcome
from personalization.identity.lockout import PER_ACCOUNT, PER_CALLER, PER_KIOSK, Limit
from personalization.identity.pin import PinError, hash_pin, pin_matches
from personalization.identity.sending import FileSender
from personalization.identity.step_up import Level, needed, step_up
from personalization.identity.totp import STEP, hotp, provisioning_uri, step_of, used_step
from personalization.purposes import DataKind
from personalization.store.schema import PERSONAL
from tests.personalization.store.conftest import bytes_under

NOW = 1_780_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """Argon2 with the least memory: the tests prove the logic, not the machine."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(pin, "_hasher", lambda: hasher)
    pin._nobodys.cache_clear()
    yield
    pin._nobodys.cache_clear()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(file_shop, tmp_path, clock) -> Identification:
    return Identification(file_shop, FileSender(tmp_path / "sent"), clock)


def secret_of(uri: str) -> bytes:
    import base64

    text = parse_qs(urlparse(uri).query)["secret"][0]
    return base64.b32decode(text + "=" * (-len(text) % 8))


# RFC 4226, appendix D, and RFC 6238, appendix B


@pytest.mark.parametrize(
    ("counter", "code"),
    list(enumerate("755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split())),
)
def test_hotp_gives_the_codes_of_its_rfc(counter, code):
    assert hotp(b"12345678901234567890", counter) == code


@pytest.mark.parametrize(
    ("moment", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_totp_gives_the_codes_of_its_rfc(moment, code):
    assert hotp(b"12345678901234567890", step_of(moment), 8) == code


@given(st.binary(min_size=20, max_size=20), st.integers(STEP * 2, 2**33))
def test_a_code_is_taken_once_and_only_near_its_time(secret, moment):
    code = hotp(secret, step_of(moment))
    step = used_step(secret, code, moment)
    assert step is not None
    assert used_step(secret, code, moment, last=step) is None
    assert used_step(secret, code, moment + STEP, last=-1) is not None
    far = {hotp(secret, step_of(moment) + n) for n in (9, 10, 11)}
    assert code in far or used_step(secret, code, moment + 10 * STEP) is None


def test_an_authenticator_app_makes_the_same_codes():
    pyotp = pytest.importorskip("pyotp", reason="pip install pyotp: an independent authenticator")
    secret = b"candide's own secret"
    app = pyotp.parse_uri(provisioning_uri(secret, "Cunégonde", "Belmont & Fils"))
    assert app.at(NOW) == hotp(secret, step_of(NOW)) and app.issuer == "Belmont & Fils"


# PIN


@pytest.mark.parametrize("bad", ["", "123", "12a4", "0000", "1234", "9876", "4545", "1984", "١٢٣٤", "1" * 13])
def test_a_pin_anybody_would_guess_is_refused(bad):
    with pytest.raises(PinError):
        hash_pin(bad, b"k" * 32)


def test_a_pin_is_kept_as_argon2id_under_the_shops_key():
    kept = hash_pin("4071", b"k" * 32)
    assert kept.startswith("$argon2id$")
    assert pin_matches("4071", kept, b"k" * 32)
    assert not pin_matches("4072", kept, b"k" * 32)
    assert not pin_matches("4071", kept, b"l" * 32), "without the key, guessing gets nowhere"
    assert not pin_matches("4071", None, b"k" * 32) and not pin_matches("4071", "damaged", b"k" * 32)


def test_the_recommended_cost_is_what_customers_get(monkeypatch):
    monkeypatch.undo()
    pin._hasher.cache_clear()
    parameters = pin._hasher()._parameters
    assert (parameters.memory_cost, parameters.time_cost) == (65536, 3)


# Proving


def test_one_factor_and_two(door, file_shop, clock):
    uid = file_shop.find("Candide")
    door.set_pin(uid, "4071")
    secret = secret_of(door.enrol_totp(uid))
    assert door.prove("Candide", pin="4071").level is Level.ONE_FACTOR
    code = hotp(secret, step_of(clock.now))
    found = door.prove("candide", pin="4071", code=code)
    assert (found.outcome, found.uid, found.level) == (Outcome.PROVED, uid, Level.TWO_FACTORS)
    assert door.prove("candide", pin="4071", code=code).outcome is Outcome.WRONG, "a code is used once"
    assert door.prove("candide", pin="4072").outcome is Outcome.WRONG
    assert door.prove("candide").outcome is Outcome.WRONG, "nothing shown proves nothing"


def test_a_code_beside_a_wrong_pin_is_used_up(door, file_shop, clock):
    uid = file_shop.find("Candide")
    door.set_pin(uid, "4071")
    code = hotp(secret_of(door.enrol_totp(uid)), step_of(clock.now))
    assert door.prove("candide", pin="4072", code=code).outcome is Outcome.WRONG
    assert door.prove("candide", pin="4071", code=code).outcome is Outcome.WRONG


@pytest.fixture
def reachable(file_shop, tmp_path):
    from personalization.store.importing import import_shop
    from personalization.store.sources import open_source

    folder = tmp_path / "telephones"
    folder.mkdir()
    (folder / "customers.csv").write_text("id,name,phone\ncandide,Candide,0102030405\n", encoding="utf-8")
    import_shop(file_shop, open_source(str(folder)))
    return file_shop.find("candide")


def sent(tmp_path) -> list[dict]:
    path = tmp_path / "sent"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def test_a_sent_code_goes_to_the_customers_own_number_and_holds_once(door, reachable, tmp_path):
    assert door.send_code("candide") == 0
    (told,) = sent(tmp_path)
    assert told["to"] == "0102030405" and told["language"] == "fr"
    assert door.prove("candide", code=told["code"]).outcome is Outcome.PROVED
    assert door.prove("candide", code=told["code"]).outcome is Outcome.WRONG


def test_a_sent_code_does_not_outlive_its_time_or_three_guesses(door, reachable, tmp_path, clock):
    door.send_code("candide")
    clock.now += identification.SENT_HOLDS + 1
    assert door.prove("candide", code=sent(tmp_path)[0]["code"]).outcome is Outcome.WRONG
    door.send_code("candide")
    code = sent(tmp_path)[1]["code"]
    for _ in range(3):
        door.prove("candide", code="000000" if code != "000000" else "111111", caller="x")
    clock.now += PER_ACCOUNT.forgotten / 1000
    assert door.prove("candide", code=code).outcome is not Outcome.PROVED


def test_asking_for_a_code_tells_nothing_and_rings_nobody_all_day(door, reachable, tmp_path):
    assert door.send_code("nobody at all") == door.send_code("candide") == 0
    waits = [door.send_code("candide", caller="kiosk") for _ in range(12)]
    assert waits[-1] > 0 and len(sent(tmp_path)) <= PER_ACCOUNT.free


# Lockout


def guesses(door: Identification, account: str, count: int, caller: str | None = None) -> list[Outcome]:
    return [door.prove(account, caller, pin="8264").outcome for _ in range(count)]


def test_an_account_locks_doubles_and_opens_again(door, file_shop, clock):
    door.set_pin(file_shop.find("candide"), "4071")
    assert guesses(door, "candide", 5) == [Outcome.WRONG] * 5
    locked = door.prove("candide", pin="4071")
    assert locked.outcome is Outcome.LOCKED and 0 < locked.wait <= PER_ACCOUNT.first, "the right PIN too"
    clock.now += PER_ACCOUNT.first + 1
    assert guesses(door, "candide", 1) == [Outcome.WRONG]
    assert door.prove("candide", pin="4071").wait > PER_ACCOUNT.first
    clock.now += 2 * PER_ACCOUNT.first + 1
    assert door.prove("candide", pin="4071").outcome is Outcome.PROVED
    assert guesses(door, "candide", 4) == [Outcome.WRONG] * 4, "a right one clears the account's count"


def test_a_name_and_a_number_are_one_account(door, file_shop):
    door.set_pin(file_shop.find("martin"), "4071")
    for account in ("martin", "Martin", "MARTIN", "martin", "Martín"):
        guesses(door, account, 1)
    assert door.prove("Martin", pin="4071").outcome is Outcome.LOCKED


def test_slips_of_a_busy_day_do_not_shut_a_kiosk_and_guessing_does(file_shop, clock):
    door = Identification(file_shop, now=clock, callers=PER_KIOSK)
    for number in range(200):  # one wrong entry every eleven minutes, a day and a half
        assert door.prove(f"customer {number}", "kiosk", pin="1234").outcome is Outcome.WRONG
        clock.now += 660
    guesses = [door.prove(f"guessed {number}", "kiosk", pin="1234").outcome for number in range(PER_KIOSK.free + 5)]
    assert guesses.count(Outcome.WRONG) <= PER_KIOSK.free and guesses[-1] is Outcome.LOCKED
    judged = 0
    for minute in range(600):
        judged += door.prove(f"again {minute}", "kiosk", pin="1234").outcome is Outcome.WRONG
        clock.now += 60
    assert judged <= 61, "six an hour"


def test_an_unknown_account_locks_like_a_known_one(door):
    assert guesses(door, "nobody", 5) == [Outcome.WRONG] * 5
    assert door.prove("nobody", pin="8264").outcome is Outcome.LOCKED


def test_a_caller_who_tries_everybody_is_locked_out_and_others_are_not(door, file_shop):
    names = ["candide", "martin", "zadig", "cacambo", "paquette", "jacques", "amazan", "babouc", "nobody", "formosante"]
    for name in names:
        assert guesses(door, name, 1, caller="0600000000") == [Outcome.WRONG]
    door.set_pin(file_shop.find("pangloss"), "4071")
    assert door.prove("pangloss", "06 00000000".replace(" ", ""), pin="4071").outcome is Outcome.LOCKED
    assert door.prove("pangloss", "0611111111", pin="4071").outcome is Outcome.PROVED


def test_knowing_one_pin_does_not_clear_a_callers_count(door, file_shop):
    door.set_pin(file_shop.find("pangloss"), "4071")
    outcomes = []
    for name in ["candide", "martin", "zadig", "cacambo", "paquette", "jacques", "amazan", "babouc", "x", "y", "z"]:
        outcomes += guesses(door, name, 1, caller="0600000000")
        outcomes.append(door.prove("pangloss", "0600000000", pin="4071").outcome)
    assert Outcome.LOCKED in outcomes


def test_guesses_at_the_same_moment_all_count(door, file_shop):
    door.set_pin(file_shop.find("candide"), "4071")
    outcomes: list[Outcome] = []

    def work() -> None:
        outcomes.extend(guesses(door, "candide", 5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(Outcome.WRONG) == PER_ACCOUNT.free


def test_the_lock_is_kept_over_a_restart_and_on_every_database(shop, clock, tmp_path):
    Identification(shop, None, clock).set_pin(shop.find("candide"), "4071")
    assert guesses(Identification(shop, None, clock), "candide", 5) == [Outcome.WRONG] * 5
    assert Identification(shop, None, clock).prove("candide", pin="4071").outcome is Outcome.LOCKED


@given(st.integers(0, 200))
def test_a_lock_grows_and_ends(failures):
    for limit in (PER_ACCOUNT, PER_CALLER, Limit(1, 10)):
        assert limit.lock(failures) <= limit.lock(failures + 1) <= limit.longest
        assert (limit.lock(failures) > 0) == (failures >= limit.free)


# Nobody learns who exists, and nothing is left lying about


def test_a_known_and_an_unknown_customer_take_the_same_work(door, file_shop, monkeypatch):
    """One Argon2 check, the same comparisons, one ledger entry: counted, not timed."""
    uid = file_shop.find("candide")
    door.set_pin(uid, "4071")
    door.enrol_totp(uid)
    counts: dict[str, int] = {}

    def counted(name: str, real):
        def count(*arguments, **more):
            counts[name] = counts.get(name, 0) + 1
            return real(*arguments, **more)

        return count

    hasher = pin._hasher()
    verify = staticmethod(counted("argon2", hasher.verify))
    monkeypatch.setattr(pin, "_hasher", lambda: type("Counted", (), {"verify": verify, "hash": hasher.hash}))
    monkeypatch.setattr(identification, "used_step", counted("totp", used_step))
    monkeypatch.setattr(identification.hmac, "compare_digest", counted("compared", identification.hmac.compare_digest))
    monkeypatch.setattr(file_shop.ledger, "append", counted("entered", file_shop.ledger.append))
    work = []
    for account in ("candide", "nobody at all"):
        counts.clear()
        assert door.prove(account, pin="8264", code="123456").outcome is Outcome.WRONG
        work.append(dict(counts))
    assert work[0] == work[1] and work[0]["argon2"] == 1 and work[0]["entered"] == 1


def test_no_secret_is_legible_and_erasure_takes_them(door, file_shop, tmp_path, clock):
    from personalization.store.erasure import erase

    uid = file_shop.find("candide")
    door.set_pin(uid, "4071")
    secret = secret_of(door.enrol_totp(uid))
    guesses(door, "candide", 2, caller="0600000000")
    held = bytes_under(tmp_path)
    for word in (b"4071", b"argon2", secret, secret.hex().encode(), b"0600000000"):
        assert word not in held
    erase(file_shop, uid)
    assert not sum(file_shop.counts()[table.name] for table in PERSONAL if table.name == "credentials")
    assert door.prove("candide", pin="4071").outcome is Outcome.WRONG


def test_every_outcome_is_in_the_ledger_without_the_figures(door, file_shop):
    uid = file_shop.find("candide")
    door.set_pin(uid, "4071")
    door.prove("candide", pin="4071")
    guesses(door, "candide", 1)
    entries = [each.detail for each in file_shop.ledger.entries(uid, file_shop.keys.sealer(uid))]
    assert [each["what"] for each in entries] == ["pin set", "proved", "refused"]
    assert "4071" not in str(entries) and not file_shop.ledger.verify().problems


# Step-up


def test_proof_is_asked_for_only_when_it_matters():
    assert step_up(Level.NOBODY) is None
    assert step_up(Level.NOBODY, [DataKind.VOICE_CUES, DataKind.LOCATION]) is None
    assert step_up(Level.HINT, [DataKind.PURCHASES]) is Level.ONE_FACTOR
    assert step_up(Level.ONE_FACTOR, [DataKind.PURCHASES, DataKind.ORDERS]) is None
    assert step_up(Level.ONE_FACTOR, actions=["erase"]) is Level.TWO_FACTORS
    assert step_up(Level.TWO_FACTORS, list(DataKind), ["erase", "export"]) is None


@given(st.sets(st.sampled_from(list(DataKind))), st.sets(st.sampled_from(list(DataKind))))
def test_more_data_never_takes_less_proof(some, more):
    assert needed(some) <= needed(some | more)


def test_a_kind_of_data_nobody_thought_of_takes_the_most():
    assert needed(["something new"]) is Level.TWO_FACTORS
