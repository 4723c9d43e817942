"""Which words of a running transcription are settled: LocalAgreement-2.

Two successive hypotheses of the growing sound agree on a beginning; that beginning is committed and never changes
(Liu, Spanakis and Niehues, Interspeech 2020; Macháček, Dabre and Bojar, IJCNLP-AACL 2023).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["LocalAgreement", "plain"]


def plain(word: str) -> str:
    """A word as agreement sees it: no case, no punctuation at its ends, one Unicode form."""
    folded = unicodedata.normalize("NFC", word).casefold().replace("’", "'")
    return folded.strip(" \t\n.,;:!?…\"«»()[]-–—'")


class LocalAgreement:
    """The partials of one turn. A new one for each turn."""

    def __init__(self) -> None:
        self._committed: list[str] = []
        self._previous: list[str] = []

    @property
    def committed(self) -> tuple[str, ...]:
        return tuple(self._committed)

    @property
    def prefix(self) -> str:
        """The settled words as text: what the next decode may be forced to begin with."""
        return " ".join(self._committed)

    @property
    def latest(self) -> str:
        """Everything heard so far, settled or not: a draft of the final text."""
        return " ".join((*self._committed, *self._previous))

    def update(self, words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """A new hypothesis of the whole turn so far.

        Args:
            words: every word from the turn's first, committed ones included (a decoder forced with `prefix` gives
                them back). Where they differ from committed words, the committed ones stand.

        Returns:
            (committed, tentative): the settled beginning, and what may still change.
        """
        tail = list(words[len(self._committed) :])
        agreed = 0
        for new, old in zip(tail, self._previous, strict=False):
            if plain(new) != plain(old):
                break
            agreed += 1
        # The newer writing is kept: it had more sound to punctuate with.
        self._committed += tail[:agreed]
        self._previous = tail[agreed:]
        return self.committed, tuple(self._previous)
