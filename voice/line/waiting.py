"""What a caller hears while a person is rung: the ringing tone, and a word now and then. Never silence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np

from voice.channels import FRAME_SECONDS, Channel, Floor

__all__ = ["play", "ringing", "wait_with"]

_HZ, _ON, _OFF = 440.0, 1.5, 3.5
"""France's and most of Europe's ringing tone (ITU-T E.180)."""
_LEVEL = 1_500
_WORD_EVERY = 20.0
"""Seconds between two words to somebody who waits."""


def ringing(rate: int) -> Iterator[np.ndarray]:
    """Frames of the ringing tone, without end."""
    size = int(rate * FRAME_SECONDS)
    at = 0
    while True:
        seconds = (at + np.arange(size)) / rate
        on = (seconds % (_ON + _OFF)) < _ON
        yield (np.sin(2 * np.pi * _HZ * seconds) * on * _LEVEL).astype(np.int16)
        at += size


async def wait_with(channel: Channel, waited_for: asyncio.Future, word: np.ndarray | None) -> str:
    """Rings until `waited_for` is done or the caller is gone; returns the keys pressed meanwhile.

    Args:
        word: (n,) int16 at the channel's rate, said every 20 s.
    """
    tone, keys, since, size = ringing(channel.rate), "", 0.0, int(channel.rate * FRAME_SECONDS)
    said = np.zeros(0, np.int16)
    while not waited_for.done():
        since += FRAME_SECONDS
        if word is not None and since >= _WORD_EVERY:
            since, said = 0.0, word
        frame, said = said[:size], said[size:]
        tick = await channel.exchange(frame if len(frame) == size else next(tone), Floor.ASSISTANT)
        if tick is None:
            break
        keys += tick.digits
    return keys


async def play(channel: Channel, sound: np.ndarray, listen: float = 0.0) -> str:
    """Plays a sound, then listens for so many seconds; returns the keys pressed, as soon as there is one."""
    size = int(channel.rate * FRAME_SECONDS)
    frames = [sound[at : at + size] for at in range(0, len(sound) - size + 1, size)]
    for frame in [*frames, *[None] * int(listen / FRAME_SECONDS)]:
        tick = await channel.exchange(frame, Floor.ASSISTANT)
        if tick is None or tick.digits:
            return tick.digits if tick else ""
    return ""
