"""What to answer: a meaning and the cues go in, lines, actions and events come out.

`Dialogue` is a state machine without clock, sound or file access of its own: the moment is given to it, and what the
customer file allows is asked of `personalization` at each use. One file per topic holds the handlers of its intents.
"""

from nlu.dialogue.core import Dialogue
from nlu.dialogue.draft import Draft, Question

__all__ = ["Dialogue", "Draft", "Question"]
