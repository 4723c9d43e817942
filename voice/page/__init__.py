"""One self-contained HTML page where a person looks at and listens to a whole conversation.

    write_page(journal.entries, "conversation.wav", 8000, "conversation.html")

The page is finished HTML: it reads and prints without JavaScript, asks the network for nothing, and escapes every word.
"""

from __future__ import annotations

from voice.page.build import page_html, write_page
from voice.page.turns import Conversation, SpokenLine, Turn, percentile, read_turns, stages

__all__ = ["Conversation", "SpokenLine", "Turn", "page_html", "percentile", "read_turns", "stages", "write_page"]
