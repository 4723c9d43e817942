"""From Whisper's tokens to words with times: by its cross-attention for a final text, in proportion for a partial."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from voice.hearing.transcriber import Word

__all__ = ["joined", "proportional", "words_of"]

_STATE = 0.02  # seconds of one encoder state
_SPACE = "Ġ"  # how byte-level vocabularies write the space before a word


def words_of(pieces: Sequence[tuple[str, int]], decode: Callable[[list[int]], str]) -> list[tuple[str, int, int]]:
    """Group tokens into words.

    Args:
        pieces: (token as the vocabulary writes it, its id).

    Returns:
        (word, first token, one past its last); a lone punctuation mark stays with the word before it.
    """
    starts = [at for at, (piece, _) in enumerate(pieces) if at == 0 or piece.startswith(_SPACE)]
    groups: list[tuple[str, int, int]] = []
    for start, stop in zip(starts, [*starts[1:], len(pieces)], strict=True):
        text = decode([token for _, token in pieces[start:stop]]).strip()
        if groups and not any(letter.isalnum() for letter in text):
            word, first, _ = groups[-1]
            groups[-1] = (f"{word} {text}".strip(), first, stop)
        elif text:
            groups.append((text, start, stop))
    return groups


def joined(
    groups: Sequence[tuple[str, int, int]],
    alignments: Sequence[tuple[int, int]],
    probabilities: Sequence[float],
    offset: float,
    end: float,
) -> tuple[Word, ...]:
    """Words with times, from (token, encoder state) pairs; seconds from the first sample given to the transcriber."""
    if not groups or not alignments:
        return proportional(" ".join(word for word, _, _ in groups), offset, end, 0.0)
    pairs = np.asarray(alignments)
    tokens, first = np.unique(pairs[:, 0], return_index=True)
    times = np.interp(np.arange(groups[-1][2] + 1), tokens, pairs[first, 1] * _STATE) + offset
    words = []
    for word, start, stop in groups:
        probability = float(np.mean(probabilities[start:stop])) if len(probabilities) > start else 0.0
        began = min(float(times[start]), end)
        words.append(Word(word, began, min(max(float(times[stop]), began), end), probability))
    return tuple(words)


def proportional(text: str, start: float, end: float, probability: float) -> tuple[Word, ...]:
    """Words spread over the sound by how long they are written."""
    words = text.split()
    edges = np.cumsum([0, *(len(word) + 1 for word in words)])
    at = start + (end - start) * edges / max(1, edges[-1])
    return tuple(Word(word, float(at[n]), float(at[n + 1]), probability) for n, word in enumerate(words))
