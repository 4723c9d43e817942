"""Which names were said, by how they sound: "brou nelle matin" is the coffee maker "Brunelle Matin".

A name's phonemes are laid along those of the sentence, wherever they fit best (semi-global weighted edit distance,
Sellers 1980), a rare word of a name weighing more than a common one. An inverted index of sound n-grams brings 20,000
names down to the few worth laying.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from nlu.entities.phonemes import COARSE, INDEL, SUBSTITUTION, phonemes

__all__ = ["SoundIndex", "SoundMatch"]

_ENOUGH, _ENOUGH_FOR_EACH_TENFOLD = 0.70, 0.025
"""The score a name needs: the more names there are, the sooner one of them sounds like anything at all."""
_SHORTEST = 5
"""Phonemes under which a name is in too many sentences to be told by sound alone."""
_SHORTLIST = 120
_MIDDLE_OF_WORD = 0.6
"""Cost of beginning or ending inside a heard word."""
_EXTRA = 0.9
"""Cost of a heard phoneme that the name lacks, as a share of `INDEL`."""
_GROUPS = int(COARSE.max()) + 1


@dataclass(frozen=True, slots=True)
class SoundMatch:
    """A name heard among words: positions (last excluded), its place in the index, and a score of 0 to 1."""

    first: int
    last: int
    name: int
    score: float


class SoundIndex:
    """The names of one language; building it takes about a second for 20,000.

    Args:
        names: as written, each as its words.
        language: "fr" or "en".
    """

    def __init__(self, names: Sequence[Sequence[str]], language: str) -> None:
        self.language = language
        seen = Counter(word for name in names for word in set(name))
        count = max(1, len(names))
        self._sounds: list[np.ndarray] = []
        self._weights: list[np.ndarray] = []
        for name in names:
            pieces = [(phonemes(word, language), math.log(1 + count / seen[word])) for word in name]
            sound = np.array([each for piece, _ in pieces for each in piece], dtype=np.int64)
            weight = np.array([rarity for piece, rarity in pieces for _ in piece], dtype=np.float32)
            self._sounds.append(sound)
            self._weights.append(np.sqrt(weight / max(float(weight.mean()), 1e-6)) if len(weight) else weight)
        self.enough = _ENOUGH + _ENOUGH_FOR_EACH_TENFOLD * math.log10(count)
        """The score from which a name counts as said."""
        self._index()

    def _index(self) -> None:
        holders: dict[int, list[int]] = defaultdict(list)
        for place, sound in enumerate(self._sounds):
            if len(sound) >= _SHORTEST:
                for gram in set(_grams(sound)):
                    holders[gram].append(place)
        count = len(self._sounds)
        self._holders = {gram: np.array(places) for gram, places in holders.items()}
        self._rarity = {gram: math.log(1 + count / len(places)) for gram, places in holders.items()}
        self._total = np.full(count, np.inf)
        for place, sound in enumerate(self._sounds):
            if len(sound) >= _SHORTEST:
                self._total[place] = sum(self._rarity[gram] for gram in set(_grams(sound)))

    def find(self, words: Sequence[str], most: int = 3) -> list[SoundMatch]:
        """The likeliest names in a sentence, best first; those that overlap a better one are included.

        Args:
            words: of the sentence, as heard.
        """
        heard = [phonemes(word, self.language) for word in words]
        sound = np.array([each for piece in heard for each in piece], dtype=np.int64)
        if len(sound) < _SHORTEST:
            return []
        listed = self._shortlist(sound)
        if not len(listed):
            return []
        edges = list(accumulate((len(piece) for piece in heard), initial=0))
        costs, began, ended = self._lay(listed, sound, edges)
        scores = 1 - costs / np.array([float(self._weights[place].sum()) for place in listed])
        found = []
        for at in np.argsort(-scores, kind="stable")[:most]:
            if scores[at] >= self.enough:
                first, last = _words_between(edges, int(began[at]), int(ended[at]))
                found.append(SoundMatch(first, last, int(listed[at]), round(float(scores[at]), 3)))
        return found

    def score(self, name: int, words: Sequence[str]) -> float:
        """How well one name fits its best place among words, 0 to 1; 0 where either makes no sound."""
        heard = [phonemes(word, self.language) for word in words]
        sound = np.array([each for piece in heard for each in piece], dtype=np.int64)
        if not len(sound) or not len(self._sounds[name]):
            return 0.0
        costs, _, _ = self._lay(np.array([name]), sound, list(accumulate(map(len, heard), initial=0)))
        return max(0.0, 1 - float(costs[0]) / float(self._weights[name].sum()))

    def _shortlist(self, sound: np.ndarray) -> np.ndarray:
        found = np.zeros(len(self._sounds))
        for gram in set(_grams(sound)):
            if gram in self._holders:
                found[self._holders[gram]] += self._rarity[gram]
        share = found / self._total
        best = np.argpartition(-share, min(_SHORTLIST, len(share) - 1))[:_SHORTLIST]
        return best[share[best] > 0.25]

    def _lay(self, listed: np.ndarray, heard: np.ndarray, edges: list[int]):
        """The cheapest place of each name in what was heard.

        Returns:
            cost, first phoneme and one past the last, (names,) each.
        """
        lengths = np.array([len(self._sounds[place]) for place in listed])
        names = np.zeros((len(listed), lengths.max()), dtype=np.int64)
        weights = np.zeros(names.shape, dtype=np.float32)
        for row, place in enumerate(listed):
            names[row, : lengths[row]] = self._sounds[place]
            weights[row, : lengths[row]] = self._weights[place]
        inside = np.full(len(heard) + 1, _MIDDLE_OF_WORD, dtype=np.float32)
        inside[edges] = 0.0
        extra = np.concatenate(([0.0], np.cumsum(INDEL[heard] * _EXTRA))).astype(np.float32)
        cost = np.repeat(inside[None], len(listed), axis=0)
        start = np.repeat(np.arange(len(heard) + 1)[None], len(listed), axis=0)
        for at in range(names.shape[1]):
            going = (at < lengths)[:, None]
            new, since = _one_more(cost, start, names[:, at], weights[:, at, None], heard, extra)
            cost, start = np.where(going, new, cost), np.where(going, since, start)
        cost = cost + inside
        ended = cost.argmin(axis=1)
        rows = np.arange(len(listed))
        return cost[rows, ended], start[rows, ended], ended


def _one_more(cost, start, phoneme, weight, heard, extra):
    """The next row of the alignment, for all names: left out, taken for a heard phoneme, or heard ones added."""
    new = cost + weight * INDEL[phoneme][:, None]
    since = start.copy()
    taken = cost[:, :-1] + weight * SUBSTITUTION[phoneme][:, heard]
    better = taken < new[:, 1:]
    new[:, 1:] = np.where(better, taken, new[:, 1:])
    since[:, 1:] = np.where(better, start[:, :-1], since[:, 1:])
    level = new - extra
    lowest = np.minimum.accumulate(level, axis=1)
    here = np.where(level <= lowest, np.arange(level.shape[1]), 0)
    source = np.maximum.accumulate(here, axis=1)
    return lowest + extra, np.take_along_axis(since, source, axis=1)


def _grams(sound: np.ndarray) -> list[int]:
    """Pairs and triples of coarse phonemes as numbers."""
    coarse = COARSE[sound]
    pairs = coarse[:-1] * _GROUPS + coarse[1:]
    triples = (pairs[:-1] + 1) * _GROUPS * _GROUPS + coarse[2:]
    return [*pairs.tolist(), *triples.tolist()]


def _words_between(edges: list[int], began: int, ended: int) -> tuple[int, int]:
    """The words that hold phonemes `began` to `ended`; one that is only grazed doesn't count."""
    middle = [(first + last) / 2 for first, last in pairwise(edges)]
    inside = [at for at, place in enumerate(middle) if began <= place <= ended and edges[at] < edges[at + 1]]
    if not inside:
        inside = [min(range(len(middle)), key=lambda at: abs(middle[at] - (began + ended) / 2))]
    return inside[0], inside[-1] + 1
