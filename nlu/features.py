"""The features of a sentence in one language: its words, parts of words and concepts, weighted by how telling they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nlu.sentence import Sentence

__all__ = ["TextFeatures"]

_FORMS: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 3), "token_pattern": r"\S+", "sublinear_tf": True},
    "parts": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2, "sublinear_tf": True},
    "concepts": {"ngram_range": (1, 2), "token_pattern": r"\S+"},
}


class TextFeatures:
    """TF-IDF of words (one to three in a row), of parts of words (two to five letters) and of concepts, side by side."""

    def __init__(self) -> None:
        import numpy as np
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._forms = {
            name: TfidfVectorizer(lowercase=False, dtype=np.float32, **options) for name, options in _FORMS.items()
        }
        self.map: Any = None
        """What each feature adds to each label's score, (features, labels)."""

    def fit_transform(self, sentences: Sequence[Sentence]) -> Any:
        """The features of the sentences to train on, (n, features) sparse."""
        from scipy.sparse import hstack

        texts = _texts(sentences)
        if not any(texts["concepts"]):
            del self._forms["concepts"]
        return hstack([form.fit_transform(texts[name]) for name, form in self._forms.items()], format="csr")

    def score(self, sentences: Sequence[Sentence]) -> Any:
        """What the features add to each label's score, (n, labels)."""
        found, start, texts = 0.0, 0, _texts(sentences)
        for name, form in self._forms.items():
            features = form.transform(texts[name])
            found = found + features @ self.map[start : start + features.shape[1]]
            start += features.shape[1]
        return found

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
            form.set_params(vocabulary={term: at for at, term in enumerate(terms)})
            form.idf_ = arrays[f"{name}:idf"]
        return made


def _texts(sentences: Sequence[Sentence]) -> dict[str, list[str]]:
    return {
        "words": [each.words for each in sentences],
        "parts": [each.words for each in sentences],
        "concepts": [each.concepts for each in sentences],
    }
