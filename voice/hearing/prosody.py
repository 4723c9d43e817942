"""How it was said: level, pitch, pace and pauses, against the caller's own first seconds. Measures, never a mood."""

from __future__ import annotations

import numpy as np

from nlu.cues import Cues

__all__ = ["ProsodyTracker", "pitch_track", "syllables"]


def syllables(text: str, language: str) -> int:
    """How many syllables a text has when spoken, about."""
    raise NotImplementedError


def pitch_track(pcm: np.ndarray, rate: int = 16_000) -> np.ndarray:
    """Args: pcm (n,) int16 at 16 kHz. Returns: (frames,) float64, Hz every 10 ms, NaN where unvoiced."""
    raise NotImplementedError


class ProsodyTracker:
    """One per conversation, kept in memory only (law 7)."""

    def utterance(self, pcm: np.ndarray, text: str = "", language: str = "fr") -> Cues:
        """Measure one turn, from its first to its last voiced sample: pcm (n,) int16 at 16 kHz."""
        raise NotImplementedError
