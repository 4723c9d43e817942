"""Kiosks for tests: the real one on a card without devices, so that only touch and typing reach it, and said sounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest

from nlu.understanding import Understanding
from personalization.shop import Shop
from tests.voice.calls import TUESDAY, Dictated
from voice.channels.soundcard import SoundCard
from voice.engines.loading import Engines
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.journal import Entry
from voice.kiosk.identity import Codes
from voice.kiosk.kiosk import Kiosk, KioskOptions
from voice.kiosk.screen import Screen
from voice.speaking.voices import Voices
from voice.workers import SimulatedWorkers


class NoDevices(SoundCard):
    """A card whose devices never come; it is paced by the machine's clock, as the real one is then."""

    def _open_missing(self) -> None: ...

    def _mend(self) -> None: ...


class Hurried(NoDevices):
    """The same, as fast as the conversation goes; what happens in it is written down by its second."""

    def __init__(self, *options: Any, acts: Iterable[tuple[float, Callable[[], None]]] = (), sound=None) -> None:
        super().__init__(*options)
        self.acts = {int(second * 50): act for second, act in acts}
        self.sound = np.zeros(0, np.int16) if sound is None else sound
        self.frame = 0

    async def _frame(self) -> np.ndarray:
        await asyncio.sleep(0)
        if act := self.acts.get(self.frame):
            act()
        said = self.sound[self.frame * self._size : (self.frame + 1) * self._size]
        self.frame += 1
        return np.pad(said, (0, self._size - len(said)))


def engines(heard: Iterable[str] = (), languages: Iterable[str] = ("en",)) -> Engines:
    try:
        for language in languages:
            _voices().voice(language)
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    return Engines(Dictated(heard), _understanding(), _voices())


@cache
def _voices() -> Voices:
    return Voices(Models())


@cache
def _understanding() -> Understanding:
    shop = Shop.load(today=TUESDAY.date())
    made = Understanding(shop.catalogue, {store.id: store.name for store in shop.stores})
    for language, word in (("fr", "bonjour"), ("en", "hello")):
        made.understand(word, language)
    return made


def visit(
    acts: Iterable[tuple[float, Callable[[Kiosk], None]]],
    *,
    seconds: float | None = None,
    heard: Iterable[str] = (),
    sound: np.ndarray | None = None,
    codes: Codes | None = None,
    language: str = "en",
    timeout: float = 45.0,
    shop: Shop | None = None,
) -> tuple[Kiosk, list[dict[str, Any]], str]:
    """One customer's visit, as fast as it goes: the kiosk, the journal's rows, and why it ended.

    Args:
        acts: what is touched or typed, by its second.
        seconds: after which somebody touches "end"; a while after the last act unless told.
    """
    acts = list(acts)
    seconds = max(at for at, _ in acts) + 12.0 if seconds is None else seconds
    shop = shop or Shop.load(today=TUESDAY.date())
    entries: list[Entry] = []
    kiosk: Kiosk

    def card(*options: Any) -> Hurried:
        timed = [*acts, (seconds, Kiosk.stop)]
        return Hurried(*options, acts=[(at, lambda act=act: act(kiosk)) for at, act in timed], sound=sound)

    kiosk = Kiosk(
        engines(heard, (language,)), shop, codes or Codes(), Screen(shop.brand, language),
        KioskOptions(echo_cancellation=False, timeout=timeout), [entries.append], clock=lambda: TUESDAY, card=card,
        _workers=SimulatedWorkers(durations=False),
    )  # fmt: skip
    ended = asyncio.run(kiosk.converse(language))
    return kiosk, [entry.as_dict() for entry in entries], ended
