"""Each promise is counted where it can be broken, and a broken one is told by its turn."""

from __future__ import annotations

import json
from datetime import date

import pytest

from personalization.shop import Shop
from tests.voice.cli.test_commands import candide, told
from tests.voice.sample_journal import sample_entries
from voice.audit.journals import JournalError, journals
from voice.audit.promises import PROMISES, count_promises

SHOP = Shop.load(today=date(2026, 11, 24))


def row(event: str, **fields) -> dict:
    return {"at": 0.0, "event": event, **fields}


def line(turn: int, number: int, phrase: str, text: str = "", script: bool = False, complete: bool = True) -> list:
    return [
        row("LineStarted", turn=turn, line=number, phrase=phrase, text=text, script=script),
        row("LineHeard", turn=turn, line=number, text=text, complete=complete),
    ]


def replied(turn: int, *uses: str) -> dict:
    return row("Replied", turn=turn, uses=list(uses), discloses=[], actions=[], text="")


def suggested(product: str, rule: str = "replenish", verified: bool = True, cites: tuple[str, ...] = ()) -> dict:
    evidence = [{"product": each, "name": each, "date": "2026-11-01"} for each in cites]
    return row("Suggested", product=product, rule=rule, evidence=evidence, verified=verified, reason="because")


OPENING = [replied(0), *line(0, 0, "opening", script=True)]
KEPT = [
    *OPENING,
    row("Authenticated", method="pin"),
    suggested("brunelle-filtres", cites=("brunelle-filtres",)),
    replied(1, "purchases"),
    *line(1, 0, "disclosure.purchases", script=True),
    *line(1, 1, "reason.replenish.many", "because"),
]


def counted(tmp_path, rows) -> dict:
    path = tmp_path / "call.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    return {share.name: share for share in count_promises(journals([path]), SHOP.catalogue, {
        name: {"at_least": 1.0} if good else {"at_most": 0.0} for name, (_, good) in PROMISES.items()
    })}  # fmt: skip


def test_a_call_that_keeps_every_promise(tmp_path):
    shares = counted(tmp_path, KEPT)
    assert set(shares) == set(PROMISES) and all(share.holds for share in shares.values())
    assert (shares["disclosure_before_use"].count, shares["disclosure_before_use"].n) == (1, 1)


def test_a_call_that_comes_back_had_its_opening_before(tmp_path):
    back = [replied(0), *line(0, 0, "line.no_adviser"), *line(0, 1, "handoff.closed", script=True)]
    assert counted(tmp_path, back)["opening_disclosure"].n == 0
    assert not counted(tmp_path, back[:1] + back[3:])["opening_disclosure"].holds


def test_an_opening_that_ends_after_the_next_reply_was_given_was_heard(tmp_path):
    begun, heard = line(0, 0, "opening", script=True)
    after = [replied(0), *line(0, 0, "human.connect_plain")]
    assert counted(tmp_path, [replied(0), begun, after[0], heard, *after[1:]])["opening_disclosure"].count == 1
    cut = heard | {"complete": False}
    assert not counted(tmp_path, [replied(0), begun, after[0], cut, *after[1:]])["opening_disclosure"].holds


def durable() -> tuple[str, str]:
    """Two products of one lasting category."""
    for kind in SHOP.catalogue.categories.values():
        same = [each.id for each in SHOP.catalogue if each.category == kind.id]
        if kind.life_cycle.value == "durable" and len(same) > 1:
            return same[0], same[1]
    raise AssertionError("the demo shop has no lasting category of two products")


OWNED, OTHER = durable()
BROKEN = {
    "opening_disclosure": [[replied(0), *line(0, 0, "advice.offer")],
                           [replied(0), *line(0, 0, "opening", "", True, complete=False), *line(1, 0, "advice.offer")],
                           [replied(0), *line(0, 0, "opening", script=False), *line(1, 0, "advice.offer")]],
    "disclosure_before_use": [[*KEPT[:6], *line(1, 1, "reason.replenish.many")],
                              [*KEPT[:6], *line(1, 0, "reason.x", "because"), *line(1, 1, "disclosure.purchases")],
                              [*OPENING, replied(1, "voice_cues"), *line(1, 0, "advice.offer")],
                              [*OPENING, replied(1, "orders"), *line(1, 0, "disclosure.purchases")]],
    "verified_reasons": [[suggested("x", verified=False, cites=("y",))], [suggested("x", rule="same_taste")]],
    "owned_reoffered": [[row("Suppressed", product="x", rule="owned", until=None), suggested("x", "popular")],
                        [suggested(OTHER, "complement", cites=(OWNED,))]],
    "refused_reoffered": [[row("Refused", product="x", category=None), suggested("x", "popular")],
                          [row("Refused", product=None, category=SHOP.catalogue.products[OWNED].category),
                           suggested(OWNED, "popular")]],
    "data_before_authentication": [[*OPENING, replied(1, "orders"), row("Authenticated", method="pin")],
                                   [*OPENING, replied(1, "purchases")]],
}  # fmt: skip


@pytest.mark.parametrize(("name", "rows"), [(name, rows) for name, ways in BROKEN.items() for rows in ways])
def test_a_broken_promise_is_told_by_its_turn(tmp_path, name, rows):
    share = counted(tmp_path, rows)[name]
    assert not share.holds and share.broken[0].startswith("call.jsonl, turn ")


def test_what_was_refused_may_not_be_offered_again_though_a_present_may_be_what_one_owns(tmp_path):
    present = row("Understood", turn=1, slots={"recipient": "ma mère"})
    kept = row("Suppressed", product="x", rule="owned", until=None)
    assert counted(tmp_path, [kept, present, suggested("x", "popular")])["owned_reoffered"].holds


def test_the_lifelike_sample_is_read_and_the_last_line_cut_short_is_left_out(tmp_path):
    rows = [entry.as_dict() for entry in sample_entries("fr")]
    shares = counted(tmp_path, rows)
    assert shares["opening_disclosure"].n == 1
    path = tmp_path / "cut.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in KEPT) + '{"at": 1, "ev', encoding="utf-8")
    (read,) = journals([path])
    assert read.cut and len(read.rows) == len(KEPT)


@pytest.mark.parametrize("content", [b"", b"hello\n", b'{"a": 1}\n{"b": 2}\n', b"\xff\xfe\0"])
def test_what_is_no_journal_is_refused_with_what_to_do(tmp_path, content):
    path = tmp_path / "no.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"name another|name a"):
        journals([path])
    with pytest.raises(JournalError):
        journals([tmp_path / "gone"])


def test_the_command_tells_which_promise_broke_and_ends_with_1(tmp_path):
    path = tmp_path / "call.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in BROKEN["verified_reasons"][0]), encoding="utf-8")
    done = candide("audit", "promises", str(tmp_path), "--no-graph")
    assert done.returncode == 1 and "verified reasons: call.jsonl, turn" in told(done)
    missing = candide("audit", "promises", str(tmp_path / "gone"))
    assert missing.returncode == 2 and "name a journal" in told(missing)
