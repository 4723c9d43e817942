"""Sound as numbers: int16 mono, resampled as it streams, and the telephone's two codes.

Everywhere in Candide sound is `(n,) int16`, one channel. Levels are in dB below full scale (dBFS), 32768 being full.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import ceil, gcd

import numpy as np

__all__ = [
    "HEARING_RATE",
    "RATES",
    "SILENCE_DBFS",
    "AudioError",
    "Resampler",
    "alaw_decode",
    "alaw_encode",
    "dbfs",
    "frames",
    "resample",
    "ulaw_decode",
    "ulaw_encode",
]

RATES = (8_000, 16_000, 22_050, 24_000)
"""Sample rates used inside, Hz: the telephone, hearing, Piper, Kokoro."""
HEARING_RATE = 16_000
SILENCE_DBFS = -100.0
"""What `dbfs` says of digital silence."""

_SLOWEST, _FASTEST = 4_000, 384_000
_HALF_WIDTH = 32  # samples of the lower rate on each side of a filter: 4 ms at 8 kHz
_KAISER_BETA = 8.5  # about 85 dB of stopband
_PASSBAND = 0.915  # cutoff as a share of the lower Nyquist frequency: the stopband begins at it
_BLOCK = 8_192  # outputs made at once, so that ten minutes of sound don't become gigabytes of windows


class AudioError(Exception):
    """Sound that can't be used; the message says why and what would do."""


class Resampler:
    """A streaming sample rate converter: windowed sinc, polyphase (Crochiere and Rabiner, 1983).

    Withholds 32 samples of the slower rate, so 4 ms at 8 kHz and less above; `flush` gives them. Pushing a sound in
    pieces gives, bit for bit, what pushing it whole gives: ceil(n * target / source) samples in all.

    Raises:
        AudioError: a rate outside 4 to 384 kHz.
    """

    def __init__(self, source_rate: int, target_rate: int) -> None:
        for rate in (source_rate, target_rate):
            if not _SLOWEST <= rate <= _FASTEST:
                raise AudioError(f"A sample rate of {rate} Hz can't be converted: use {_SLOWEST} to {_FASTEST} Hz.")
        self.source_rate, self.target_rate = source_rate, target_rate
        divisor = gcd(source_rate, target_rate)
        self._up, self._down = target_rate // divisor, source_rate // divisor
        self._same = source_rate == target_rate
        if not self._same:
            self._bank = _filter_bank(self._up, self._down)
            self._half = self._bank.shape[1] // 2
        self._restart()

    def _restart(self) -> None:
        self._received = 0
        self._made = 0
        # Silence before the first sample: what the first windows reach back to.
        self._kept = np.zeros(0 if self._same else self._half - 1, dtype=np.float32)
        self._kept_from = -len(self._kept)

    def push(self, pcm: np.ndarray) -> np.ndarray:
        """Args: pcm (n,) int16. Returns: (m,) int16, all that can be made without what comes next."""
        if self._same:
            return pcm.astype(np.int16, copy=True)
        self._received += len(pcm)
        self._kept = np.concatenate((self._kept, pcm.astype(np.float32)))
        # Output n sits at source sample n * down / up and reaches `half` samples past it.
        ready = max(0, -(-(self._received - self._half) * self._up // self._down))
        return self._make(ready)

    def flush(self) -> np.ndarray:
        """The withheld end, (m,) int16; the resampler is then as new."""
        if self._same:
            return np.zeros(0, dtype=np.int16)
        total = -(-self._received * self._up // self._down)
        self._kept = np.concatenate((self._kept, np.zeros(self._half + 1, dtype=np.float32)))
        rest = self._make(total)
        self._restart()
        return rest

    def _make(self, until: int) -> np.ndarray:
        pieces = [self._block(start, min(start + _BLOCK, until)) for start in range(self._made, until, _BLOCK)]
        self._made = max(self._made, until)
        oldest = self._made * self._down // self._up - self._half + 1
        self._kept = self._kept[oldest - self._kept_from :]
        self._kept_from = oldest
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)

    def _block(self, start: int, stop: int) -> np.ndarray:
        at = np.arange(start, stop, dtype=np.int64) * self._down
        first = at // self._up - self._half + 1 - self._kept_from
        windows = np.lib.stride_tricks.sliding_window_view(self._kept, self._bank.shape[1])[first]
        # Row by row (no matrix product): a sample must not depend on which block it was made in.
        made = (windows * self._bank[at % self._up]).sum(axis=1)
        return np.clip(np.rint(made), -32768, 32767).astype(np.int16)


@cache
def _filter_bank(up: int, down: int) -> np.ndarray:
    """(up, taps) float32: for each phase, the weights of the samples around it."""
    slower = min(1.0, up / down)  # the lower rate over the source's
    half = ceil(_HALF_WIDTH / slower)
    offsets = np.arange(-half + 1, half + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (offsets / half) ** 2, 0, None))) / np.i0(_KAISER_BETA)
    bank = np.sinc(offsets * slower * _PASSBAND) * window
    return (bank / bank.sum(axis=1, keepdims=True)).astype(np.float32)


def resample(pcm: np.ndarray, source_rate: int, target_rate: int) -> np.ndarray:
    """A whole sound at another rate. Args: pcm (n,) int16. Returns: (ceil(n * target / source),) int16."""
    resampler = Resampler(source_rate, target_rate)
    return np.concatenate((resampler.push(pcm), resampler.flush()))


def dbfs(pcm: np.ndarray) -> float:
    """Root mean square level of (n,) int16, dBFS: a full sine is -3.0, silence SILENCE_DBFS."""
    if not len(pcm):
        return SILENCE_DBFS
    power = float(np.mean(np.square(pcm, dtype=np.float64)))
    return max(SILENCE_DBFS, 10 * float(np.log10(power / 32768.0**2))) if power else SILENCE_DBFS


def frames(pcm: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Cut (n,) int16 into (size,) frames; silence fills the last one."""
    for start in range(0, len(pcm), size):
        frame = pcm[start : start + size]
        yield frame if len(frame) == size else np.pad(frame, (0, size - len(frame)))


# G.711 (ITU-T, 1988): eight segments whose steps double, a sign bit that is 1 for positive. Mu-law codes are sent
# inverted; A-law codes have their even bits inverted. Tables are at 16 bits: mu-law's 14 and A-law's 13, shifted up.


@cache
def _ulaw_table() -> np.ndarray:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = ((((code & 0x0F) << 1) + 33) << ((code >> 4) & 7)) - 33
    # The sign bit reads 1 for negative once the code is inverted back.
    return np.where(code & 0x80, -size * 4, size * 4).astype(np.int16)


@cache
def _alaw_table() -> np.ndarray:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = (code >> 4) & 7, code & 0x0F
    size = np.where(segment == 0, (step << 1) + 1, ((step << 1) + 33) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, size * 8, -size * 8).astype(np.int16)


@cache
def _ulaw_codes() -> np.ndarray:
    """(65536,) uint8, indexed by the sample seen as unsigned."""
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    size = np.minimum((np.where(sample < 0, ~sample, sample) >> 2) + 33, 0x1FFF)
    segment = np.frexp(size)[1] - 6  # the position of the highest bit, 33..8191
    code = (segment << 4) | ((size >> (segment + 1)) & 0x0F) | np.where(sample < 0, 0x80, 0)
    return (~code & 0xFF).astype(np.uint8)


@cache
def _alaw_codes() -> np.ndarray:
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    size = np.where(sample < 0, ~sample, sample) >> 4
    segment = np.maximum(np.frexp(size)[1] - 4, 0)
    code = (segment << 4) | ((size >> np.maximum(segment - 1, 0)) & 0x0F) | np.where(sample < 0, 0, 0x80)
    return (code ^ 0x55).astype(np.uint8)


def ulaw_encode(pcm: np.ndarray) -> np.ndarray:
    """(n,) int16 to (n,) uint8 mu-law."""
    return _ulaw_codes()[pcm.view(np.uint16)]


def ulaw_decode(codes: np.ndarray) -> np.ndarray:
    """(n,) uint8 mu-law to (n,) int16."""
    return _ulaw_table()[codes]


def alaw_encode(pcm: np.ndarray) -> np.ndarray:
    """(n,) int16 to (n,) uint8 A-law."""
    return _alaw_codes()[pcm.view(np.uint16)]


def alaw_decode(codes: np.ndarray) -> np.ndarray:
    """(n,) uint8 A-law to (n,) int16."""
    return _alaw_table()[codes]
