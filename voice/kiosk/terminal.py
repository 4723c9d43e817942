"""A conversation on a terminal: captions of both sides, a level meter under them, and what is wrong with a device.

Where the output is no terminal (a service's log) nothing that anybody said is printed (law 6).
"""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.text import Text

from voice import journal as j
from voice.channels.devices import Way

__all__ = ["Terminal", "meter"]

_WIDTH = 24
_QUIETEST, _LOUDEST = -60.0, -6.0
"""dBFS at the two ends of the meter."""
_BARELY, _TOO_LOUD = -50.0, -9.0


def meter(level: float, width: int = _WIDTH) -> Text:
    """A bar for a level in dBFS: green where a voice should be, yellow too soft, red about to clip."""
    share = (min(max(level, _QUIETEST), _LOUDEST) - _QUIETEST) / (_LOUDEST - _QUIETEST)
    full = round(share * width)
    colour = "red" if level > _TOO_LOUD else "green" if level > _BARELY else "yellow"
    return Text.assemble(("█" * full, colour), ("░" * (width - full), "dim"))


class Terminal:
    """
    Args:
        console: where to.
        level: the microphone's level now, dBFS; None while it is off.
    """

    def __init__(self, console: Console, level: Callable[[], float | None]) -> None:
        self.console = console
        self._level = level
        self._hearing = ""
        self._live: Live | None = None

    def __enter__(self) -> Terminal:
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self._live = Live(console=self.console, get_renderable=self._line, refresh_per_second=10, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def note(self, text: str, style: str = "yellow") -> None:
        """A sentence for whoever looks after the kiosk."""
        self.console.print(Text(text, style=style))

    def trouble(self, way: Way, what: str) -> None:
        what_works = {"input": "The microphone works.", "output": "The loudspeaker works."}
        self.note(what or what_works[way], "yellow" if what else "green")

    def listener(self, entry: j.Entry) -> None:
        """Takes an event of the journal; give this to `Journal.listeners`."""
        event = entry.event
        if isinstance(event, j.Partial):
            self._hearing = f"{event.committed} {event.tentative}".strip()
        elif isinstance(event, j.Utterance):
            self._hearing = ""
            self._caption("you", event.text or "...", "bold blue")
        elif isinstance(event, j.LineStarted):
            self._caption("assistant", event.text, "green")
        elif isinstance(event, j.Trouble):
            self.note(f"({event.where}: {event.what})", "dim")

    def _caption(self, who: str, text: str, style: str) -> None:
        if self.console.is_terminal:
            self.console.print(Text.assemble((f"{who:>9}  ", "dim"), (text, style)))

    def _line(self) -> Text:
        level = self._level()
        if level is None:
            return Text("microphone off", style="dim")
        return Text.assemble(("microphone ", "dim"), meter(level), "  ", (self._hearing, "blue"))
