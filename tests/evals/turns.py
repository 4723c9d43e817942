"""Taking turns: unfinished turns cut off against seconds waited, first sound, barge-in, and the kiosk's own echo."""

from __future__ import annotations

from typing import Any

from tests.evals import first_sound, kiosk_echo, turn_ends
from tests.evals.turn_ends import LANGUAGES

__all__ = ["run"]


def run(quick: bool = False) -> dict[str, Any]:
    """The figures of turn-taking; with `skipped` and why instead, when the recordings aren't installed.

    Returns:
        cut_offs_per_100: unfinished turns ended in a pause (0.4 to 1.5 s, one cut into each prompt), with what is
            installed. first_sound_p50_s, first_sound_p95_s: from the end of speech, pooled and by language, on the
            sample calls (quick: the engines' durations on a simulated clock; no echo on those calls). false_barge_ins,
            barge_in_stop_s: see `kiosk_echo`. ends: the rows behind cut_offs_per_100, beside fixed silences.
    """
    ends = turn_ends.run(quick)
    if "skipped" in ends:
        return ends
    figures: dict[str, Any] = {"cut_offs_per_100": ends["cut_offs_per_100"]}
    sounded = first_sound.run(quick)
    for name, total in (("", sounded["both"]), *((f"_{each}", sounded[each]) for each in LANGUAGES)):
        figures |= {
            f"first_sound_p50_s{name}": total["total"]["p50"],
            f"first_sound_p95_s{name}": total["total"]["p95"],
        }
    echo = kiosk_echo.run(quick)
    figures |= {key: echo.get(key) for key in ("barge_in_stop_s", "false_barge_ins")}
    figures["goals"] = {
        "first_sound_p50_s": 0.6,
        "first_sound_p95_s": 1.0,
        "barge_in_stop_s": 0.2,
        "false_barge_ins": 0,
    }
    return figures | {"ends": ends, "first_sound": sounded, "echo": echo}
