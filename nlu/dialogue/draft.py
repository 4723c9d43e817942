"""A reply while it is being written, and the question it may end with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nlu.meaning import Meaning
from nlu.phrasing.facts import FreeTalk
from nlu.policy import Behaviour
from nlu.reply import Action, ActionName
from personalization.disclosure import Line
from personalization.phrases import Phrases
from personalization.purposes import DataKind

__all__ = ["Draft", "Question"]


@dataclass(frozen=True)
class Question:
    """What was just asked, so that a bare "yes", "no" or "Thursday" can be read."""

    name: str
    """Which answer function takes it (see `ANSWERS` in the topic files), or "slot" for a missing slot."""
    expects: str
    """For the understanding: "confirm", "consent:PURPOSE" or a slot's name."""
    phrase: str | None = None
    """Id of the phrase that asks; None where the question is only understood."""
    resume: Meaning | None = None
    """The request to answer once this is settled."""
    detail: dict[str, Any] = field(default_factory=dict)


class Draft:
    """Lines, actions, events and the closing question of one reply.

    `say` is the substance. `opener` and `extra` are what a short answer leaves out.
    """

    def __init__(self, phrases: Phrases, behaviour: Behaviour) -> None:
        self.phrases = phrases
        self.behaviour = behaviour
        self.lines: list[Line] = []
        self.actions: list[Action] = []
        self.events: list[Any] = []
        self.question: Question | None = None
        self.free: FreeTalk | None = None

    def opener(self, id: str) -> None:
        """A short fixed lead-in, once per reply: its sound is kept, so it hides the synthesis of what follows."""
        if not self.behaviour.one_sentence and not self.lines:
            self.say("opener.patient" if self.behaviour.patient else id)

    def say(self, id: str, *, uses: Iterable[DataKind] = (), suggestion: str | None = None, **values: Any) -> str:
        """Adds a line; returns its words."""
        phrase = self.phrases.say(id, **values)
        self.lines.append(Line(phrase, frozenset(uses), suggestion))
        return phrase.text

    def extra(self, id: str, *, uses: Iterable[DataKind] = (), **values: Any) -> None:
        """A line that can be left out."""
        if not self.behaviour.no_extra and not self.behaviour.one_sentence:
            self.say(id, uses=uses, **values)

    def add(self, line: Line) -> None:
        self.lines.append(line)

    def ask(self, question: Question, **values: Any) -> None:
        """Ends the reply with a question that needs its answer."""
        self.question = question
        if question.phrase:
            self.say(question.phrase, **values)

    def offer(self, question: Question, **values: Any) -> None:
        """Ends with a question that may go unsaid: in a short answer it is only kept in mind, for a bare yes or no."""
        self.question = question
        if question.phrase and not self.behaviour.one_sentence:
            self.say(question.phrase, **values)

    def act(self, name: ActionName, **detail: Any) -> None:
        self.actions.append(Action(name, detail))

    def record(self, *events: Any) -> None:
        self.events.extend(event for event in events if event is not None)
