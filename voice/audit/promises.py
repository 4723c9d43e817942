"""The promises, counted in the journals: each row says in which turn of which journal one was broken.

Only what the caller heard counts as said, and only events of the journal are looked at: nothing is played again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from personalization.audit.figures import Share
from personalization.catalogue import Catalogue, LifeCycle
from voice.audit.journals import Recorded

__all__ = ["PROMISES", "Verdicts", "count_promises"]

_DISCLOSED = {"purchases", "voice_cues", "orders", "location"}
"""Kinds of data that have a disclosure script; identity is disclosed by the script that asks for it."""
_PERSONAL = {"purchases", "orders", "location"}
_WITHOUT_EVIDENCE = {"popular", "asked"}
_HOME_AGAIN = {"replenish", "wears_out"}
"""Rules that offer what is owned, in its time."""
_COMES_BACK = "line.no_adviser"
_BEFORE_THE_OPENING = ("opener.", "line.", "trouble.")

Verdict = tuple[int, bool]
"""(turn, whether the promise held) of each place where it could be broken."""


@dataclass(frozen=True)
class _Reply:
    """One reply, and which of its lines were begun and heard to the end."""

    turn: int
    uses: frozenset[str]
    lines: tuple[dict[str, Any], ...]
    heard: frozenset[tuple[int, int]]

    def finished(self, line: dict[str, Any]) -> bool:
        return (line["turn"], line["line"]) in self.heard


def _replies(journal: Recorded) -> list[_Reply]:
    found: list[tuple[dict[str, Any], list, set]] = [({"turn": 0, "uses": ()}, [], set())]
    for row in journal.rows:
        if row["event"] == "Replied":
            found.append((row, [], set()))
        elif row["event"] == "LineStarted":
            found[-1][1].append(row)
        elif row["event"] == "LineHeard" and row["complete"]:
            # A legal line finishes its sentence after the next reply was given; numbers begin anew in that.
            place = (row["turn"], row["line"])
            begun = (each for each in reversed(found) if any((line["turn"], line["line"]) == place for line in each[1]))
            next(begun, found[-1])[2].add(place)
    return [_Reply(row["turn"], frozenset(row["uses"]), tuple(lines), frozenset(ears)) for row, lines, ears in found]


def _opening(journal: Recorded, catalogue: Catalogue) -> Iterator[Verdict]:
    """The opening script, which says that this is an AI, comes first and is heard to its end (AI Act, art. 50(1)).

    A call that comes back because no person answered had its opening in the journal before.
    """
    replies = _replies(journal)
    lines = [(reply, line) for reply in replies for line in reply.lines]
    if lines and lines[0][1]["phrase"] == _COMES_BACK:
        return
    said = [pair for pair in lines if not pair[1]["phrase"].startswith(_BEFORE_THE_OPENING)]
    if said:
        reply, first = said[0]
        opened = first["phrase"] == "opening" and first["script"]
        yield first["turn"], opened and (reply.finished(first) or len(said) == 1)


def _disclosure(journal: Recorded, catalogue: Catalogue) -> Iterator[Verdict]:
    """The first reply that rests on a kind of data: its disclosure was heard before it, or comes first in it."""
    told: set[str] = set()
    used: set[str] = set()
    reasons: list[str] = []
    by_reply = iter(_replies(journal)[1:])
    for row in journal.rows:
        if row["event"] == "Suggested" and row["evidence"]:
            reasons.append(row["reason"])
        if row["event"] != "Replied":
            continue
        reply = next(by_reply)
        for kind in sorted((reply.uses & _DISCLOSED) - used):
            if reply.lines:
                used.add(kind)
                yield reply.turn, kind in told or _announced(reply, kind, reasons)
        told |= {line["phrase"].removeprefix("disclosure.") for line in reply.lines if reply.finished(line)}


def _announced(reply: _Reply, kind: str, reasons: list[str]) -> bool:
    """In the same reply: the disclosure is begun before any reason that cites purchases, and is not the last line."""
    for place, line in enumerate(reply.lines):
        if line["phrase"] == f"disclosure.{kind}":
            return reply.finished(line) or place == len(reply.lines) - 1
        if kind == "purchases" and (line["phrase"].startswith("reason.") or line["text"] in reasons):
            return False
    return not any(line["phrase"] for line in reply.lines if not line["phrase"].startswith("opener."))


def _verified(journal: Recorded, catalogue: Catalogue) -> Iterator[Verdict]:
    """A reason that cites purchases was tried without them; one that cites none says popular, or was asked for."""
    turn = 0
    for row in journal.rows:
        turn = _turn(row, turn)
        if row["event"] == "Suggested":
            yield turn, row["verified"] if row["evidence"] else row["rule"] in _WITHOUT_EVIDENCE


def _owned(journal: Recorded, catalogue: Catalogue) -> Iterator[Verdict]:
    """What the journal shows to be owned and lasting isn't offered before its time; nor what a rule kept out before.

    Where the caller named somebody it is for, what they own themselves no longer counts.
    """
    turn, present = 0, False
    kept: dict[str, date | None] = {}
    bought: dict[str, date] = {}
    for row in journal.rows:
        turn = _turn(row, turn)
        if row["event"] == "Understood":
            present = present or row["slots"].get("recipient") not in (None, "", "self", "me", "moi")
        elif row["event"] == "Suppressed" and row["rule"] in ("owned", "returned"):
            kept[row["product"]] = date.fromisoformat(row["until"]) if row["until"] else None
        elif row["event"] == "Suggested":
            for each in row["evidence"]:
                day = date.fromisoformat(str(each["date"])[:10])
                bought[each["product"]] = max(day, bought.get(each["product"], day))
            again = row["product"] in kept or _still_lasts(row, bought, catalogue)
            yield turn, present or not again


def _still_lasts(row: dict[str, Any], bought: dict[str, date], catalogue: Catalogue) -> bool:
    """The cited purchases hold one of the same category that lasts (or the same thing, of what is bought once)."""
    product = catalogue.get(row["product"])
    if product is None or row["rule"] in _HOME_AGAIN:
        return False
    category = catalogue.category(product)
    if category.life_cycle is LifeCycle.ONE_OFF:
        return product.id in bought
    if category.life_cycle is not LifeCycle.DURABLE:
        return False
    latest = max(bought.values(), default=date.min)
    own = [day for id, day in bought.items() if (found := catalogue.get(id)) and found.category == category.id]
    return any(day + timedelta(days=category.renewal_days) > latest for day in own)


def _refused(journal: Recorded, catalogue: Catalogue) -> Iterator[Verdict]:
    """What was turned down, or a kind the caller wants no more of, isn't offered again in the conversation."""
    turn = 0
    products: set[str] = set()
    categories: set[str] = set()
    for row in journal.rows:
        turn = _turn(row, turn)
        if row["event"] == "Refused":
            products |= {row["product"]} - {None}
            categories |= {row["category"]} - {None}
        elif row["event"] == "Suggested":
            product = catalogue.get(row["product"])
            rested = product is not None and product.category in categories
            yield turn, row["product"] not in products and not rested


def _before_proof(journal: Recorded, catalogue: Catalogue) -> Iterator[Verdict]:
    """No reply rests on a person's purchases or orders before they have proved who they are."""
    for row in journal.rows:
        if row["event"] == "Authenticated":
            return
        if row["event"] == "Replied":
            yield row["turn"], not _PERSONAL & set(row["uses"])


def _turn(row: dict[str, Any], before: int) -> int:
    return row.get("turn", before)


PROMISES: dict[str, tuple[Callable[[Recorded, Catalogue], Iterator[Verdict]], bool]] = {
    "opening_disclosure": (_opening, True),
    "disclosure_before_use": (_disclosure, True),
    "verified_reasons": (_verified, True),
    "owned_reoffered": (_owned, False),
    "refused_reoffered": (_refused, False),
    "data_before_authentication": (_before_proof, False),
}
"""By name: what finds the places, and whether those that hold are counted (else those that broke)."""


@dataclass(frozen=True)
class Verdicts:
    """On one call."""

    name: str
    counts: dict[str, tuple[int, int]]
    """By promise: (places where it held, places where it could be broken)."""
    broken: tuple[tuple[str, int], ...]
    """(promise, turn)."""

    @classmethod
    def of(cls, journal: Recorded, catalogue: Catalogue) -> Verdicts:
        found = {name: list(verdicts(journal, catalogue)) for name, (verdicts, _) in PROMISES.items()}
        counts = {name: (sum(held for _, held in each), len(each)) for name, each in found.items()}
        broken = tuple((name, turn) for name, each in found.items() for turn, held in each if not held)
        return cls(journal.name, counts, broken)


def count_promises(
    recorded: Iterable[Recorded],
    catalogue: Catalogue,
    thresholds: dict[str, dict[str, float]],
    kept: Iterable[Verdicts] = (),
) -> tuple[Share, ...]:
    """Each promise over all journals.

    Args:
        catalogue: of the shop the journals are from; products that aren't in it are only known by their id.
        thresholds: `at_least` or `at_most` by promise.
        kept: verdicts given when other calls ended, whose journals are gone.
    """
    every = [Verdicts.of(journal, catalogue) for journal in recorded] + list(kept)
    shares = []
    for name, (_, good) in PROMISES.items():
        held = sum(each.counts.get(name, (0, 0))[0] for each in every)
        n = sum(each.counts.get(name, (0, 0))[1] for each in every)
        broken = tuple(f"{each.name}, turn {turn}" for each in every for what, turn in each.broken if what == name)
        shares.append(Share(name, held if good else n - held, n, **thresholds.get(name, {}), broken=broken))
    return tuple(shares)
