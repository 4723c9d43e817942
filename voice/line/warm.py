"""Everything a first call would load while others speak is loaded before: word lists, tables, the voice detector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlu.dialogue import Dialogue
from personalization.shop import Shop
from voice.engines.loading import Engines
from voice.listening import Listener
from voice.workers import SimulatedWorkers

__all__ = ["warm_up"]

_TURNS = {
    "fr": (
        "Bonjour, vous avez une idée pour moi ?", "Pourquoi ?", "Combien ça coûte ?", "C'est en stock ?",
        "Rappelez-moi demain à dix heures", "Où en est ma commande ?", "À quelle heure fermez-vous samedi ?",
        "Quelle est la différence avec l'autre ?", "Qui voit mes données ?", "Un conseiller, s'il vous plaît", "Oui",
    ),
    "en": (
        "Hello, do you have an idea for me?", "Why?", "How much is it?", "Is it in stock?",
        "Call me back tomorrow at ten", "Where is my order?", "When do you close on Saturday?",
        "What's the difference to the other one?", "Who sees my data?", "An agent please", "Yes",
    ),
}  # fmt: skip


def warm_up(engines: Engines, shop: Shop, languages: Sequence[str]) -> None:
    """Goes through a conversation without sound, and a second of noise."""
    for language in languages:
        dialogue = Dialogue(shop, None, language, "phone")
        dialogue.open()
        for text in _TURNS[language]:
            meaning = engines.understanding.understand(text, language, expecting=dialogue.expecting)
            dialogue.rehearse(meaning)
            dialogue.reply(meaning)
            dialogue.interested_words()
        dialogue.not_understood("noise")
        dialogue.key("0")
    listener = Listener(8_000, engines.transcriber, lambda text, language: None, SimulatedWorkers(), languages[0])
    noise = np.random.default_rng(0).normal(0, 2_000, 8_000).astype(np.int16)
    for number in range(50):
        listener.push(noise[160 * number :][:160], number * 0.02)
