"""All engines of a conversation, loaded once and made ready."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["load_engines"]

THREADS = 2
"""Cores one decode or one synthesis may use: what the smallest supported machine has."""


def load_engines(shop, languages: Sequence[str], first: str, quiet: bool = False):
    """Transcriber, understanding and voices, warmed up: the first caller waits no longer than the others.

    Args:
        shop: whose names are understood.
        languages: voices that may be needed; those after the first are loaded at their first use.
        first: language of the opening.
        quiet: no progress bar for the lines that are rendered once.

    Raises:
        ModelMissing, ModelDamaged: the message says what to run.
    """
    from nlu.understanding import Understanding
    from voice.conversation import Engines
    from voice.engines.models import Models
    from voice.engines.whisper import LocalWhisper
    from voice.speaking.voices import Voices

    models = Models()
    transcriber = LocalWhisper(models.ready("whisper-base"), threads=THREADS)
    understanding = Understanding(shop.catalogue, {store.id: store.name for store in shop.stores})
    for language in languages:
        understanding.understand("bonjour" if language == "fr" else "hello", language)
    voices = Voices(models, THREADS)
    voices.prepare(first, shop.brand, quiet)
    transcriber.transcribe(np.zeros(16_000, np.int16), first, final=False)
    return Engines(transcriber, understanding, voices)
