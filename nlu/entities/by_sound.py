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

from nlu.entities.confusions import confusions
from nlu.entities.phonemes import COARSE, INDEL, phonemes

__all__ = ["SoundIndex", "SoundMatch"]

_ENOUGH, _ENOUGH_FOR_EACH_TENFOLD = 0.63, 0.025
"""The score a name needs: the more names there are, the sooner one of them sounds like anything at all."""
_SHORTEST = 5
"""Phonemes under which a name is in too many sentences to be told by sound alone."""
_SHORTLIST = 100
_ALIKE = 0.25
_ALIKE_AT_ALL = 0.15
_INSIDE, _INSIDE_MOST = 0.5, 1.2
"""Cost of beginning or ending inside a heard word: a share of what is left of it, at most that much."""
_GAIN = 0.3
"""What a phoneme of a name is worth when names are ranked: a longer name explains more of what was heard."""
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
    """The names of one language; building it takes about two seconds for 20,000.

    Args:
        names: as written, each as its words.
        language: "fr" or "en".
        searched: False where only `score` is asked for, never `find`.
        shortest: phonemes under which a name isn't searched for.
    """

    def __init__(
        self, names: Sequence[Sequence[str]], language: str, searched: bool = True, shortest: int = _SHORTEST
    ) -> None:
        self.language, self._shortest = language, shortest
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
        self._totals = np.array([weight.sum() for weight in self._weights], dtype=np.float32)
        self._holders: dict[int, np.ndarray] = {}
        if searched:
            self._index()

    def _index(self) -> None:
        holders: dict[int, list[int]] = defaultdict(list)
        for place, sound in enumerate(self._sounds):
            if len(sound) >= self._shortest:
                for gram in set(_grams(sound)):
                    holders[gram].append(place)
        count = len(self._sounds)
        self._holders = {gram: np.array(places) for gram, places in holders.items()}
        self._rarity = {gram: math.log(1 + count / len(places)) for gram, places in holders.items()}
        self._grams_total = np.full(count, np.inf, dtype=np.float32)
        for place, sound in enumerate(self._sounds):
            if len(sound) >= self._shortest:
                self._grams_total[place] = sum(self._rarity[gram] for gram in set(_grams(sound)))

    def find(self, words: Sequence[str], most: int = 3, alike: float = _ALIKE) -> list[SoundMatch]:
        """The likeliest names in a sentence, best first; those that overlap a better one are included.

        Args:
            words: of the sentence, as heard.
            alike: the share of a name's groups of sounds that must be in the sentence for it to be laid along it.
        """
        heard = _Heard.of(words, self.language)
        names, scores = self._ranked(heard, most, alike)
        return self._placed(heard, names[scores >= self.enough], scores[scores >= self.enough])

    def near(self, words: Sequence[str], most: int, enough: float) -> list[SoundMatch]:
        """The names that a sentence may hold however badly it was heard, best first; none where the best of them has a
        score under `enough`."""
        heard = _Heard.of(words, self.language)
        names, scores = self._ranked(heard, most, _ALIKE_AT_ALL)
        return self._placed(heard, names, scores) if len(names) and scores[0] >= enough else []

    def _placed(self, heard: _Heard, names: np.ndarray, scores: np.ndarray) -> list[SoundMatch]:
        if not len(names):
            return []
        _, began, ended = self._lay(names, heard)
        return [
            SoundMatch(*_words_between(heard.edges, int(first), int(last)), int(name), round(float(score), 3))
            for name, score, first, last in zip(names, scores, began, ended, strict=True)
        ]

    def _ranked(self, heard: _Heard, most: int, alike: float) -> tuple[np.ndarray, np.ndarray]:
        """The likeliest names, best first, and their scores, (n,) each."""
        enough = len(heard.sound) >= self._shortest
        listed = self._shortlist(heard.sound, alike) if enough else np.zeros(0, dtype=np.int64)
        if not len(listed):
            return listed, np.zeros(0, dtype=np.float32)
        costs, totals = self._costs(listed, heard), self._totals[listed]
        # Of two names in one place the cheaper for its length is the likelier; the share says whether it was said.
        best = np.argsort(costs - _GAIN * totals, kind="stable")[:most]
        return listed[best], 1 - costs[best] / totals[best]

    def score(self, name: int, words: Sequence[str]) -> float:
        """How well one name fits its best place among words, 0 to 1; 0 where either makes no sound."""
        heard = _Heard.of(words, self.language)
        if not len(heard.sound) or not len(self._sounds[name]):
            return 0.0
        return max(0.0, 1 - float(self._costs(np.array([name]), heard)[0]) / float(self._totals[name]))

    def _shortlist(self, sound: np.ndarray, alike: float) -> np.ndarray:
        found = np.zeros(len(self._sounds), dtype=np.float32)
        for gram in set(_grams(sound)):
            if gram in self._holders:
                found[self._holders[gram]] += self._rarity[gram]
        share = found / self._grams_total
        best = np.argpartition(-share, min(_SHORTLIST, len(share) - 1))[:_SHORTLIST]
        return best[share[best] > alike]

    def _padded(self, listed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Phonemes and weights of some names, (names, longest); what pads them weighs nothing."""
        longest = max(len(self._sounds[place]) for place in listed)
        sounds = np.zeros((len(listed), longest), dtype=np.int64)
        weights = np.zeros(sounds.shape, dtype=np.float32)
        for row, place in enumerate(listed):
            sounds[row, : len(self._sounds[place])] = self._sounds[place]
            weights[row, : len(self._sounds[place])] = self._weights[place]
        return sounds, weights

    def _costs(self, listed: np.ndarray, heard: _Heard) -> np.ndarray:
        """The cost of each name's cheapest place in what was heard, (names,)."""
        sounds, weights = self._padded(listed)
        heard_as, lost = confusions()
        likeness = heard_as[:, heard.sound]
        cost = np.repeat(heard.before[None], len(listed), axis=0)
        taken = np.empty((len(listed), len(heard.sound)), dtype=np.float32)
        for at in range(sounds.shape[1]):
            weight = weights[:, at, None]
            np.take(likeness, sounds[:, at], axis=0, out=taken)
            taken *= weight
            taken += cost[:, :-1]
            # A name that has ended weighs nothing from here on: leaving its padding out costs nothing.
            cost += weight * lost[sounds[:, at]][:, None]
            np.minimum(cost[:, 1:], np.where(weight > 0, taken, np.inf), out=cost[:, 1:])
            cost -= heard.extra
            np.minimum.accumulate(cost, axis=1, out=cost)
            cost += heard.extra
        return (cost + heard.after).min(axis=1)

    def _lay(self, listed: np.ndarray, heard: _Heard) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The cheapest place of each name in what was heard.

        Returns:
            cost, first phoneme and one past the last, (names,) each.
        """
        sounds, weights = self._padded(listed)
        cost = np.repeat(heard.before[None], len(listed), axis=0)
        start = np.repeat(np.arange(len(heard.sound) + 1)[None], len(listed), axis=0)
        for at in range(sounds.shape[1]):
            going = weights[:, at, None] > 0
            new, since = _one_more(cost, start, sounds[:, at], weights[:, at, None], heard.sound, heard.extra)
            cost, start = np.where(going, new, cost), np.where(going, since, start)
        cost = cost + heard.after
        ended = cost.argmin(axis=1)
        rows = np.arange(len(listed))
        return cost[rows, ended], start[rows, ended], ended


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was heard as sounds, and what it costs a name to begin, to end or to skip anywhere in it."""

    sound: np.ndarray
    """(n,) places in the alphabet."""
    edges: list[int]
    """Where each word begins, and the end."""
    before: np.ndarray
    after: np.ndarray
    """(n + 1,) float32: of beginning, and of ending, at a phoneme: what is left of its word goes unexplained."""
    extra: np.ndarray
    """(n + 1,) float32: of the phonemes up to there, had they been added to a name."""

    @classmethod
    def of(cls, words: Sequence[str], language: str) -> _Heard:
        pieces = [phonemes(word, language) for word in words]
        edges = list(accumulate(map(len, pieces), initial=0))
        sound = np.array([each for piece in pieces for each in piece], dtype=np.int64)
        extra = np.concatenate(([0.0], np.cumsum(INDEL[sound] * _EXTRA))).astype(np.float32)
        before, after = np.zeros(len(sound) + 1, np.float32), np.zeros(len(sound) + 1, np.float32)
        for first, last in pairwise(edges):
            before[first + 1 : last] = np.minimum(_INSIDE * (extra[first + 1 : last] - extra[first]), _INSIDE_MOST)
            after[first + 1 : last] = np.minimum(_INSIDE * (extra[last] - extra[first + 1 : last]), _INSIDE_MOST)
        return cls(sound, edges, before, after, extra)


def _one_more(cost, start, phoneme, weight, heard, extra):
    """The next row of the alignment, for all names: left out, taken for a heard phoneme, or heard ones added."""
    heard_as, lost = confusions()
    new = cost + weight * lost[phoneme][:, None]
    since = start.copy()
    taken = cost[:, :-1] + weight * heard_as[phoneme][:, heard]
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
