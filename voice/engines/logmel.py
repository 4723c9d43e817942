"""What Whisper sees of a sound: 80 (or 128) log-mel bands every 10 ms (Radford et al., 2022, section 2.2)."""

from __future__ import annotations

from functools import cache

import numpy as np

from voice.audio import HEARING_RATE

__all__ = ["HOP", "log_mel", "normalised_log_mel"]

HOP = 160
"""Samples between two frames: 10 ms at 16 kHz."""
_WINDOW = 400
_RANGE = 8.0  # decades kept under the loudest point


def log_mel(pcm: np.ndarray, frames: int, bands: int = 80) -> np.ndarray:
    """Features of a sound followed by silence.

    Args:
        pcm: (n,) int16 at 16 kHz.
        frames: how many to give; beyond the sound's own n / 160 they are silence.

    Returns:
        (bands, frames) float32.
    """
    own = min(frames, -(-len(pcm) // HOP) + 1)
    sound = np.zeros(own * HOP + _WINDOW, dtype=np.float32)
    heard = pcm[: len(sound) - _WINDOW // 2]
    sound[_WINDOW // 2 : _WINDOW // 2 + len(heard)] = heard.astype(np.float32) / 32768
    sound[: _WINDOW // 2] = sound[_WINDOW : _WINDOW // 2 : -1]  # mirrored at the start, as in training
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[: own * HOP : HOP]
    power = np.abs(np.fft.rfft(windows * _hann(), axis=1)) ** 2
    spectrum = np.log10(np.maximum(_filters(bands) @ power.T.astype(np.float32), 1e-10))
    floor = float(spectrum.max()) - _RANGE
    features = np.full((bands, frames), max(floor, -10.0), dtype=np.float32)
    features[:, :own] = np.maximum(spectrum, floor)
    return (features + 4.0) / 4.0


def normalised_log_mel(sound: np.ndarray, frames: int, bands: int = 80) -> np.ndarray:
    """The same bands of a sound that is already scaled, mirrored at both ends.

    Args:
        sound: (frames * 160,) float32.

    Returns:
        (bands, frames) float32.
    """
    padded = np.pad(sound, _WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[: frames * HOP : HOP]
    power = np.abs(np.fft.rfft(windows * _hann(), axis=1)) ** 2
    spectrum = np.log10(np.maximum(_filters(bands) @ power.T.astype(np.float32), 1e-10))
    return ((np.maximum(spectrum, spectrum.max() - _RANGE) + 4.0) / 4.0).astype(np.float32)


@cache
def _hann() -> np.ndarray:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


@cache
def _filters(bands: int) -> np.ndarray:
    """(bands, 201) float32: triangles of equal area, spaced as Slaney's mel scale (Auditory Toolbox, 1998)."""
    step = 200.0 / 3  # linear below 1 kHz, 27 steps for each factor of 6.4 above
    knee, grow = 1000.0 / step, np.log(6.4) / 27
    highest = knee + np.log(HEARING_RATE / 2 / 1000.0) / grow
    mels = np.linspace(0.0, highest, bands + 2)
    edges = np.where(mels < knee, mels * step, 1000.0 * np.exp(grow * (mels - knee)))
    bins = np.fft.rfftfreq(_WINDOW, 1 / HEARING_RATE)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)
