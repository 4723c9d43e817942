"""The features of a sentence in one language: words, parts of words, concepts and sounds, weighted by how telling they
are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from nlu.sentence import Sentence

__all__ = ["TextFeatures", "sounds"]

_FIRST_LETTER = ord("A")
_FORMS: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 3), "token_pattern": r"\S+", "sublinear_tf": True},
    "parts": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2, "sublinear_tf": True},
    "concepts": {"ngram_range": (1, 2), "token_pattern": r"\S+"},
    "sounds": {"analyzer": "char", "ngram_range": (3, 5), "min_df": 2, "sublinear_tf": True},
}


class TextFeatures:
    """TF-IDF of words (one to three in a row), their parts (two to five letters), concepts and sounds (three to five
    phonemes, across words), side by side."""

    def __init__(self) -> None:
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._forms = {
            name: TfidfVectorizer(lowercase=False, dtype=np.float32, **options) for name, options in _FORMS.items()
        }
        self._plans: dict[str, tuple[Any, dict[str, int], int, Any]] = {}
        """By form: its analyser, its vocabulary, its first column, its terms' weights."""
        self.map: Any = None
        """What each feature adds to each label's score, (features, labels)."""

    def fit_transform(self, sentences: Sequence[Sentence]) -> Any:
        """The features of the sentences to train on, (n, features) sparse."""
        from scipy.sparse import hstack

        texts = _texts(sentences)
        for name in ("concepts", "sounds"):
            if not any(texts[name]):
                del self._forms[name]
        return hstack([form.fit_transform(texts[name]) for name, form in self._forms.items()], format="csr")

    def score(self, sentences: Sequence[Sentence]) -> Any:
        """What the features add to each label's score, (n, labels)."""
        import numpy as np

        texts = _texts(sentences)
        found = np.zeros((len(sentences), self.map.shape[1]), dtype=np.float32)
        for name, form in self._forms.items():
            for row, text in enumerate(texts[name]):
                columns, weights = self._weighed(name, form, text)
                if columns:
                    found[row] += weights @ self.map[columns]
        return found

    def _weighed(self, name: str, form: Any, text: str) -> tuple[list[int], Any]:
        """The columns of a text's known features and their TF-IDF, as `TfidfVectorizer.transform` gives them for many
        texts at once; for one its checks of the input cost ten times the work."""
        import numpy as np

        if name not in self._plans:
            before = list(self._forms)[: list(self._forms).index(name)]
            start = sum(len(self._forms[other].vocabulary_) for other in before)
            self._plans[name] = (form.build_analyzer(), form.vocabulary_, start, np.asarray(form.idf_, np.float32))
        analyse, vocabulary, start, idf = self._plans[name]
        counts = Counter(vocabulary[term] for term in analyse(text) if term in vocabulary)
        if not counts:
            return [], None
        places, said = list(counts), np.fromiter(counts.values(), np.float32, len(counts))
        weights = (1.0 + np.log(said) if form.sublinear_tf else said) * idf[places]
        return [start + place for place in places], weights / np.sqrt(weights @ weights)

    def as_arrays(self) -> dict[str, Any]:
        """Vocabularies, weights and the map, as plain arrays."""
        import numpy as np

        arrays: dict[str, Any] = {"map": self.map}
        for name, form in self._forms.items():
            vocabulary = sorted(form.vocabulary_, key=form.vocabulary_.__getitem__)
            arrays |= {
                f"{name}:idf": form.idf_,
                f"{name}:terms": np.frombuffer("\n".join(vocabulary).encode(), np.uint8),
            }
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> TextFeatures:
        """The features that `as_arrays` took apart."""
        made = cls()
        made.map = arrays["map"]
        made._forms = {name: form for name, form in made._forms.items() if f"{name}:idf" in arrays}
        for name, form in made._forms.items():
            terms = bytes(arrays[f"{name}:terms"]).decode().split("\n")
            form.vocabulary = form.vocabulary_ = {term: at for at, term in enumerate(terms)}
            form.idf_ = arrays[f"{name}:idf"]
        return made


def _texts(sentences: Sequence[Sentence]) -> dict[str, list[str]]:
    return {
        "words": [each.words for each in sentences],
        "parts": [each.words for each in sentences],
        "concepts": [each.concepts for each in sentences],
        "sounds": [sounds(each.spoken, each.language) for each in sentences],
    }


def sounds(spoken: str, language: str) -> str:
    """A sentence as it sounds, one letter a phoneme, nothing between the words: what is heard for something else ("les
    fassements", "l'effacement") is written the same. "" where espeak-ng isn't there."""
    try:
        return "".join(_word_sounds(word, language) for word in spoken.replace("' ", "'").split())
    except ImportError:
        return ""


@lru_cache(maxsize=50_000)
def _word_sounds(word: str, language: str) -> str:
    from nlu.entities.phonemes import phonemes

    return "".join(chr(_FIRST_LETTER + place) for place in phonemes(word, language))
