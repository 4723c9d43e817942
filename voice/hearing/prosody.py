"""How it was said: level, pitch, pace and pauses, against the caller's own first seconds. Measures, never a mood."""

from __future__ import annotations

import re
from collections import deque

import numpy as np
from rapidfuzz import fuzz

from nlu.cues import Cues
from voice.audio import HEARING_RATE, dbfs

__all__ = ["ProsodyTracker", "level_and_pauses", "pitch_track", "syllables"]

_HOP = 160  # 10 ms
_ENOUGH = 0.5  # seconds of speech under which its pace and its voice aren't known
_WINDOW = 640  # 40 ms: two periods of the lowest voice
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 400.0
_PERIODIC = 0.25  # YIN's threshold on the normalised difference; telephone speech is noisier than its 0.1
_SPEECH_UNDER_PEAK_DB = 25.0
_SHORTEST_PAUSE = 0.15  # seconds; shorter gaps are stop consonants


def syllables(text: str, language: str) -> int:
    """How many syllables a text has when spoken, about: groups of vowels, without the letters that stay silent."""
    count = 0
    for word in re.findall(r"[^\W\d_]+|\d", text.casefold()):
        if word.isdigit():
            count += 1
            continue
        word = re.sub(r"(?<=q)u(?=[aeéèêiîoy])|(?<=g)u(?=[eéèêiî])", "", word)
        groups = len(re.findall(r"[aeiouyàâäéèêëîïôöùûüœæ]+", word))
        silent = r"[^aeiouyàâéèêîôù](e|es|ent)$" if language == "fr" else r"[^aeiouyl]e$|[^aeiouytd]ed$"
        if groups > 1 and re.search(silent, word):
            groups -= 1
        count += max(1, groups) if language != "fr" or len(word) > 1 or groups else 0
    return count


def pitch_track(pcm: np.ndarray, rate: int = HEARING_RATE) -> np.ndarray:
    """Fundamental frequency by YIN's cumulative mean normalised difference (de Cheveigné and Kawahara, JASA 2002).

    Args:
        pcm: (n,) int16 at 16 kHz. The sound is halved to 8 kHz first: a voice's pitch is below 400 Hz.

    Returns:
        (frames,) float64, Hz every 10 ms, NaN where there is no clear period.
    """
    if rate != HEARING_RATE:
        raise ValueError(f"pitch is read at {HEARING_RATE} Hz, not at {rate}")
    sound = pcm[: len(pcm) // 2 * 2].astype(np.float64).reshape(-1, 2).mean(axis=1)
    rate, hop, window = rate // 2, _HOP // 2, _WINDOW // 2
    longest, shortest = int(rate / _LOWEST_HZ), int(rate / _HIGHEST_HZ)
    if len(sound) < window + longest:
        return np.zeros(0)
    whole = np.lib.stride_tricks.sliding_window_view(sound, window + longest)[::hop]
    size = 1 << (window + 2 * longest).bit_length()
    first = np.fft.rfft(whole[:, :window], size)
    crossed = np.fft.irfft(np.conj(first) * np.fft.rfft(whole, size), size)[:, : longest + 1]
    sums = np.cumsum(np.pad(whole**2, ((0, 0), (1, 0))), axis=1)
    energy = sums[:, window : window + longest + 1] - sums[:, : longest + 1]
    difference = np.maximum(energy[:, :1] + energy - 2 * crossed, 0)
    running = np.cumsum(difference[:, 1:], axis=1)
    normalised = np.ones_like(difference)
    normalised[:, 1:] = difference[:, 1:] * np.arange(1, longest + 1) / np.maximum(running, 1e-9)
    loud = energy[:, 0] > max(window * 30.0**2, 0.003 * float(energy[:, 0].max()))
    return _periods(normalised, shortest, rate, loud)


def _periods(normalised: np.ndarray, shortest: int, rate: int, loud: np.ndarray) -> np.ndarray:
    """The first dip under the threshold, refined by a parabola, as a frequency."""
    inner = normalised[:, shortest:-1]
    dip = (inner < _PERIODIC) & (inner <= normalised[:, shortest - 1 : -2]) & (inner < normalised[:, shortest + 1 :])
    found = dip.any(axis=1) & loud
    lag = dip.argmax(axis=1) + shortest
    row = np.arange(len(normalised))
    before, at, after = normalised[row, lag - 1], normalised[row, lag], normalised[row, lag + 1]
    curve = before - 2 * at + after
    shift = np.where(curve > 1e-12, 0.5 * (before - after) / np.maximum(curve, 1e-12), 0.0)
    return np.where(found, rate / (lag + shift), np.nan)


def level_and_pauses(pcm: np.ndarray) -> tuple[float, float, float]:
    """Level of the voice (dBFS), seconds of speech, and the share of the turn that is pause (0 to 1).

    Args:
        pcm: (n,) int16 at 16 kHz, from about the first to about the last voiced sample.
    """
    count = len(pcm) // _HOP
    if not count:
        return dbfs(pcm), 0.0, 0.0
    power = np.square(pcm[: count * _HOP].astype(np.float64)).reshape(count, _HOP).mean(axis=1)
    smooth = np.convolve(power, np.ones(5) / 5, "same")
    # A high percentile, not the peak: one click must not make a pause of all the rest.
    speech = smooth > max(np.quantile(smooth, 0.95) * 10 ** (-_SPEECH_UNDER_PEAK_DB / 10), 1.0)
    if not speech.any():
        return dbfs(pcm), 0.0, 0.0
    inside = np.flatnonzero(speech)
    speech = speech[inside[0] : inside[-1] + 1]
    voiced = power[inside[0] : inside[-1] + 1][speech]
    edges = np.flatnonzero(np.diff(np.pad((~speech).astype(np.int8), 1)))
    gaps = edges[1::2] - edges[::2]
    paused = int(gaps[gaps * _HOP >= _SHORTEST_PAUSE * HEARING_RATE].sum())
    level = 10 * float(np.log10(max(voiced.mean(), 1e-6) / 32768.0**2))
    return level, (len(speech) - paused) * _HOP / HEARING_RATE, paused / len(speech)


class ProsodyTracker:
    """One per conversation, kept in memory only (law 7).

    Args:
        baseline_seconds: how much of the caller's own speech makes the start of the call that later turns are
            compared with.
        similar: 0 to 100; two turns that are this much alike say the same thing.
    """

    def __init__(self, baseline_seconds: float = 4.0, similar: float = 85.0, remembered: int = 6) -> None:
        self._baseline_seconds = baseline_seconds
        self._similar = similar
        self._baseline: list[tuple[float, Cues]] = []  # (seconds of speech, measures)
        self._said: deque[str] = deque(maxlen=remembered)

    def utterance(self, pcm: np.ndarray, text: str = "", language: str = "fr") -> Cues:
        """Measure one turn, from its first to its last voiced sample.

        Args:
            pcm: (n,) int16 at 16 kHz.
            text: what was recognised; without it the pace isn't known.
        """
        level, spoken, pauses = level_and_pauses(pcm)
        pitch = pitch_track(pcm)
        pitch = pitch[~np.isnan(pitch)]
        rate = syllables(text, language) / spoken if text and spoken >= _ENOUGH else None
        now = Cues(
            level_dbfs=level if spoken else None,
            pitch_hz=float(np.median(pitch)) if len(pitch) >= 10 else None,
            pitch_range_semitones=_range(pitch) if len(pitch) >= 10 else None,
            rate_syllables_s=rate,
            voiced_share=min(1.0, len(pitch) * _HOP / HEARING_RATE / spoken) if spoken >= _ENOUGH else None,
            pause_ratio=pauses if spoken else None,
            repeated=self._is_repeated(text),
        )
        if sum(seconds for seconds, _ in self._baseline) < self._baseline_seconds:
            if spoken:
                self._baseline.append((spoken, now))
            return now
        return self._compared(now)

    def forget(self) -> None:
        """The caller switched the cues off: nothing measured remains."""
        self._baseline.clear()
        self._said.clear()

    def _compared(self, now: Cues) -> Cues:
        level, pitch = self._usual("level_dbfs"), self._usual("pitch_hz")
        rate, pauses = self._usual("rate_syllables_s"), self._usual("pause_ratio")

        def both(a: float | None, b: float | None) -> bool:
            return a is not None and b is not None

        return Cues(
            level_dbfs=now.level_dbfs,
            pitch_hz=now.pitch_hz,
            pitch_range_semitones=now.pitch_range_semitones,
            rate_syllables_s=now.rate_syllables_s,
            voiced_share=now.voiced_share,
            pause_ratio=now.pause_ratio,
            level_change_db=now.level_dbfs - level if both(now.level_dbfs, level) else None,
            pitch_change_semitones=12 * float(np.log2(now.pitch_hz / pitch)) if both(now.pitch_hz, pitch) else None,
            usual_rate=rate,
            rate_change=now.rate_syllables_s / rate if both(now.rate_syllables_s, rate) and rate else None,
            pause_change=now.pause_ratio - pauses if both(now.pause_ratio, pauses) else None,
            repeated=now.repeated,
        )

    def _usual(self, measure: str) -> float | None:
        """The caller's own start of the call: the mean over its turns, weighted by how long each was."""
        known = [(s, value) for s, cues in self._baseline if (value := getattr(cues, measure)) is not None]
        total = sum(seconds for seconds, _ in known)
        return sum(seconds * value for seconds, value in known) / total if total else None

    def _is_repeated(self, text: str) -> bool:
        said = " ".join(re.findall(r"\w+", text.casefold()))
        if len(said.split()) < 3:  # "oui" twice is two answers
            return False
        repeated = any(fuzz.token_sort_ratio(said, earlier) >= self._similar for earlier in self._said)
        self._said.append(said)
        return repeated


def _range(pitch: np.ndarray) -> float:
    low, high = np.quantile(pitch, (0.1, 0.9))
    return 12 * float(np.log2(high / low))
