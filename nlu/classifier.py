"""Which intent a sentence has: words and parts of words, a linear classifier, honest probabilities, reasons.

The classifier is regularised least squares on TF-IDF features (one-against-all; Rifkin, Yeo and Poggio, "Regularized
least-squares classification", 2003), solved exactly in its dual form. Its hat matrix gives the scores each family
of phrasing would have had if it had been left out of training, without training again; the temperature that turns
scores into probabilities (Guo et al., "On calibration of modern neural networks", 2017) is fitted on those, so the
confidence is that of sentences phrased in a way never seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nlu.examples import Example

__all__ = ["IntentClassifier", "Prediction"]


@dataclass(frozen=True)
class Prediction:
    """An intent, how sure it is, the words that decided it and the second most likely intent."""

    intent: str
    confidence: float
    """Calibrated probability, 0 to 1."""
    probabilities: dict[str, float]
    decided_by: tuple[str, ...] = ()
    runner_up: tuple[str, float] | None = None


class IntentClassifier:
    """Trained by `fit`; `predict` takes the folded words of a sentence, slots masked.

    Args:
        ridge: the weight of the regularisation.
    """

    def __init__(self, ridge: float = 0.5) -> None:
        self.ridge = ridge
        self.labels: list[str] = []
        self.temperature = 1.0
        self.threshold = 0.0
        """Below this confidence a sentence counts as out of scope."""

    def fit(self, examples: Sequence[Example], texts: Sequence[str] | None = None) -> IntentClassifier:
        """Train. `texts` are the examples' words as `predict` will see them; by default the texts as they are.

        Raises:
            ValueError: fewer than two intents among the examples.
        """
        import numpy as np

        self.labels = sorted({example.intent for example in examples})
        if len(self.labels) < 2:
            raise ValueError("a classifier needs examples of two intents or more")
        features = self._fit_features(list(texts) if texts is not None else [example.text for example in examples])
        index = {label: column for column, label in enumerate(self.labels)}
        truth = np.array([index[example.intent] for example in examples])
        weight = self._weights(examples, truth)
        scores = self._solve(features, truth, weight, [example.group or str(at) for at, example in enumerate(examples)])
        self._calibrate(scores, truth, weight)
        return self

    def _fit_features(self, texts: list[str]) -> Any:
        import numpy as np
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._words = TfidfVectorizer(
            ngram_range=(1, 3), token_pattern=r"\S+", sublinear_tf=True, lowercase=False, dtype=np.float32
        )
        self._parts = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, lowercase=False, dtype=np.float32
        )
        return hstack([self._words.fit_transform(texts), self._parts.fit_transform(texts)], format="csr")

    @staticmethod
    def _weights(examples: Sequence[Example], truth: Any) -> Any:
        """Rare intents count a little more than their share: between one by sentence and one by intent."""
        import numpy as np

        weight = np.array([example.weight for example in examples])
        mass = np.bincount(truth, weights=weight)
        return weight * (mass.mean() / mass[truth]) ** 0.5

    def _solve(self, features: Any, truth: Any, weight: Any, families: Sequence[str]) -> Any:
        """Fit the linear map; returns what each sentence would score with its family left out, (n, labels)."""
        import numpy as np
        from scipy.linalg import cho_factor, cho_solve

        root = np.sqrt(weight)[:, None]
        targets = np.full((len(truth), len(self.labels)), -1.0)
        targets[np.arange(len(truth)), truth] = 1.0
        # The bias is a constant feature; rows are scaled by the root of their weight (weighted least squares).
        gram = (features @ features.T).toarray().astype(np.float64) + 1.0
        gram *= root * root.T
        regular = gram + self.ridge * np.eye(len(truth))
        inverse = cho_solve(cho_factor(regular, lower=True, overwrite_a=True), np.eye(len(truth)))
        dual = inverse @ (targets * root)
        self._map = np.asarray(features.T @ (dual * root)).astype(np.float32)
        self._bias = (dual * root).sum(axis=0)
        left_out = np.empty_like(targets)
        groups: dict[str, list[int]] = {}
        for row, family in enumerate(families):
            groups.setdefault(family, []).append(row)
        for rows in groups.values():
            # y_g - f_{-g}(x_g) = (inverse_gg)^-1 dual_g: block form of the leave-one-out identity.
            residual = np.linalg.solve(inverse[np.ix_(rows, rows)], dual[rows])
            left_out[rows] = targets[rows] - residual / root[rows]
        return left_out

    def _calibrate(self, scores: Any, truth: Any, weight: Any) -> None:
        import numpy as np
        from scipy.optimize import minimize_scalar
        from scipy.special import log_softmax, softmax

        rows = np.arange(len(truth))

        def loss(log_temperature: float) -> float:
            return -float(weight @ log_softmax(scores / np.exp(log_temperature), axis=1)[rows, truth])

        self.temperature = float(np.exp(minimize_scalar(loss, bounds=(-4, 2), method="bounded").x))
        probabilities = softmax(scores / self.temperature, axis=1)
        self.left_out = probabilities
        """Probabilities of the training sentences with their family left out, (n, labels)."""

    def predict(self, text: str, prior: dict[str, float] | None = None, explain: int = 3) -> Prediction:
        """The intent of a sentence.

        Args:
            text: folded words, slots masked.
            prior: factors on the odds of some intents (what was just asked makes yes and no likelier).
            explain: how many deciding words to name; 0 for none.
        """
        import numpy as np
        from scipy.special import softmax

        words, parts = self._words.transform([text]), self._parts.transform([text])
        split = words.shape[1]
        scores = (
            words.data @ self._map[words.indices] + parts.data @ self._map[split + parts.indices] + self._bias
        ) / self.temperature
        for intent, factor in (prior or {}).items():
            if intent in self.labels:
                scores[self.labels.index(intent)] += np.log(factor)
        chances = softmax(scores)
        best, second = np.argsort(chances)[::-1][:2]
        decided = self._reasons(text, int(best), int(second), explain) if explain else ()
        return Prediction(
            self.labels[best],
            float(chances[best]),
            {label: float(chance) for label, chance in zip(self.labels, chances, strict=True)},
            decided,
            (self.labels[second], float(chances[second])),
        )

    def _reasons(self, text: str, best: int, second: int, count: int) -> tuple[str, ...]:
        """Words whose absence would cost the winner most against the runner-up, most telling first."""
        words = text.split()
        if len(words) < 2:
            return tuple(words)
        whole = self._margin([text], best, second)[0]
        without = self._margin([" ".join(words[:at] + words[at + 1 :]) for at in range(len(words))], best, second)
        losses = sorted(((whole - margin, -at) for at, margin in enumerate(without)), reverse=True)
        return tuple(words[-at] for loss, at in losses[:count] if loss > 0)

    def _margin(self, texts: list[str], best: int, second: int) -> Any:
        words, parts = self._words.transform(texts), self._parts.transform(texts)
        split = words.shape[1]
        pull = self._map[:, best] - self._map[:, second]
        return words @ pull[:split] + parts @ pull[split:] + (self._bias[best] - self._bias[second])
