"""Who is offered a human, who waits for one and who gives up, by group: from the records of calls.

Groups are what every call tells (language, way in, time of day, whether the caller proved who they are) and, of
customers who allow statistics, age band and region.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from personalization.audit.groups import Comparison, compare
from voice.record import CallRecord

__all__ = ["MEASURES", "audit_handoffs"]

_NOT = math.nan
MEASURES = {
    "offered_human": lambda call: float(call.human.offered),
    "asked_for_human": lambda call: float(call.human.asked),
    "human_or_call_back": lambda call: float(not call.human.gave_up) if call.human.asked else _NOT,
    "human_reached": lambda call: float(call.human.reached) if call.human.asked else _NOT,
    "wait_seconds": lambda call: call.human.waited if call.human.reached else _NOT,
    "understood": lambda call: 1 - min(1.0, call.not_understood / call.turns) if call.turns else _NOT,
}
"""By name: of a call, NaN where it says nothing. `human_or_call_back` is of those who asked; the others gave up."""


def audit_handoffs(calls: Sequence[CallRecord], limits: dict[str, Any]) -> tuple[Comparison, ...]:
    """
    Args:
        limits: `least` calls of a group, `ratio` of the worst to the best, `resamples`.
    """
    groups = [_groups(call) for call in calls]
    found = []
    for attribute in dict.fromkeys(name for each in groups for name in each):
        names = [each.get(attribute, "not given") for each in groups]
        for measure, of in MEASURES.items():
            values = [of(call) for call in calls]
            found.append(
                compare(
                    measure,
                    attribute,
                    values,
                    names,
                    least=int(limits["least"]),
                    at_least=float(limits["ratio"]),
                    resamples=int(limits["resamples"]),
                    shares=measure not in ("wait_seconds", "understood"),
                )
            )
    return tuple(found)


def _groups(call: CallRecord) -> dict[str, str]:
    hour = int(call.began[-2:]) if call.began else None
    time = "not known" if hour is None else "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    own = {"language": call.language, "way": call.way, "time of day": time}
    return own | {"identified": "yes" if call.identified else "no"} | call.groups
