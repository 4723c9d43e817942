"""Each journal event as rows of the terminal view: a label on the left, the matter on the right.

Colours are the terminal's own named ones, so that they read on a dark and on a light background; nothing is told by
colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from personalization import events as customer
from voice import journal as j
from voice.page.turns import SpokenLine, clock, one_line, stages

__all__ = [
    "caller",
    "changed_consent",
    "cues",
    "handed_off",
    "header",
    "kept_out",
    "line",
    "meaning",
    "not_heard",
    "offer",
    "row",
    "summary_table",
    "trouble",
    "turn_rule",
    "waterfall",
]

LABEL = 11
BAR = 36


def row(label: str, matter: RenderableType, style: str = "dim") -> Table:
    """One row: a right-hand matter that wraps under itself."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=LABEL, justify="right", style=style, no_wrap=True)
    table.add_column()
    table.add_row(label, matter)
    return table


def header(started: j.ConversationStarted) -> Panel:
    facts = f"{started.channel}, {started.rate / 1000:g} kHz · language {started.language} · {started.clock} clock"
    body = Text.assemble((one_line(started.brand), "bold"), "\n", (one_line(facts), "dim"))
    return Panel(body, title="Candide", title_align="left", border_style="green", padding=(0, 1))


def turn_rule(number: int, at: float) -> Rule:
    title = Text.assemble((f" {'Opening' if number == 0 else f'Turn {number}'} ", "bold"), (f"{clock(at)} ", "dim"))
    return Rule(title, align="left", style="dim", characters="─")


def caller(committed: str, tentative: str = "", final: bool = False) -> Table:
    """The caller's words: committed ones plain, tentative ones dim, final ones bold."""
    text = Text(one_line(committed), style="bold" if final else "")
    if tentative:
        text.append((" " if committed else "") + one_line(tentative), style="dim italic")
    if not final:
        text.append(" …", style="dim")
    return row("caller", text, "cyan")


def cues(measures: dict[str, Any]) -> Table:
    """Level, pitch, rate and pauses against the caller's own start of the call."""
    parts = [
        _change("level", measures.get("level_change_db"), "{:+.1f} dB", 3.0),
        _change("pitch", measures.get("pitch_change_semitones"), "{:+.1f} st", 1.5),
        _change("rate", measures.get("rate_change"), "×{:.2f}", 0.15, middle=1.0),
        _change("pauses", _points(measures.get("pause_change")), "{:+.0f} pts", 10.0),
    ]
    known = [part for part in parts if part]
    text = Text("   ").join(known) if known else _own_start(measures)
    if measures.get("repeated"):
        text.append("   said before", style="bold")
    return row("cues", text)


def _own_start(measures: dict[str, Any]) -> Text:
    forms = (("level_dbfs", "{:.0f} dBFS"), ("pitch_hz", "{:.0f} Hz"), ("rate_syllables_s", "{:.1f} syllables/s"))
    values = [form.format(measures[name]) for name, form in forms if measures.get(name) is not None]
    return Text("their own start of the call" + (": " if values else "") + ", ".join(values), style="dim")


def _points(share: float | None) -> float | None:
    return None if share is None else share * 100


def _change(name: str, value: float | None, form: str, notable: float, middle: float = 0.0) -> Text | None:
    if value is None:
        return None
    arrow = "↑" if value - middle >= notable else "↓" if value - middle <= -notable else "·"
    style = "bold" if arrow != "·" else "dim"
    return Text.assemble((f"{name} ", "dim"), (f"{arrow} {form.format(value)}".replace("-", "−"), style))


def meaning(understood: j.Understood) -> Table:
    text = Text.assemble((understood.intent, "bold"), f" {understood.confidence:.0%}")
    if understood.also:
        text.append(f" + {understood.also}")
    for slot, value in understood.slots.items():
        if value is not None:
            text.append(f"   {slot} = {one_line(str(value))}")
    if understood.decided_by:
        text.append("   by " + ", ".join(f"“{one_line(word)}”" for word in understood.decided_by), style="dim")
    return row("meaning", text)


def changed_consent(consent: customer.ConsentChanged) -> Table:
    word = (
        "granted" if consent.granted else {"withdrawn": "withdrawn", "spent": "spent"}.get(consent.why, "not granted")
    )
    text = Text.assemble((f"{consent.purpose} {word}", "bold"), f" · {consent.scope}" if consent.scope else "")
    text.append(f"   heard “{one_line(consent.heard)}” {consent.confidence:.0%}", style="dim")
    return row("consent", text, "magenta")


def offer(suggested: customer.Suggested) -> Table:
    """A suggestion with its price, its mark, its reason and the purchases cited."""
    mark = ("✓ verified", "green") if suggested.verified else ("not verified", "bold red")
    mark = mark if suggested.evidence else ("cites no purchase", "dim")
    text = Text.assemble((one_line(suggested.name), "bold"), f"   {suggested.price:.2f} €   ", mark)
    text.append(f"\n“{one_line(suggested.reason)}”")
    for purchase in suggested.evidence:
        cited = " ".join(one_line(str(purchase.get(key, ""))) for key in ("date", "name"))
        text.append(f"\n• {cited}", style="dim")
    return row(suggested.rule.replace("_", " "), text, "green")


def kept_out(suppressed: Iterable[customer.Suppressed]) -> Table:
    text = Text()
    for number, item in enumerate(suppressed):
        until = f", until {item.until}" if item.until else ""
        text.append(("\n" if number else "") + (one_line(item.name) or "every suggestion"))
        text.append(f"   {item.rule.replace('_', ' ')}{until}", style="dim")
    return row("kept out", text)


def line(spoken: SpokenLine, first: bool) -> Table:
    text = Text(one_line(spoken.text))
    if spoken.role:
        text.append(f"  [{'disclosure' if spoken.role == 'opening' else spoken.role}]", style="magenta")
    return row("assistant" if first else "", text, "green")


def not_heard(spoken: SpokenLine) -> Table:
    text = Text.assemble(("interrupted", "bold"), (f"   not heard: {one_line(spoken.unheard)}", "dim"))
    return row("", text)


def handed_off(handed: customer.HandedOff) -> Table:
    parts = [f"because: {', '.join(handed.reasons)}"] if handed.reasons else []
    for name, values in (
        ("tried", handed.tried),
        ("refused", handed.refused),
        ("words passed on", handed.turns_redacted),
    ):
        if values:
            parts.append(f"{name}: {'; '.join(one_line(value) for value in values)}")
    text = Text.assemble((handed.outcome, "bold"), *(("\n" + part, "dim") for part in parts))
    return row("human", text, "magenta")


def trouble(event: j.Trouble) -> Table:
    return row("trouble", Text(one_line(f"{event.where}: {event.what}")), "bold red")


def waterfall(times: j.StageTimes, scale: float) -> Table:
    """Where the time went, from the caller's last sample to the first of the answer; `scale` seconds fill the width."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=LABEL, justify="right", style="dim")
    table.add_column(width=14)
    table.add_column(width=BAR, no_wrap=True)
    table.add_column(width=8, justify="right")
    whole = times.first_sound - times.end_of_speech
    for number, stage in enumerate(stages(times)):
        bar = Text(_bar(stage.begin, stage.end, max(scale, whole, 1e-9)), style="cyan")
        table.add_row("time" if number == 0 else "", stage.name, bar, f"{stage.seconds * 1000:.0f} ms")
    table.add_row("", Text("in all", style="bold"), "", Text(f"{whole * 1000:.0f} ms", style="bold"))
    return table


def _bar(begin: float, end: float, scale: float) -> str:
    """A bar in eighths of a cell; never invisible."""
    blank, fill = begin / scale * BAR, (end - begin) / scale * BAR
    offset = min(int(blank), BAR - 1)
    eighths = max(1, min(round((blank - offset + fill) * 8), (BAR - offset) * 8))
    full, part = divmod(eighths, 8)
    return " " * offset + "█" * full + (" ▏▎▍▌▋▊▉"[part] if part else "")


def summary_table(rows: Iterable[tuple[str, str]], files: Iterable[str]) -> Panel:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in rows:
        table.add_row(name, Text(value, style="bold"))
    for number, name in enumerate(files):
        table.add_row("written" if number == 0 else "", Text(one_line(name), overflow="fold"))
    return Panel(table, title="Summary", title_align="left", border_style="green", padding=(0, 1))
