"""Journal entries made from what was heard, meant and answered."""

from __future__ import annotations

from nlu.dialogue import Dialogue
from nlu.meaning import Meaning
from nlu.reply import Reply
from voice.channels import Channel
from voice.heard import Heard
from voice.journal import ConversationStarted, Replied, StageTimes, Understood, Utterance

__all__ = ["replied", "stage_times", "started", "understood", "utterance"]


def started(name: str, dialogue: Dialogue, channel: Channel, clock: str) -> ConversationStarted:
    return ConversationStarted(
        name, dialogue.language, type(channel).__name__, channel.rate, dialogue.shop.brand, clock
    )


def utterance(heard: Heard) -> Utterance:
    """What was recognised in a turn, its words on the conversation's clock."""
    hypothesis, began = heard.prepared.hypothesis, heard.prepared.began
    words = tuple((word.text, began + word.start, began + word.end, word.probability) for word in hypothesis.words)
    return Utterance(
        heard.turn,
        hypothesis.text,
        hypothesis.language,
        hypothesis.language_probability,
        words,
        heard.began,
        heard.ended,
    )


def understood(turn: int, meaning: Meaning) -> Understood:
    also = meaning.also.intent if meaning.also else None
    return Understood(turn, meaning.intent, meaning.slots, meaning.confidence, meaning.decided_by, also)


def replied(turn: int, reply: Reply) -> Replied:
    """A reply, the data it uses and what it announces."""
    uses = sorted({kind.value for line in reply.lines for kind in line.uses})
    discloses = [line.discloses.value for line in reply.lines if line.discloses]
    actions = tuple(action.name for action in reply.actions)
    return Replied(turn, reply.text, tuple(uses), tuple(discloses), actions)


def stage_times(heard: Heard, first_sound: float, synthesis: float) -> StageTimes:
    """Where the time of a turn went, seconds on the audio clock; work in seconds."""
    return StageTimes(
        heard.turn,
        heard.ended,
        heard.endpoint,
        heard.transcribed,
        heard.understood,
        first_sound,
        {**heard.work, "synthesis": synthesis},
    )
