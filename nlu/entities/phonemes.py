"""Words as sounds: espeak-ng's phonemes (piper carries it) and how alike two of them are to an ear on the telephone.

Costs come from articulation: height, backness, rounding and nasality of vowels; place, manner and voicing of
consonants (after Kondrak, "A new algorithm for the alignment of phonetic sequences", NAACL 2000).
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import numpy as np

__all__ = ["ALPHABET", "COARSE", "INDEL", "SUBSTITUTION", "phonemes"]

_VOWELS = {  # height (0 open, 1 close), backness (0 front, 1 back), rounded, nasal
    "i": (1, 0, 0, 0), "y": (1, 0, 1, 0), "ɪ": (0.85, 0.15, 0, 0), "u": (1, 1, 1, 0), "ʊ": (0.85, 0.85, 1, 0),
    "e": (0.7, 0, 0, 0), "ø": (0.7, 0.1, 1, 0), "o": (0.7, 1, 1, 0), "ə": (0.5, 0.5, 0, 0), "ɐ": (0.3, 0.5, 0, 0),
    "ɛ": (0.4, 0, 0, 0), "œ": (0.4, 0.1, 1, 0), "ɔ": (0.4, 1, 1, 0), "ʌ": (0.4, 0.8, 0, 0), "ɜ": (0.45, 0.5, 0, 0),
    "æ": (0.2, 0.1, 0, 0), "a": (0, 0.3, 0, 0), "ɑ": (0, 0.9, 0, 0), "ɒ": (0.1, 1, 1, 0), "ɚ": (0.5, 0.5, 0, 0),
    "ẽ": (0.35, 0.1, 0, 1), "ã": (0.1, 0.8, 0, 1), "õ": (0.5, 1, 1, 1), "œ̃": (0.35, 0.2, 1, 1),
}  # fmt: skip
_CONSONANTS = {  # place (0 lips, 1 throat), manner (0 stop, 1 fricative, 2 approximant, 3 nasal), voiced
    "p": (0, 0, 0), "b": (0, 0, 1), "t": (0.35, 0, 0), "d": (0.35, 0, 1), "k": (0.75, 0, 0), "ɡ": (0.75, 0, 1),
    "f": (0.1, 1, 0), "v": (0.1, 1, 1), "θ": (0.25, 1, 0), "ð": (0.25, 1, 1), "s": (0.35, 1, 0), "z": (0.35, 1, 1),
    "ʃ": (0.5, 1, 0), "ʒ": (0.5, 1, 1), "ʁ": (0.8, 1.6, 1), "ɹ": (0.45, 2, 1), "h": (1, 1, 0), "l": (0.35, 2, 1),
    "j": (0.6, 2, 1), "w": (0.1, 2, 1), "ɥ": (0.3, 2, 1), "m": (0, 3, 1), "n": (0.35, 3, 1), "ɲ": (0.6, 3, 1),
    "ŋ": (0.75, 3, 1), "ɾ": (0.35, 0.3, 1),
}  # fmt: skip
_GLIDES = {("j", "i"), ("j", "ɪ"), ("w", "u"), ("w", "ʊ"), ("ɥ", "y"), ("w", "o"), ("ɥ", "u"), ("j", "e")}
_SAME = {"r": "ɹ", "g": "ɡ", "ɫ": "l", "ɬ": "l", "ɝ": "ɚ", "ᵻ": "ɪ", "ʔ": "", "ɨ": "ɪ", "x": "k", "ʲ": "", "̩": ""}
_NASAL = {"ɛ": "ẽ", "ɑ": "ã", "a": "ã", "ɔ": "õ", "o": "õ", "œ": "œ̃", "e": "ẽ"}

ALPHABET = (*_VOWELS, *_CONSONANTS)
"""Every phoneme; a sound is a sequence of places in it."""
_PLACE = {phoneme: place for place, phoneme in enumerate(ALPHABET)}
_GROUPS = ("iyɪeɥj", "uʊoõwɔɒ", "aæɑɐʌã", "əɛœøɜɚẽœ̃", "pb", "td", "kɡ", "fvθð", "szʃʒ", "ʁɹh", "l", "mnɲŋ", "ɾ")


def _substitution() -> np.ndarray:
    size = len(ALPHABET)
    costs = np.ones((size, size), dtype=np.float32)
    for a, first in enumerate(ALPHABET):
        for b, second in enumerate(ALPHABET):
            if first == second:
                costs[a, b] = 0.0
            elif first in _VOWELS and second in _VOWELS:
                apart = np.abs(np.subtract(_VOWELS[first], _VOWELS[second])) @ (0.5, 0.4, 0.15, 0.25)
                costs[a, b] = min(0.8, 0.1 + apart)
            elif first in _CONSONANTS and second in _CONSONANTS:
                place, manner, voice = np.abs(np.subtract(_CONSONANTS[first], _CONSONANTS[second]))
                costs[a, b] = min(0.9, 0.1 + 0.6 * place + 0.3 * min(manner, 1.5) + 0.15 * voice)
            elif (first, second) in _GLIDES or (second, first) in _GLIDES:
                costs[a, b] = 0.3
    for rhotic in "ʁɹ":
        for other in ("ʁ", "ɹ", "ɚ"):
            costs[_PLACE[rhotic], _PLACE[other]] = costs[_PLACE[other], _PLACE[rhotic]] = 0.2 * (rhotic != other)
    return costs


SUBSTITUTION = _substitution()
"""(n, n) float32: 0 for the same phoneme, at most 1."""
INDEL = np.array([0.3 if p in "əhɾ" else 0.5 if p in _VOWELS or p in "jwɥɹʁ" else 0.7 for p in ALPHABET], np.float32)
"""(n,) float32: what a phoneme too many or too few costs."""
COARSE = np.array([next(n for n, group in enumerate(_GROUPS) if p in group) for p in ALPHABET], np.int64)
"""(n,) int64: groups of phonemes that are often heard for one another."""


@lru_cache(maxsize=100_000)
def phonemes(word: str, language: str) -> tuple[int, ...]:
    """A word's sounds as places in `ALPHABET`; nothing for punctuation.

    Args:
        language: "fr" or "en"; digits are read aloud in it.
    """
    found: list[int] = []
    previous = ""
    for sentence in _espeak().phonemize("fr" if language == "fr" else "en-us", word):
        for symbol in unicodedata.normalize("NFD", "".join(sentence)):
            if symbol == "\u0303" and previous in _NASAL and found:
                found[-1] = _PLACE[_NASAL[previous]]
                continue
            previous = _SAME.get(symbol, symbol)
            if previous in _PLACE:
                found.append(_PLACE[previous])
    return tuple(found)


@cache
def _espeak():
    from piper.phonemize_espeak import EspeakPhonemizer

    return EspeakPhonemizer()
