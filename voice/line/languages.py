"""The language by key: offered in each at the opening, until the caller has said something."""

from __future__ import annotations

from personalization.phrases import Phrase, Phrases
from voice.conversation import Conversation
from voice.journal import Entry, Utterance

__all__ = ["KEYS", "LanguageKeys", "offered"]

KEYS = {"1": "fr", "2": "en"}


def offered(brand: str) -> list[Phrase]:
    """ "For English, press 2", each in its own language and voice."""
    return [Phrases(language, brand).say("line.language_key") for language in KEYS.values()]


class LanguageKeys:
    """Of one conversation: 1 and 2 choose while nobody has spoken; the opening is then said in that language."""

    def __init__(self) -> None:
        self._conversation: Conversation | None = None

    def watch(self, conversation: Conversation) -> None:
        self._conversation = conversation
        conversation.journal.listeners.append(self._noted)

    def key(self, key: str) -> bool:
        """Whether the key chose a language."""
        talk, language = self._conversation, KEYS.get(key)
        if talk is None or language is None or talk.dialogue.context.keypad_offered:
            return False
        self._conversation = None
        talk.listener.language = talk.dialogue.language = language
        talk.say(talk.dialogue.open())
        return True

    def _noted(self, entry: Entry) -> None:
        if isinstance(entry.event, Utterance) and entry.event.text:
            self._conversation = None
