"""What stays of a call: figures and verdicts, no word and no purchase; who asked for a human, and how long it took."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.dialogue import Dialogue
from personalization.consent import Proof
from personalization.purposes import Purpose, Scope
from personalization.shop import Shop
from tests.voice.sample_journal import sample_entries
from voice.audit.journals import JournalError
from voice.record import CallRecord, Human, Records, groups_of, read_records, record_of

NOW = datetime(2026, 11, 24, 14, 30)
SHOP = Shop.load(today=NOW.date())


def row(at: float, event: str, **fields) -> dict:
    return {"at": at, "event": event, **fields}


def line(at: float, phrase: str, complete: bool = True, turn: int = 1) -> list[dict]:
    return [
        row(at, "LineStarted", turn=turn, line=0, phrase=phrase, text="", script=False, language="en"),
        row(at + 1, "LineHeard", turn=turn, line=0, text="", complete=complete),
    ]


def asked(at: float) -> dict:
    return row(at, "Understood", turn=1, intent="human", slots={}, confidence=1.0, also=None)


def handed(at: float, outcome: str = "transferred") -> dict:
    return row(at, "HandedOff", reasons=["asked"], outcome=outcome)


def ended(at: float, reason: str) -> dict:
    return row(at, "ConversationEnded", reason=reason)


CASES = {
    "nobody asked": ([[ended(20, "goodbye")]], (), Human()),
    "offered, and declined": ([[*line(5, "human.offer"), ended(20, "goodbye")]], (), Human(offered=True)),
    "an offer that was cut off": ([[*line(5, "human.offer", complete=False), ended(9, "goodbye")]], (), Human()),
    "asked and answered": (
        [[asked(10), handed(12), ended(15, "handed off")]], ((8.0, True),), Human(False, True, True, False, 13.0),
    ),
    "by a key": ([[handed(12), ended(15, "handed off")]], ((8.0, True),), Human(False, True, True, False, 11.0)),
    "offered and accepted": (
        [[*line(5, "human.offer"), handed(12), ended(15, "handed off")]], ((8.0, True),),
        Human(True, True, True, False, 11.0),
    ),
    "hung up before": ([[asked(10), ended(14, "caller hung up")]], (), Human(False, True, False, False, 4.0)),
    "hung up while it rang": (
        [[asked(10), handed(12), ended(15, "handed off")]], ((9.0, False),), Human(False, True, False, False, 14.0),
    ),
    "nobody answered, a call back": (
        [
            [asked(10), handed(12), ended(15, "handed off")],
            [*line(0, "line.no_adviser"), row(20, "Replied", turn=2, uses=[], actions=["callback"]), ended(30, "end")],
        ],
        ((30.0, False),), Human(False, True, False, True, 65.0),
    ),
    "the second who was rung answers": (
        [[asked(10), handed(12), ended(15, "handed off")], [asked(5), handed(6), ended(7, "handed off")]],
        ((30.0, False), (4.0, True)), Human(False, True, True, False, 46.0),
    ),
    "closed: a call back": ([[handed(9, "callback"), ended(15, "goodbye")]], (), Human(False, True, False, True, 6.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_how_a_human_was_reached(name):
    journals, rings, human = CASES[name]
    found = record_of(journals, SHOP.catalogue, rings=rings).human
    assert found == human
    assert found.gave_up == (name in ("hung up before", "hung up while it rang"))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_nothing_said_and_nothing_bought_is_in_a_record(language):
    rows = [entry.as_dict() for entry in sample_entries(language)]
    record = record_of([rows], SHOP.catalogue, began=NOW, way="sip")
    kept = json.dumps(record.as_dict(), ensure_ascii=False).casefold()
    said = [each["text"] for each in rows if each["event"] in ("Utterance", "LineStarted")]
    words = {word for text in said for word in re.findall(r"[^\W\d_]{5,}", text.casefold())}
    names = {"language", "seconds", "turns", "human", "asked", "called"}
    assert words and not {word for word in words - names if re.search(rf"\b{word}\b", kept)}
    products = {each["product"] for each in rows if each["event"] in ("Suggested", "Suppressed")}
    assert products and not any(product in kept for product in products)
    assert record.turns == sum(each["event"] == "Utterance" for each in rows) and record.language == language
    assert record.human.asked and record.human.reached and record.promises["verified_reasons"][1] > 0


def test_a_broken_promise_is_in_the_record():
    rows = [row(0, "Suggested", product="x", rule="together", evidence=[{"product": "y", "date": "2026-11-01"}],
                verified=False, reason="")]  # fmt: skip
    record = record_of([rows], SHOP.catalogue)
    assert record.promises["verified_reasons"] == (0, 1) and record.broken == (("verified_reasons", 0),)


def test_groups_are_told_only_under_a_consent_to_statistics():
    person = next(each for each in SHOP.customers if each.birth_year)
    dialogue = Dialogue(SHOP, SHOP.open_file(person.name), "en", "phone", NOW, authenticated=True)
    assert groups_of(dialogue) == {} and groups_of(Dialogue(SHOP, None, "en", "phone", NOW)) == {}
    dialogue.consents.grant(Purpose.PURCHASES, Scope.LASTING, Proof("consent.purchases", 1, "en", "yes", 1.0))
    assert groups_of(dialogue) == {}
    proof = Proof("consent.improvement_statistics", 1, "en", "yes", 1.0)
    dialogue.consents.grant(Purpose.IMPROVEMENT_STATISTICS, Scope.LASTING, proof)
    assert groups_of(dialogue)["region"] == person.store and "to" in groups_of(dialogue)["age"]
    dialogue.consents.withdraw(Purpose.IMPROVEMENT_STATISTICS, proof)
    assert groups_of(dialogue) == {}


_COUNTS = st.integers(0, 1000)
_HUMANS = st.builds(Human, *[st.booleans()] * 4, st.none() | st.floats(0, 1e4))
_RECORDS = st.builds(
    CallRecord, st.sampled_from(["", "2026-11-24T09"]), st.text(), st.sampled_from(["fr", "en"]), st.text(),
    st.floats(0, 1e5), _COUNTS, _COUNTS, _COUNTS, _COUNTS, st.booleans(), _HUMANS,
    st.dictionaries(st.text(), st.tuples(_COUNTS, _COUNTS)), st.lists(st.tuples(st.text(), _COUNTS)).map(tuple),
    st.dictionaries(st.text(), st.text()),
)  # fmt: skip


@given(_RECORDS)
def test_a_record_comes_back_from_its_line(record):
    assert CallRecord.from_dict(json.loads(json.dumps(record.as_dict()))) == record


def test_records_are_the_owners_alone_a_file_a_day_and_go_in_their_time(tmp_path):
    folder = tmp_path / "made" / "records"
    today = date.today()
    records, record = Records(folder, 30), record_of([[ended(3, "goodbye")]], SHOP.catalogue, began=NOW, way="sip")
    old, other = today - timedelta(days=31), folder / "notes.txt"
    records.add(record, today)
    records.add(record, today)
    (folder / f"calls-{old}.jsonl").write_text("{}\n")
    (folder / f"calls-{today - timedelta(days=30)}.jsonl").write_text("{}\n")
    other.write_text("mine")
    [path] = [each for each in folder.iterdir() if str(today) in each.name]
    assert read_records(path) == (record, record)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    Records(folder, 30)
    assert len(list(folder.iterdir())) == 3 and other.exists() and not (folder / f"calls-{old}.jsonl").exists()


def test_the_kiosk_and_the_line_need_no_database():
    hidden = "import sys; sys.modules['sqlalchemy'] = sys.modules['argon2'] = sys.modules['zxcvbn'] = None; "
    done = subprocess.run(
        [sys.executable, "-c", hidden + "import voice.kiosk.kiosk, voice.line.service, voice.record"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_last_line_that_was_cut_is_left_out_and_another_wrong_line_is_told(tmp_path):
    path, line_ = tmp_path / "calls-2026-11-24.jsonl", json.dumps(record_of([], SHOP.catalogue).as_dict())
    path.write_text(f"{line_}\n{line_[:40]}")
    assert len(read_records(path)) == 1
    for wrong in ("{}", "[]", line_.replace('"record": 1', '"record": 2'), "x"):
        path.write_text(f"{wrong}\n{line_}\n")
        with pytest.raises(JournalError, match="line 1: not a call's record"):
            read_records(path)
    with pytest.raises(JournalError, match="can't be read"):
        read_records(tmp_path / "none")
