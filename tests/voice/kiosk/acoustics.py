"""A room in numbers: the way from the loudspeaker to the microphone, and voices to fill it with."""

from __future__ import annotations

import numpy as np
import pytest

from personalization.phrases import Phrases, phrase_table
from voice.audio import dbfs, resample
from voice.channels.soundcard import RATE
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.speaking.voices import Voices

__all__ = ["RoomPath", "voices_in"]

_LEVEL = -21.0
"""dBFS of what `voices_in` gives, pauses included: what is measured in a room isn't to hang on one voice's loudness."""


class RoomPath:
    """Delay, early reflections, an exponentially dying tail, a loudspeaker that bends a little, and noise.

    Args:
        delay: seconds until the direct sound arrives, buffers of the sound server included.
        level_db: of the echo, relative to what is played.
        reverberation: seconds until the tail has died by 60 dB (RT60).
        bend: share of third-order distortion at full scale.
        noise_dbfs: of the room itself.
    """

    def __init__(
        self,
        delay: float = 0.08,
        level_db: float = -10.0,
        reverberation: float = 0.3,
        bend: float = 0.02,
        noise_dbfs: float = -55.0,
        seed: int = 1,
    ) -> None:
        self.choice = np.random.default_rng(seed)
        length = int(reverberation * RATE)
        tail = self.choice.normal(0, 1, length) * 10 ** (-3 * np.arange(length) / length) * 0.05
        tail[0] = 1.0
        for at in (0.004, 0.009, 0.017):
            tail[int(at * RATE)] += 0.4 * self.choice.choice([-1, 1])
        gain = 10 ** (level_db / 20) / np.sqrt(np.sum(tail**2))
        self.response = np.concatenate([np.zeros(int(delay * RATE)), tail * gain])
        self.bend, self.noise = bend, 32768 * 10 ** (noise_dbfs / 20)

    def echo(self, played: np.ndarray) -> np.ndarray:
        """What the microphone hears while nobody speaks: (n,) int16 in, the same out."""
        driven = played / 32768.0
        driven = driven - self.bend * driven**3
        size = 1 << int(np.ceil(np.log2(len(played) + len(self.response))))
        heard = np.fft.irfft(np.fft.rfft(driven, size) * np.fft.rfft(self.response, size), size)[: len(played)]
        heard = heard * 32768 + self.choice.normal(0, self.noise, len(played))
        return np.clip(np.rint(heard), -32768, 32767).astype(np.int16)


def voices_in(language: str, seconds: float) -> np.ndarray:
    """The assistant's own kept lines one after the other by the language's voice, (n,) int16 at RATE, -21 dBFS."""
    try:
        voices = Voices(Models(), names={"en": "en_US-joe-medium"})  # whichever else is here: the limits are its
        voices.voice(language)
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    source, out, made = Phrases(language, "Belmont"), [], 0
    ids = [id for id, entry in phrase_table(language).items() if entry.script and "{product" not in entry.say[0]]
    ids = [id for id in ids if "{" not in entry_text(language, id)]
    for id in ids * 100:
        phrase = source.say(id)
        kept = voices.kept(phrase, 1.0)
        if kept is None:
            voices.prepare([phrase])
            kept = voices.kept(phrase, 1.0)
        out += [resample(kept[0], kept[1], RATE), np.zeros(int(0.3 * RATE), np.int16)]
        made += len(out[-2]) + len(out[-1])
        if made >= seconds * RATE:
            break
    sound = np.concatenate(out)[: int(seconds * RATE)]
    return np.clip(np.rint(sound * 10 ** ((_LEVEL - dbfs(sound)) / 20)), -32768, 32767).astype(np.int16)


def entry_text(language: str, id: str) -> str:
    return phrase_table(language)[id].say[0].replace("{brand}", "")
