"""The conversation as it happens, in a terminal.

    view = LiveView(Console())
    journal.listeners.append(view.listener)
    with view:
        ...                         # the call runs
    view.summary(files=[...])

`picture(entries)` draws the same as an SVG.
"""

from __future__ import annotations

from voice.view.live import LiveView, picture

__all__ = ["LiveView", "picture"]
