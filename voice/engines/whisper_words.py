"""When each word of a text was said, as far as the sound tells without a second look at it by the model.

Cross-attention would say it to a few hundredths of a second, for a seventh of the time that a transcription takes; the
words are spread over the voiced stretches instead, in proportion to how long they are written.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voice.audio import HEARING_RATE
from voice.hearing.transcriber import Word

__all__ = ["spread"]


def spread(text: str, voiced: Sequence[tuple[int, int]], probability: float) -> tuple[Word, ...]:
    """The words of a text with their times.

    Args:
        voiced: stretches with a voice in them, in order, as samples at 16 kHz (last excluded).
        probability: given to each word.

    Returns:
        Words in order, seconds from the first sample; between two words no time is lost but unvoiced time.
    """
    words = text.split()
    if not words or not voiced:
        return ()
    edges = np.asarray(voiced, dtype=np.float64) / HEARING_RATE
    lengths = edges[:, 1] - edges[:, 0]
    spent = np.concatenate(([0.0], np.cumsum(lengths)))
    shares = np.cumsum([0, *(len(word) + 1 for word in words)]) / sum(len(word) + 1 for word in words)
    found = []
    for word, first, last in zip(words, shares * spent[-1], shares[1:] * spent[-1], strict=False):
        begins = min(int(np.searchsorted(spent, first, side="right")) - 1, len(edges) - 1)
        ends = max(begins, min(int(np.searchsorted(spent, last, side="left")) - 1, len(edges) - 1))
        start, end = edges[begins, 0] + first - spent[begins], edges[ends, 0] + last - spent[ends]
        found.append(Word(word, float(start), float(max(start, end)), probability))
    return tuple(found)
