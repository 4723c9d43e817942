"""What the classifier sees of a sentence: its words without fillers, slots masked, and what they share with others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from nlu.concepts import concepts
from nlu.entities import Placed, extract, mask
from nlu.examples import MASKS, word_list
from nlu.normalise import Token, tokenise
from nlu.turns import without_fillers

__all__ = ["Sentence", "read"]


@dataclass(frozen=True)
class Sentence:
    """One sentence in the three forms it is compared in."""

    words: str
    """Folded words, one space between two, fillers left out, slots masked."""
    spoken: str
    """The same as it was written, with a common word in each slot's place: what is embedded."""
    concepts: str
    """The concepts of the words, in order (`nlu.concepts`); "" for none."""
    language: str

    def without(self, at: int) -> Sentence:
        """The sentence less one of its words: what it loses tells how much the word decided."""
        words, spoken = self.words.split(" "), self.spoken.split(" ")
        del words[at]
        if at < len(spoken):
            del spoken[at]
        left = " ".join(words)
        return Sentence(left, " ".join(spoken), " ".join(concepts(left, self.language)), self.language)


def read(
    text: str, language: str, placed: Sequence[Placed] | None = None, tokens: Sequence[Token] | None = None
) -> Sentence:
    """A text as the classifier sees it.

    Args:
        placed: its slots, when they are known (`nlu.entities.extract`); looked for without a catalogue otherwise.
        tokens: its words, when they are known already.
    """
    tokens = tokenise(text, language) if tokens is None else tokens
    placed = extract(text, language, None, tokens=tokens) if placed is None else placed
    kept = without_fillers(mask(tokens, placed), language)
    words = " ".join(token.text for token in kept)
    stands = _stand_ins(language)
    spoken = " ".join(stands.get(token.text) or text[token.start : token.end].lower() for token in kept)
    return Sentence(words, spoken, " ".join(concepts(words, language)), language)


@cache
def _stand_ins(language: str) -> dict[str, str]:
    # One word for one mask, so that the n-th word of both forms is the same (a no-break space holds it together).
    return {MASKS[slot]: words[0].replace(" ", "\u00a0") for slot, words in word_list("stand_ins", language).items()}
