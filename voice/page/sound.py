"""The conversation's sound inside the page: a compact WAV as a data address, and its waveform as a drawing."""

from __future__ import annotations

import base64
import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from voice.page.html import Html, tag
from voice.wavfile import synthetic_speech, wav_bytes

__all__ = ["data_address", "peaks", "read_stereo", "waveform"]


def read_stereo(sound: Path | str | np.ndarray, rate: int) -> tuple[np.ndarray, int]:
    """PCM of shape (n, 2) int16 and its rate, from an array or a WAV file.

    Raises:
        ValueError: not a readable WAV file, or not two channels of 16 bits; the message says which.
    """
    if isinstance(sound, np.ndarray):
        if sound.ndim != 2 or sound.shape[1] != 2 or sound.dtype != np.int16:
            raise ValueError(f"the page needs sound of shape (n, 2) int16, not {sound.shape} {sound.dtype}")
        return sound, rate
    try:
        with wave.open(str(sound), "rb") as file:
            kind, rate = (file.getnchannels(), file.getsampwidth() * 8), file.getframerate()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as problem:
        raise ValueError(f"{Path(sound).name} is not a readable WAV file ({problem})") from problem
    if kind != (2, 16):
        raise ValueError(f"{Path(sound).name} has {kind[0]} channel(s) of {kind[1]} bits; the page needs 2 of 16")
    return np.frombuffer(raw[: len(raw) // 4 * 4], "<i2").reshape(-1, 2).astype(np.int16), rate


def data_address(pcm: np.ndarray, rate: int, mark: Mapping[str, str] | None = None) -> str:
    """The sound as `data:audio/wav;base64,...`, marked as synthetic speech like the file it comes from.

    16-bit stereo at the channel's own rate: 32 kB a second at 8 kHz (43 kB once in base64).

    Args:
        mark: what that file says of itself (`voice.wavfile.read_wav_metadata`); without it the voice isn't named.
    """
    marked = wav_bytes(pcm, rate, mark or synthetic_speech("not named (right channel)"))
    return "data:audio/wav;base64," + base64.b64encode(marked).decode("ascii")


def peaks(channel: np.ndarray, columns: int) -> np.ndarray:
    """The largest magnitude in each of `columns` equal stretches, (columns,) float from 0 to 1."""
    if len(channel) == 0:
        return np.zeros(columns)
    edges = np.linspace(0, len(channel), columns + 1).astype(int)[:-1]
    return np.maximum.reduceat(np.abs(channel.astype(np.int32)), edges) / 32768


def waveform(pcm: np.ndarray, label: str, columns: int = 600) -> Html:
    """Both channels as one drawing, the caller above the middle line, the assistant below; a bar per column."""
    lanes = []
    for index, (name, middle) in enumerate((("caller", 24), ("assistant", 72))):
        heights = np.sqrt(peaks(pcm[:, index], columns)) * 21  # a square root lets quiet speech be seen
        drawn = "".join(f"M{x + 0.5:g} {middle - h:.1f}v{2 * h:.1f}" for x, h in enumerate(heights) if h >= 0.5)
        lanes.append(tag("line", cls=f"axis {name}", x1=0, x2=columns, y1=middle, y2=middle))
        lanes.append(tag("path", cls=f"wave {name}", d=drawn))
    return tag(
        "svg",
        *lanes,
        viewBox=f"0 0 {columns} 96",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
        cls="waveform",
    )
