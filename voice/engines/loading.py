"""All engines of a conversation, loaded once and made ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nlu.phrasing.phraser import Phraser
    from nlu.understanding import Understanding
    from personalization.shop import Shop
    from voice.engines.models import Models
    from voice.hearing.transcriber import Transcriber
    from voice.speaking.voices import Voices

__all__ = ["Engines", "load_engines"]

THREADS = 2
"""Cores one decode or one synthesis may use: what the smallest supported machine has."""


@dataclass(frozen=True)
class Engines:
    """What conversations share: models are loaded once, whoever speaks."""

    transcriber: Transcriber
    understanding: Understanding
    voices: Voices
    plain: Voices | None = None
    """Voices that take next to no time, for when many speak at once; none where the usual ones are quick."""
    melody: Callable[[np.ndarray], float] | None = None
    """Whether a turn sounds finished, where that model is installed."""
    phraser: Phraser | None = None
    """Puts product facts in other words, where the shop runs a language model."""


def load_engines(
    shop: Shop, languages: Sequence[str], first: str, every_line: bool = False, quiet: bool = False
) -> Engines:
    """Transcriber, understanding and voices, warmed up: the first caller waits no longer than the others.

    Args:
        shop: whose names are understood.
        languages: those that may be spoken.
        first: language of the opening, whose voice is loaded and whose fixed lines are made now.
        every_line: make all of that language's fixed lines now, not just the scripts and openers (the others are
            kept once they were said).
        quiet: say nothing about the lines that are made.

    Raises:
        ModelMissing, ModelDamaged: the message says what to run.
        CatalogueError: `language_model` in shop.yaml can't be used.
    """
    from nlu.phrasing.phraser import from_settings
    from nlu.understanding import Understanding
    from voice.engines.models import Models
    from voice.engines.whisper import LocalWhisper
    from voice.speaking.voices import Voices

    models = Models()
    transcriber = LocalWhisper(models.ready("whisper-base"), threads=THREADS)
    understanding = Understanding(shop.catalogue, {store.id: store.name for store in shop.stores})
    for language in languages:
        understanding.understand("bonjour" if language == "fr" else "hello", language)
    said = {language: shop.catalogue.said(language) for language in languages}
    voices = Voices(models, THREADS, said=said)
    _prepare(voices, first, shop.brand, every_line, quiet)
    transcriber.transcribe(np.zeros(16_000, np.int16), first, final=False)
    phraser = from_settings(shop.settings, shop.catalogue)
    return Engines(transcriber, understanding, voices, melody=_melody(models), phraser=phraser)


def _melody(models: Models) -> Callable[[np.ndarray], float] | None:
    """The turn model's opinion, where it was fetched (`candide models fetch smart-turn`)."""
    from voice.engines.models import ModelDamaged, ModelMissing
    from voice.engines.smart_turn import SmartTurn

    try:
        model = SmartTurn(models.find("smart-turn").dir)
    except (ModelMissing, ModelDamaged):
        return None
    model.finished(np.zeros(16_000, np.int16))
    return model.finished


def _prepare(voices: Voices, language: str, brand: str, every_line: bool, quiet: bool) -> None:
    """Fixed lines are made at the first start of a voice, and kept."""
    from rich.console import Console
    from rich.progress import Progress

    from voice.speaking.voices import fixed_phrases

    phrases = fixed_phrases(language, brand, scripts_only=not every_line)
    voices.voice(language)
    missing = [phrase for phrase in phrases if voices.kept(phrase, 1.0) is None]
    if not missing:
        return
    console = Console(stderr=True, quiet=quiet)
    if not console.is_terminal:
        console.print(f"Making {len(missing)} fixed lines ({language}), once; they are kept.")
    with Progress(console=console, disable=quiet or not console.is_terminal, transient=True) as progress:
        task = progress.add_task(f"Making the fixed lines ({language}), once", total=len(missing))
        voices.prepare(missing, lambda: progress.advance(task))
