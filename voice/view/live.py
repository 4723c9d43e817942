"""A journal listener that shows each event as it comes."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from personalization import events as customer
from voice import journal as j
from voice.page.turns import SpokenLine, one_line, percentile
from voice.view import blocks
from voice.view.svg import SVG

__all__ = ["LiveView", "picture"]

SCALE = 1.0
"""Seconds that fill a waterfall's width, so that turns compare at a glance; a slower turn fills its own."""


class LiveView:
    """Prints the conversation as its journal grows.

    What is settled is printed once and stays; only the words still being recognised are redrawn in place, and only on
    a terminal: elsewhere each partial is a plain line and nothing moves the cursor.

    Args:
        console: where to; `Console(record=True)` lets `console.export_svg` or `picture` draw it.
        language: of the conversation, until its journal says so.
    """

    def __init__(self, console: Console | None = None, language: str = "en") -> None:
        self.console = console or Console(highlight=False)
        self.language = language
        self.entries: list[j.Entry] = []
        self._live: Live | None = None
        self._opened = -1
        self._times: j.StageTimes | None = None
        self._kept_out: list[customer.Suppressed] = []
        self._lines: dict[tuple[int, int], SpokenLine] = {}
        self._committed, self._began = "", 0.0
        self._names: dict[str, str] = {}
        self._begun = False
        self._known: list[customer.Authenticated] = []
        self._show = {
            j.ConversationStarted: self._started,
            j.SpeechStarted: self._speech_started,
            j.Partial: self._partial,
            j.Utterance: self._utterance,
            j.CuesRead: lambda at, event: self._print(blocks.cues(event.cues)),
            j.Understood: lambda at, event: self._print(blocks.meaning(event)),
            j.Replied: self._replied,
            j.LineStarted: self._line_started,
            j.LineHeard: self._line_heard,
            j.Resumed: lambda at, event: self._note("a false alarm: went on"),
            j.StageTimes: self._stage_times,
            j.Trouble: lambda at, event: self._print(blocks.trouble(event)),
            j.ConversationEnded: self._ended,
            customer.ConsentChanged: lambda at, event: self._print(blocks.changed_consent(event)),
            customer.DataRead: lambda at, event: self._note(
                f"{event.records} records read for: {event.purpose}", "data"
            ),
            customer.Suggested: self._suggested,
            customer.Suppressed: lambda at, event: self._kept_out.append(event),
            customer.Explained: lambda at, event: self._note(f"answered at depth {event.depth} of 3", "why"),
            customer.Refused: self._refused,
            customer.Authenticated: self._authenticated,
            customer.HandedOff: lambda at, event: self._print(blocks.handed_off(event)),
        }

    def __enter__(self) -> LiveView:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def listener(self, entry: j.Entry) -> None:
        """Show one entry; give this to `Journal.listeners`. Kinds it doesn't know are left out."""
        self.entries.append(entry)
        if type(entry.event) is not customer.Suppressed:
            self._flush_kept_out()
        if show := self._show.get(type(entry.event)):
            show(entry.at, entry.event)

    def close(self) -> None:
        """Print what was held back and give the cursor back."""
        self._end_live()
        self._flush_kept_out()
        self._flush_times()

    def summary(self, files: Iterable[Path | str] = ()) -> None:
        """Turns, the median and 95th percentile of the response time, and the files written."""
        self.close()
        times = [entry.event for entry in self.entries if isinstance(entry.event, j.StageTimes)]
        responses = [event.first_sound - event.end_of_speech for event in times]
        offers = [entry.event for entry in self.entries if isinstance(entry.event, customer.Suggested)]
        citing = [offer.verified for offer in offers if offer.evidence]
        rows = [("turns", str(sum(isinstance(entry.event, j.Utterance) for entry in self.entries)))]
        if responses:
            median, slow = (1000 * (percentile(responses, share) or 0.0) for share in (0.5, 0.95))
            rows.append(("end of speech to first sound", f"median {median:.0f} ms, 95th percentile {slow:.0f} ms"))
        if offers:
            rows.append(("suggestions", f"{len(offers)}, {sum(citing)} of {len(citing)} that cite purchases verified"))
        self.console.print()
        self.console.print(blocks.summary_table(rows, [str(path) for path in files]))

    def _print(self, block: RenderableType) -> None:
        self.console.print(block)

    def _note(self, text: str, label: str = "") -> None:
        self._print(blocks.row(label, Text(text, style="dim")))

    def _started(self, at: float, event: j.ConversationStarted) -> None:
        self.language = event.language
        self._print(blocks.header(event))
        self._begun = True
        for known in self._known:
            self._authenticated(at, known)

    def _open(self, turn: int, at: float) -> None:
        if turn > self._opened:
            self._opened = turn
            self.console.print()
            self._print(blocks.turn_rule(turn, at))

    def _speech_started(self, at: float, event: j.SpeechStarted) -> None:
        self._flush_times()
        self._committed, self._began = "", event.began

    def _partial(self, at: float, event: j.Partial) -> None:
        block = blocks.caller(event.committed, event.tentative)
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            if self._live is None:
                self._live = Live(console=self.console, transient=True, auto_refresh=False)
                self._live.start()
            self._live.update(block, refresh=True)
        elif event.committed != self._committed:
            self._open(event.turn, self._began)
            self._committed = event.committed
            self._print(block)

    def _utterance(self, at: float, event: j.Utterance) -> None:
        self._end_live()
        self._open(event.turn, event.began)
        self._print(blocks.caller(event.text or "(nothing understood)", final=True))

    def _replied(self, at: float, event: j.Replied) -> None:
        self._open(event.turn, at)
        if event.uses:
            self._note(f"uses {', '.join(event.uses)}", "data")

    def _line_started(self, at: float, event: j.LineStarted) -> None:
        self._open(event.turn, at)
        line = SpokenLine(
            event.turn,
            event.line,
            event.text,
            event.phrase,
            event.version,
            event.language,
            event.script,
            event.source,
            at,
        )
        self._lines[event.turn, event.line] = line
        self._print(blocks.line(line, first=event.line == 0))

    def _line_heard(self, at: float, event: j.LineHeard) -> None:
        line = self._lines.get((event.turn, event.line))
        if line and not event.complete:
            line.ended, line.heard = at, event.text
            self._print(blocks.not_heard(line))

    def _stage_times(self, at: float, event: j.StageTimes) -> None:
        self._times = event

    def _ended(self, at: float, event: j.ConversationEnded) -> None:
        self.close()
        self._note(event.reason, "end")

    def _authenticated(self, at: float, event: customer.Authenticated) -> None:
        """Who calls may be known before the call begins; it is shown under its heading all the same."""
        if self._begun:
            self._note(one_line(event.method), "identity")
        else:
            self._known.append(event)

    def _suggested(self, at: float, event: customer.Suggested) -> None:
        self._names[event.product] = event.name
        self._print(blocks.offer(event))

    def _refused(self, at: float, event: customer.Refused) -> None:
        what = self._names.get(event.product or "", event.product) or event.category or "the offer"
        self._note(one_line(what), "refused")

    def _flush_kept_out(self) -> None:
        if self._kept_out:
            kept, self._kept_out = self._kept_out, []
            self._print(blocks.kept_out(kept))

    def _flush_times(self) -> None:
        if self._times:
            times, self._times = self._times, None
            self._print(blocks.waterfall(times, SCALE))

    def _end_live(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


def picture(
    entries: Iterable[j.Entry],
    files: Iterable[Path | str] = (),
    width: int = 80,
    title: str = "candide demo",
    turns: Iterable[int] | None = None,
) -> str:
    """The view of a conversation as an SVG that asks the network for nothing.

    Args:
        turns: only these turns (the start of the conversation is always shown); None shows all.
    """
    console = Console(
        record=True, file=StringIO(), width=width, force_terminal=False, color_system=None, highlight=False
    )
    view = LiveView(console)
    wanted = None if turns is None else set(turns)
    acting = 0
    for entry in entries:
        acting = getattr(entry.event, "turn", acting)
        if isinstance(entry.event, j.Partial):
            continue  # a still picture shows the final words
        view.listener(entry) if wanted is None or acting in wanted else view.entries.append(entry)
    view.summary(files)
    return console.export_svg(title=title, code_format=SVG)
