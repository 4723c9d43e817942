"""The trained classifier: made from the example files, kept in the user's cache, read back at the next start.

With embeddings one classifier serves all languages, so that each learns from the others' examples; without them there
is one a language. The cache's name holds the fingerprint of everything the training reads; a file that can't be used is
made again, and a folder that can't be written costs the next start its seconds, nothing else.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from nlu.classifier import IntentClassifier
from nlu.embedding import sentence_embedding
from nlu.examples import expand, load_examples
from nlu.sentence import read
from personalization.assets import asset
from personalization.user_cache import cache_dir

__all__ = ["LANGUAGES", "train", "trained"]

LANGUAGES = ("fr", "en")
_READ = "concepts.yaml fillers.yaml nouns.yaml stand_ins.yaml slots.yaml".split()
_UNREAD = "context.py cues.py human.py polarity.py policy.py reply.py understanding.py".split()
"""Sources beside this one that the training doesn't run, nor those of the dialogue."""
_lock = threading.Lock()
_kept: dict[tuple[str, ...], IntentClassifier] = {}


def trained(language: str) -> IntentClassifier:
    """The classifier that knows a language: from memory, else the cache, else trained now."""
    languages = LANGUAGES if sentence_embedding() else (language,)
    with _lock:
        if languages not in _kept:
            path = cache_dir() / "understanding" / f"intents-{_fingerprint(languages)}.npz"
            _kept[languages] = _load(path) or _save(train(languages), path)
        return _kept[languages]


def train(languages: tuple[str, ...] = LANGUAGES) -> IntentClassifier:
    """A classifier trained from assets/intents now."""
    examples = [each for language in languages for each in expand(load_examples(language))]
    embedding = sentence_embedding()
    classifier = IntentClassifier(embed=embedding.encode if embedding else None)
    return classifier.fit(examples, [read(each.text, each.language) for each in examples])


def _fingerprint(languages: tuple[str, ...]) -> str:
    """Changes whenever a file or a library that the training reads does."""
    found = hashlib.sha256(f"{version('scikit-learn')} {sentence_embedding() is not None}".encode())
    for name in (*(f"{language}.yaml" for language in languages), *_READ):
        found.update(asset("intents", name).read_bytes())
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        if source.parent.name != "dialogue" and source.name not in _UNREAD:
            found.update(source.read_bytes())
    return found.hexdigest()[:16]


def _load(path: Path) -> IntentClassifier | None:
    embedding = sentence_embedding()
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return IntentClassifier.from_arrays(dict(arrays), embedding.encode if embedding else None)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _save(classifier: IntentClassifier, path: Path) -> IntentClassifier:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob("intents-*.npz"):
            old.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **classifier.as_arrays())
        os.replace(name, path)
    except OSError:
        pass
    return classifier
