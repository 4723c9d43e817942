"""Products, categories and stores in what was said, by their names, tolerant of plurals, accents and hearing mistakes.

Each word said is compared with the words names are made of (normalised Indel similarity, rapidfuzz); a name is
recognised when the words found in a row carry enough of its weight, a rare word ("Brunelle") weighing more than a
common one ("filtre"): the weights are inverse document frequencies over all names.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from nlu.entities.by_sound import SoundIndex, SoundMatch
from nlu.entities.perhaps import Perhaps
from nlu.examples import load_examples, word_list
from nlu.normalise import Token, tokenise
from nlu.numbers import number_spans

__all__ = ["CatalogueMatcher", "Match"]

_FILLING = {
    "fr": set(
        "a au aux d' de des du en et l' la le les pour sur avec sans un une ma mon mes votre vos ce cette".split()
    ),
    "en": set("a an and for in my of on some the to with your this that".split()),
}
_COMMON = {
    "fr": set(
        "encore autre autres combien comment pourquoi quand quel quelle quelque chose merci bonjour toujours jamais "
        "seulement vraiment maintenant demain conseil conseiller conseillez savoir avoir vouloir voudrais livrer "
        "livrez livrent livrerez livraison livraisons".split()
    ),
    "en": set(
        "again other another please thanks thank hello where there their which would could should about really "
        "something anything maybe never always tomorrow agent".split()
    ),
}
"""Words of every sentence, which no misheard name may look like ("encore" is no "encre")."""
_ENOUGH = {"product": 0.6, "category": 0.9, "store": 0.5}
_WHOLE = 0.97
"""From this score a name counts as said in full."""
_READ = 0.97
"""A product read with this score stands, whatever another one sounds like."""
_OWN = 0.7
"""What a product's own words, its brand or what sets it apart, must score by sound beside a category read in full."""
_OWN_AT_ALL = 0.55
"""And where none was read: "some discaler" is a category misheard, not one product of it."""
_OWN_IN_ORDINARY_WORDS = 0.85
"""The same where every word heard is one of everyday requests or a number, which the recogniser seldom gets wrong."""
_ALIKE_IN_ORDINARY_WORDS = 0.5
"""The share of a name's groups of sounds that such words must have before it is looked at: most have not, which saves a
millisecond."""
_MISHEARD = 8
"""Names that may have been said instead, at most."""
_PERHAPS = 0.66
"""The score by sound that one of them must have: one in twenty requests that name no product reaches it, among
200 names as among 20,000."""
_OTHERS_MISHEARD, _OTHER_PERHAPS, _OTHER_PERHAPS_EVERYDAY = 3, 0.65, 0.8
"""The same for categories and stores, each of them, and where nothing but everyday words would give way; three are
weighed in 40 ms."""
_SHORTEST_OTHER = 3
"""Phonemes of the shortest of them that may have been misheard: "lampe"."""
_OWN_READ, _OWN_SCORE = 0.9, 0.9
"""How alike each of a product's own words must be for the whole to count as said, and with which score it does."""
_REACH = 2
"""How far apart, articles aside, two words of one name may stand."""


@dataclass(frozen=True, slots=True)
class Match:
    """A name among tokens: positions (last excluded), "product", "category" or "store", its id, name and score."""

    first: int
    last: int
    slot: str
    id: str
    name: str
    score: float
    """0 to 1: how much of the name was found, and how well."""
    places: frozenset[int] = frozenset()
    """The tokens the name's words were found at."""
    carried: float = 0.0
    """The weight of the words found: of two names in the same place, the one that explains more of it wins."""


@dataclass(frozen=True, slots=True)
class _Name:
    slot: str
    id: str
    name: str
    words: tuple[str, ...]
    said: str
    """What people say: the name, or a synonym of a category."""


class CatalogueMatcher:
    """Finds names of a catalogue in one language.

    Args:
        catalogue: has `products` and `categories` by id, each with `names` by language, products with `brand`.
        stores: names by id.
        by_sound: also find products by how they sound (`nlu.entities.by_sound`).
    """

    def __init__(
        self, catalogue: Any, language: str, stores: dict[str, str] | None = None, by_sound: bool = True
    ) -> None:
        self.language = language
        self._names = list(self._collect(catalogue, stores or {}))
        documents: dict[str, int] = defaultdict(int)
        for name in self._names:
            for word in set(name.words):
                documents[word] += 1
        count = len(self._names)
        self._weight = {word: math.log(1 + count / seen) for word, seen in documents.items()}
        holders: dict[str, list[int]] = defaultdict(list)
        for index, name in enumerate(self._names):
            for word in set(name.words):
                holders[word].append(index)
        self._holders = {word: np.array(places) for word, places in holders.items()}
        self._total = [sum(self._weight[word] for word in set(name.words)) for name in self._names]
        kinds = {word for name in self._names if name.slot == "category" for word in name.words}
        self._own = self._only_theirs(kinds)
        # A hair under what counts, for sums made in another order.
        self._least = np.array([_ENOUGH[name.slot] for name in self._names]) * np.array(self._total) - 1e-9
        for index, own in self._own.items():
            self._least[index] = min(self._least[index], sum(self._weight[word] for word in own) - 1e-9)
        self._vocabulary = sorted(self._weight)
        self._similar = lru_cache(maxsize=20_000)(self._find_similar)
        self._products = [name for name in self._names if name.slot == "product"]
        spoken = [[token.text for token in tokenise(name.name, language)] for name in self._products]
        for name, said in self._said_otherwise(catalogue):
            self._products.append(name)
            spoken.append([token.text for token in tokenise(said, language)])
        self._sounds = SoundIndex(spoken, language) if by_sound and spoken else None
        own = [[word for word in words if stem(word, language) not in kinds | _FILLING[language]] for words in spoken]
        self._own_sounds = SoundIndex(own, language, searched=False) if self._sounds else None
        self._least_of_own = [_OWN_AT_ALL if words else 0.0 for words in own]
        self._others = list({name.said: name for name in self._names if name.slot != "product"}.values())
        said = [[token.text for token in tokenise(name.said, language)] for name in self._others]
        self._other_sounds = SoundIndex(said, language, shortest=_SHORTEST_OTHER) if by_sound and said else None

    def _only_theirs(self, kinds: set[str]) -> dict[int, frozenset[str]]:
        """By product, the words that are no category's, where no other product has just those: "Ventora Silence" is
        the Ventora Silence vacuum cleaner. One word alone, a brand, isn't enough."""
        own = {
            index: frozenset(name.words) - kinds for index, name in enumerate(self._names) if name.slot == "product"
        }
        seen = Counter(own.values())
        return {index: words for index, words in own.items() if len(words) > 1 and seen[words] == 1}

    def _said_otherwise(self, catalogue: Any) -> Iterator[tuple[_Name, str]]:
        """Products whose name sounds otherwise than it is written, as the shop says."""
        told = {name.id: name for name in self._products}
        for product in catalogue.products.values() if catalogue is not None else ():
            if (said := getattr(product, "said", {}).get(self.language)) and product.id in told:
                yield told[product.id], said

    def _collect(self, catalogue: Any, stores: dict[str, str]):
        language, filling = self.language, _FILLING[self.language]

        def words(text: str) -> tuple[str, ...]:
            return tuple(stem(token.text, language) for token in tokenise(text, language) if token.text not in filling)

        categories = catalogue.categories if catalogue is not None else {}
        for product in catalogue.products.values() if catalogue is not None else ():
            name = str(product.names[language])
            if said := words(name):
                yield _Name("product", product.id, name, said, name)
        for category in categories.values():
            name = str(category.names[language])
            yield _Name("category", category.id, name, words(name), name)
        for id, synonyms in word_list("synonyms", language).items():
            if catalogue is None or id in categories:
                name = str(categories[id].names[language]) if id in categories else synonyms[0]
                for synonym in synonyms:
                    yield _Name("category", id, name, words(synonym), synonym)
        for id, name in stores.items():
            yield _Name("store", id, name, words(name), name)

    def misheard(self, text: str) -> list[Perhaps]:
        """Names that a text, not sure to be what was said, may stand for, the likeliest by sound first; products, then
        categories and stores where nothing was read.

        Empty where a product was read in full, or where nothing sounds like any name.
        """
        tokens = tokenise(text, self.language)
        words = [token.text for token in tokens]
        products = self._sounds.near(words, _MISHEARD, _PERHAPS) if self._sounds else []
        others = self._other_sounds.near(words, _OTHERS_MISHEARD, _OTHER_PERHAPS) if self._other_sounds else []
        found = self.find(tokens) if products or others else []
        if any(match.slot == "product" and match.score >= _READ for match in found):
            return []
        perhaps = [self._perhaps(self._products[match.name], match, text, tokens) for match in products]
        idle = self._idioms(tokens)
        for match in others if not found else ():
            other = self._perhaps(self._others[match.name], match, text, tokens)
            enough = _OTHER_PERHAPS_EVERYDAY if other.everyday else _OTHER_PERHAPS
            if match.score >= enough and not idle & set(range(match.first, match.last)):
                perhaps.append(other)
        return perhaps

    def _perhaps(self, name: _Name, match: SoundMatch, text: str, tokens: Sequence[Token]) -> Perhaps:
        kept = {token.text for token in tokenise(name.said, self.language)}
        gone = {token.text for token in tokens[match.first : match.last]} - kept
        return Perhaps(
            name.said,
            text[: tokens[match.first].start] + name.said + text[tokens[match.last - 1].end :],
            match.score,
            name.slot != "product",
            all(word in _ordinary(self.language) or word.isdecimal() for word in gone),
        )

    def _find_similar(self, word: str) -> tuple[tuple[str, float], ...]:
        """Words of names like a word, with their similarity (0 to 1), itself first where it is one."""
        if word in self._weight:
            return ((word, 1.0),)
        if len(word) < 5 or word.isdecimal() or word in _COMMON[self.language]:
            return ()
        from rapidfuzz import process
        from rapidfuzz.distance import Indel

        near = process.extract(word, self._vocabulary, scorer=Indel.normalized_similarity, score_cutoff=0.8, limit=3)
        return tuple((other, score) for other, score, _ in near if len(other) > 3)

    def _idioms(self, tokens: Sequence[Token]) -> set[int]:
        """The places of phrases that only look like names ("numéro de téléphone")."""
        words, found = tuple(token.text for token in tokens), set()
        for idiom in _idioms(self.language):
            for at in range(len(words) - len(idiom) + 1):
                if words[at : at + len(idiom)] == idiom:
                    found |= set(range(at, at + len(idiom)))
        return found

    def find(self, tokens: Sequence[Token]) -> list[Match]:
        """The names said, best first, without overlaps; a product hides the category within its own words."""
        idle = self._idioms(tokens)
        content = [
            at for at, token in enumerate(tokens) if at not in idle and token.text not in _FILLING[self.language]
        ]
        order = {at: place for place, at in enumerate(content)}
        similar = [(at, *each) for at in content for each in self._similar(stem(tokens[at].text, self.language))]
        found = [match for index, places in self._hits(similar) for match in self._score(index, places, order)]
        found = [match for match in self._with_sounds(found, tokens) if not match.places <= idle]
        kinds = [match.places for match in found if match.slot == "category"]
        # "Un lave-linge" is the category, though most of the name "lave-linge Alto" was said: a product's own words,
        # its brand or what sets it apart, must be among them.
        found = [
            match for match in found
            if match.slot != "product" or match.score >= _WHOLE or not any(match.places <= kind for kind in kinds)
        ]  # fmt: skip
        rank = {"product": 0, "store": 1, "category": 2}
        # Categories give way to names; of two categories the longer name wins ("vacuum bags" over "vacuum").
        found.sort(
            key=lambda match: (
                match.slot == "category",
                match.first - match.last if match.slot == "category" else rank[match.slot],
                -round(match.carried, 6),
                -match.score,
                match.first,
            )
        )
        taken: set[int] = set()
        best: list[Match] = []
        for match in found:
            span = set(range(match.first, match.last))
            if not span & taken:
                best.append(match)
                taken |= span
        return sorted(best, key=lambda match: match.first)

    def _hits(self, similar: Sequence[tuple[int, str, float]]) -> Iterator[tuple[int, list[tuple[int, str, float]]]]:
        """The names that enough words may have been said of, each with the words heard: place, word, likeness."""
        best: dict[str, float] = {}
        for _, word, likeness in similar:
            best[word] = max(likeness, best.get(word, 0.0))
        carried = np.zeros(len(self._names))
        for word, likeness in best.items():
            carried[self._holders[word]] += self._weight[word] * likeness
        for index in np.flatnonzero(carried >= self._least):
            words = self._names[index].words
            yield int(index), [each for each in similar if each[1] in words]

    def _with_sounds(self, found: list[Match], tokens: Sequence[Token]) -> list[Match]:
        """Products by how they sound, where no product was read as surely from the same words."""
        if self._sounds is None or self._own_sounds is None:
            return found
        kinds = set().union(*(match.places for match in found if match.slot == "category" and match.score >= _WHOLE))
        filling, ordinary = _FILLING[self.language], _ordinary(self.language)
        numbers = {at for span in number_spans(tokens, self.language) for at in range(span.first, span.last)}
        heard: set[int] = set()
        plain = all(at in numbers or token.text in ordinary or token.text in filling for at, token in enumerate(tokens))
        alike = {"alike": _ALIKE_IN_ORDINARY_WORDS} if plain else {}
        for sounded in self._sounds.find([token.text for token in tokens], **alike):
            places = frozenset(range(sounded.first, sounded.last))
            if places & heard:
                continue  # a likelier name sounds like the same words
            # A category read word for word says nothing of which product: what is left must sound like its own words.
            left = [at for at in sorted(places - kinds) if tokens[at].text not in filling]
            everyday = all(at in numbers or tokens[at].text in ordinary for at in left)
            least = _OWN if places & kinds else self._least_of_own[sounded.name]
            enough = _OWN_IN_ORDINARY_WORDS if everyday else least
            if enough and self._own_sounds.score(sounded.name, [tokens[at].text for at in left]) < enough:
                continue
            rivals = [match for match in found if match.slot == "product" and places & match.places]
            if any(match.score >= min(sounded.score, _READ) for match in rivals):
                continue
            name = self._products[sounded.name]
            found = [match for match in found if match not in rivals]
            heard |= places
            found.append(Match(sounded.first, sounded.last, "product", name.id, name.name, sounded.score, places))
        return found

    def _score(self, index: int, places: list[tuple[int, str, float]], order: dict[int, int]):
        """The best run of words near one another that carries enough of the name, if there is one."""
        name = self._names[index]
        if len(places) < (len(set(name.words)) + 1) // 2 and name.slot != "store":
            return
        best: Match | None = None
        for start in range(len(places)):
            got: dict[str, float] = {}
            at_words: dict[str, int] = {}
            last = places[start][0]
            for at, word, likeness in places[start:]:
                if order[at] - order[last] > _REACH or at_words.get(word, at) != at:
                    break  # too far, or a word of the name again: another name begins
                if likeness > got.get(word, 0.0):
                    got[word], at_words[word], last = likeness, at, at
            carried = sum(self._weight[word] * likeness for word, likeness in got.items())
            score = carried / self._total[index]
            own = self._own.get(index)
            if own and own <= got.keys() and min(got[word] for word in own) > _OWN_READ:
                score = max(score, _OWN_SCORE)
            if len(got) == 1 and name.slot == "product" and len(set(name.words)) > 1:
                continue
            if score >= _ENOUGH[name.slot] and (best is None or score > best.score):
                said = frozenset(at_words.values())
                best = Match(places[start][0], last + 1, name.slot, name.id, name.name, round(score, 3), said, carried)
        if best:
            yield best


@cache
def _ordinary(language: str) -> frozenset[str]:
    """The words that everyday requests are made of: those of the intents' examples."""
    return frozenset(token.text for each in load_examples(language) for token in tokenise(each.text, language))


@cache
def _idioms(language: str) -> tuple[tuple[str, ...], ...]:
    rows = word_list("idioms", language)["none"]
    return tuple(tuple(token.text for token in tokenise(row, language)) for row in rows)


def stem(word: str, language: str) -> str:
    """A word without its plural ending, roughly: enough to compare names with."""
    if len(word) > 4 and word.endswith(("aux", "eaux")) and language == "fr":
        return word[:-1]
    if len(word) > 4 and word.endswith("ies") and language == "en" and word != "batteries":
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith(("s", "x")) and not word.endswith("ss"):
        return word[:-1]
    return word
