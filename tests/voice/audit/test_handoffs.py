"""Who waits, who gives up and who is offered a human is told by group, and a group that fares worse is flagged."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.voice.audit.test_promises import KEPT
from tests.voice.cli.test_commands import candide, told
from voice.audit.handoffs import MEASURES, audit_handoffs
from voice.record import CallRecord, Human

LIMITS = {"ratio": 0.8, "least": 5, "resamples": 100}
CALL = CallRecord("2026-11-24T10", "sip", "fr", "handed off", 60.0, 4, 0, 0, 0, False)
REACHED = Human(False, True, True, False, 10.0)


def calls(count: int, human: Human = REACHED, **changed) -> list[CallRecord]:
    return [replace(CALL, human=human, **changed) for _ in range(count)]


def by_name(found) -> dict:
    return {(each.measure, each.attribute): each for each in found}


def test_the_same_for_everybody_holds():
    found = by_name(audit_handoffs(calls(10) + calls(10, language="en"), LIMITS))
    assert {measure for measure, _ in found} == set(MEASURES)
    assert {attribute for _, attribute in found} == {"language", "way", "time of day", "identified"}
    assert all(each.holds for each in found.values())
    assert found["wait_seconds", "language"].groups[0].mean == 10.0


@pytest.mark.parametrize(
    ("human", "measure"),
    [
        (replace(REACHED, waited=14.0), "wait_seconds"),
        (Human(False, True, False, False, 30.0), "human_or_call_back"),
        (Human(False, True, False, True, 30.0), "human_reached"),
        (Human(), "asked_for_human"),
    ],
)
def test_a_group_that_fares_otherwise_is_flagged(human, measure):
    found = by_name(audit_handoffs(calls(10) + calls(10, human, language="en"), LIMITS))
    assert not found[measure, "language"].holds
    assert found[measure, "way"].holds


def test_too_few_are_shown_and_judge_nothing():
    few = by_name(audit_handoffs(calls(10) + calls(4, replace(REACHED, waited=99.0), language="en"), LIMITS))
    assert few["wait_seconds", "language"].holds
    assert [group.too_small for group in few["wait_seconds", "language"].groups] == [True, False]


def test_what_customers_allow_is_a_group_and_others_gave_none():
    found = by_name(audit_handoffs(calls(6, groups={"age": "25 to 39"}) + calls(6), LIMITS))
    assert [group.name for group in found["wait_seconds", "age"].groups] == ["25 to 39", "not given"]


def test_the_command_reads_records_and_journals_alike(tmp_path):
    (tmp_path / "calls-2026-11-24.jsonl").write_text(
        "".join(json.dumps(each.as_dict()) + "\n" for each in calls(3)), encoding="utf-8"
    )
    (tmp_path / "demo.jsonl").write_text("".join(json.dumps(each) + "\n" for each in KEPT), encoding="utf-8")
    done = candide("audit", "handoffs", str(tmp_path), "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["calls"] == 4
    assert {each["measure"] for each in found["comparisons"]} == set(MEASURES)
    plain = candide("audit", "handoffs", str(tmp_path))
    assert "4 calls" in told(plain) and "too small" in told(plain)
    (tmp_path / "calls-2026-11-24.jsonl").write_text('{"record": 1}\n{"record": 1}\n', encoding="utf-8")
    assert candide("audit", "handoffs", str(tmp_path)).returncode == 2


def test_a_promise_broken_in_a_call_whose_journal_is_gone_is_counted(tmp_path):
    broken = replace(CALL, promises={"verified_reasons": (1, 2)}, broken=(("verified_reasons", 7),))
    path = tmp_path / "calls-2026-11-24.jsonl"
    path.write_text(json.dumps(broken.as_dict()) + "\n", encoding="utf-8")
    done = candide("audit", "promises", str(path), "--no-graph")
    assert done.returncode == 1 and "turn 7" in told(done)
