"""The drawings of one turn: cues against the caller's own start, and where the time went, as plain HTML."""

from __future__ import annotations

from typing import Any

from voice.journal import StageTimes
from voice.page.html import Html, tag
from voice.page.labels import Labels
from voice.page.turns import stages

__all__ = ["cues", "waterfall"]

_CHANGES = (
    ("level", "level_change_db", 12.0, 1),
    ("pitch", "pitch_change_semitones", 6.0, 1),
    ("rate", "rate_change", 0.5, 2),
    ("pauses", "pause_change", 0.4, 0),
)
"""(label, measure, the change that fills half the bar, digits)."""


def cues(measures: dict[str, Any], labels: Labels) -> Html:
    """One bar per cue, from the middle (their own start of the call) to the left or right."""
    rows = [
        _change(labels, *change, measures.get(change[1])) for change in _CHANGES if measures.get(change[1]) is not None
    ]
    if not rows:
        return tag("div", tag("p", labels("cues_first"), cls="quiet"), _own_start(measures, labels))
    note = tag("p", labels("repeated"), cls="note") if measures.get("repeated") else None
    return tag("div", tag("dl", *rows, cls="cues"), tag("p", labels("cues_note"), cls="quiet"), note)


def _change(labels: Labels, name: str, _measure: str, full: float, digits: int, value: float) -> Html:
    away = value - 1.0 if name == "rate" else value
    if name == "rate":
        words = f"×{labels.number(value, digits)}"
    else:
        shown = value * 100 if name == "pauses" else value
        words = f"{labels.number(shown, digits, sign=True)} {labels('unit_' + name)}"
    share = min(abs(away) / full, 1.0) * 50
    left = 50.0 if away >= 0 else 50.0 - share
    bar = tag("span", tag("i", style=f"left:{left:.1f}%;width:{share:.1f}%"), cls="gauge", aria_hidden="true")
    return tag("div", tag("dt", labels(name)), tag("dd", bar, tag("span", words, cls="figure")))


def _own_start(measures: dict[str, Any], labels: Labels) -> Html | None:
    units = (
        ("level", "level_dbfs", "dBFS"),
        ("pitch", "pitch_hz", "Hz"),
        ("rate", "rate_syllables_s", labels("unit_rate_abs")),
    )
    rows = [
        tag(
            "div",
            tag("dt", labels(name)),
            tag("dd", f"{labels.number(measures[key], 1 if name == 'rate' else 0)} {unit}"),
        )
        for name, key, unit in units
        if measures.get(key) is not None
    ]
    return tag("dl", *rows, cls="own") if rows else None


def waterfall(times: StageTimes, scale: float, labels: Labels) -> Html:
    """A bar per stage, each beginning where the one before ended; `scale` seconds fill the width."""
    rows = []
    for stage in stages(times):
        left, width = stage.begin / scale * 100, max(stage.seconds / scale * 100, 0.6)
        bar = tag("i", style=f"left:{left:.2f}%;width:{width:.2f}%", cls=stage.name.replace(" ", "-"))
        rows.append(
            tag(
                "tr",
                tag("th", labels("stage_" + stage.name), scope="row"),
                tag("td", tag("span", bar, cls="track", aria_hidden="true"), cls="chart"),
                tag("td", labels.ms(stage.seconds), cls="figure"),
            )
        )
    whole = labels.ms(times.first_sound - times.end_of_speech)
    total = tag("tr", tag("th", labels("in_all"), scope="row", colspan=2), tag("td", whole, cls="figure"), cls="total")
    return tag("table", tag("caption", labels("times"), cls="hidden"), tag("tbody", *rows, total), cls="waterfall")
