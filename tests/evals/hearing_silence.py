"""Silence says nothing: an hour without speech through the whole listener, and what it is taken for."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from voice.engines.whisper import LocalWhisper
from voice.heard import Heard
from voice.hearing.transcriber import Hypothesis
from voice.listening import Listener
from voice.wavfile import read_wav
from voice.workers import SimulatedWorkers

__all__ = ["run"]

_RATE = 8_000
_FRAME = 160
_MUSIC = Path("/usr/share/asterisk/moh")
_MUSIC_INSTALL = "apt-get install asterisk-moh-opsound-wav"
_NOISES = Path("/usr/share/tuxpaint/stamps")
_NOISES_INSTALL = "apt-get install tuxpaint-stamps-default"
_SPOKEN = ("symbols/alphabets", "symbols/math", "space/apollo_lander")
"""Stamps whose sound is somebody speaking: letters, numbers, the first words on the moon."""
_KEYS = ((697, 1209), (697, 1336), (697, 1477), (770, 1209), (770, 1336), (770, 1477), (852, 1209), (852, 1336))


def run(quick: bool = False) -> dict[str, Any]:
    """An hour (ten minutes quick): silence, line noise, hum, hold music, keypad tones, clicks and coughs.

    Returns:
        by_kind: {kind: minutes, turns (the detector took it for speech), refused (the guard threw the text away),
        invented (texts that came out)}. Coughs, tones, clicks, hum and line noise are synthetic.
        notes: what would bring real sounds that aren't here.
    """
    from voice.engines.models import Models

    whisper = LocalWhisper(Models().ready("whisper-base"))
    found: dict[str, Any] = {}
    for kind, sound in _sounds(600.0 if quick else 3600.0):
        turns = list(_heard(whisper, sound, None))
        texts = [each.text for each in turns if each.text]
        found[kind] = {
            "minutes": round(len(sound) / _RATE / 60, 1),
            "turns": len(turns),
            "refused": sum(bool(each.refused) for each in turns),
            "invented": texts,
        }
    return {
        "minutes": round(sum(row["minutes"] for row in found.values()), 1),
        "invented": sum(len(row["invented"]) for row in found.values()),
        "by_kind": found,
        "notes": [how for place, how in ((_MUSIC, _MUSIC_INSTALL), (_NOISES, _NOISES_INSTALL)) if not place.exists()],
    }


def _heard(whisper: LocalWhisper, sound: np.ndarray, language: str | None) -> Iterator[Hypothesis]:
    listener = Listener(_RATE, whisper, lambda text, language: None, SimulatedWorkers(durations=False), language)
    for at in range(0, len(sound) - _FRAME, _FRAME):
        for event in listener.push(sound[at : at + _FRAME], (at + _FRAME) / _RATE):
            if isinstance(event, Heard) and event.prepared:
                yield event.prepared.hypothesis


def _sounds(seconds: float) -> Iterator[tuple[str, np.ndarray]]:
    draw = np.random.default_rng(7)
    music, noises = _music(seconds * 0.4), _noises(seconds * 0.15)
    rest = seconds - (len(music) + len(noises)) / _RATE
    yield "silence", np.zeros(int(0.1 * rest * _RATE), np.int16)
    yield "line noise", _noise(draw, 0.25 * rest)
    yield "hum", _hum(draw, 0.1 * rest)
    yield "keypad tones", _often(draw, 0.2 * rest, lambda: _key(draw), 0.4)
    yield "clicks", _often(draw, 0.1 * rest, lambda: _click(draw), 1.0)
    yield "coughs", _often(draw, 0.25 * rest, lambda: _cough(draw), 2.5)
    if len(noises):
        yield "animals and things (real)", noises
    if len(music):
        yield "hold music (real)", music


def _music(seconds: float) -> np.ndarray:
    pieces = []
    for path in sorted(_MUSIC.rglob("*.wav")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pieces.append(read_wav(path, _RATE)[0])
    share = int(seconds * _RATE / max(1, len(pieces)))
    return np.concatenate([piece[:share] for piece in pieces]) if pieces else np.zeros(0, np.int16)


def _noises(seconds: float) -> np.ndarray:
    """The sounds of Tux Paint's stamps that aren't words: cries of animals, engines, bells."""
    from faster_whisper.audio import decode_audio

    pieces, length = [], 0
    for path in sorted(path for path in _NOISES.rglob("*.ogg") if "_desc" not in path.name):
        if str(path.relative_to(_NOISES)).startswith(_SPOKEN):
            continue
        sound = _pcm(decode_audio(str(path), _RATE) * 32768)[: 20 * _RATE]
        pieces += [sound, np.zeros(_RATE, np.int16)]
        length += len(sound) + _RATE
        if length > seconds * _RATE:
            break
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def _noise(draw: np.random.Generator, seconds: float) -> np.ndarray:
    """White and pink, from -65 to -30 dBFS, a level every ten seconds."""
    size = 10 * _RATE
    pieces = []
    for number in range(int(seconds / 10) + 1):
        white = draw.normal(0, 1, size)
        if number % 2:
            spectrum = np.fft.rfft(white)
            white = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), size)
        pieces.append(white / white.std() * 32768 * 10 ** (draw.uniform(-65, -30) / 20))
    return _pcm(np.concatenate(pieces)[: int(seconds * _RATE)])


def _hum(draw: np.random.Generator, seconds: float) -> np.ndarray:
    at = np.arange(int(seconds * _RATE)) / _RATE
    hum = sum(np.sin(2 * np.pi * 50 * harmonic * at) / harmonic for harmonic in (1, 3, 5, 7))
    return _pcm(600 * hum * (1 + 0.3 * np.sin(0.7 * at)) + draw.normal(0, 20, len(at)))


def _often(draw: np.random.Generator, seconds: float, one, pause: float) -> np.ndarray:
    pieces, length = [], 0
    while length < seconds * _RATE:
        piece = np.concatenate((one(), np.zeros(int(draw.uniform(0.3, 2) * pause * _RATE))))
        pieces.append(piece)
        length += len(piece)
    sound = np.concatenate(pieces)[: int(seconds * _RATE)]
    return _pcm(sound + draw.normal(0, 15, len(sound)))


def _key(draw: np.random.Generator) -> np.ndarray:
    low, high = _KEYS[draw.integers(len(_KEYS))]
    at = np.arange(int(draw.uniform(0.08, 0.5) * _RATE)) / _RATE
    return 6000 * (np.sin(2 * np.pi * low * at) + np.sin(2 * np.pi * high * at)) / 2


def _click(draw: np.random.Generator) -> np.ndarray:
    size = int(draw.uniform(0.002, 0.05) * _RATE)
    return draw.normal(0, 9000, size) * np.exp(-np.arange(size) / (0.3 * size))


def _cough(draw: np.random.Generator) -> np.ndarray:
    """One to three bursts of noise through throat resonances, with a short voiced tail."""
    bursts = []
    for _ in range(draw.integers(1, 4)):
        size = int(draw.uniform(0.15, 0.35) * _RATE)
        at = np.arange(size) / _RATE
        spectrum = np.fft.rfft(draw.normal(0, 1, size))
        hertz = np.fft.rfftfreq(size, 1 / _RATE)
        centre = draw.uniform(500, 900)
        shape = sum(np.exp(-(((hertz - f) / w) ** 2)) for f, w in ((centre, 250), (2.2 * centre, 400), (3000, 500)))
        noise = np.fft.irfft(spectrum * (shape + 0.05), size)
        noise /= np.abs(noise).max()
        voiced = np.sign(np.sin(2 * np.pi * draw.uniform(90, 220) * at)) * 0.25 * (at > 0.5 * at[-1])
        bursts += [12_000 * (noise + voiced) * np.exp(-5 * at / at[-1]) * np.minimum(1, at / 0.01), np.zeros(800)]
    return np.concatenate(bursts)


def _pcm(sound: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(sound, -32768, 32767)).astype(np.int16)
