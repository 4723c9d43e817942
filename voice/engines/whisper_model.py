"""A Whisper's two graphs, ready to run: sound to what the decoder attends to, a few tokens to the likeliest next ones.

The graphs are made from the model's weights at the first start and kept in the cache, under the weights' own hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voice.engines.ctranslate2_weights import Weights
from voice.engines.kept_graphs import graphs_of, kept_session
from voice.engines.whisper_graph import decoder_graph, encoder_graph, shape_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

__all__ = ["LAYOUT", "Memory", "ModelUnusable", "Past", "Scores", "Seen", "WhisperModel", "appended", "stacked"]

LAYOUT = 3
"""Of the graphs: a change makes the kept ones, and what was heard with them, anew."""
_LETTERS = frozenset(range(0x20, 0x7F)) | frozenset(range(0xA0, 0x100)) | frozenset(map(ord, "œŒŸ€‘’“”…–—"))

Memory = list[np.ndarray]
"""What the decoder attends to, (heads, states, width / heads) float32 each: key and value of each layer."""
Seen = list[np.ndarray]
"""What the encoder's layers see of a sound, (heads, states, width / heads) each: key and value of each layer."""
Past = list[np.ndarray]
"""What it has decoded, (rows, heads, tokens, width / heads) float32 each: key and value of each layer."""


class ModelUnusable(Exception):
    """The model's folder lacks a file or doesn't load; the message says what to run."""


@dataclass(frozen=True)
class Scores:
    """What one pass of the decoder found."""

    tokens: np.ndarray
    """(rows, scored, 8) int64, the likeliest next tokens, best first."""
    logprobs: np.ndarray
    """(rows, scored, 8) float32, theirs."""
    asked: np.ndarray
    """(rows, scored) float32, of the tokens asked for; of no meaning where none were."""
    marks: np.ndarray
    """(rows, scored, special) float32: logits of the language tokens, then of "no speech"."""
    past: Past


class WhisperModel:
    """The weights of a CTranslate2 Whisper on ONNX Runtime. May be shared by threads.

    Args:
        folder: holds model.bin, config.json, tokenizer.json.
        threads: cores used for one pass.

    Raises:
        ModelUnusable: a file is missing or damaged.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        for name in ("model.bin", "config.json", "tokenizer.json"):
            if not (folder / name).is_file():
                raise ModelUnusable(f"The speech model in {folder} lacks {name}: run `candide models`.")
        try:
            self.tokenizer = _tokenizer(folder / "tokenizer.json")
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self._weights = Weights(folder / "model.bin")
            self.shape = shape_of(self._weights)
            self._ids(config)
            self._encoder, self._decoder = self._sessions(folder / "model.bin", threads)
        except ModelUnusable:
            raise
        except Exception as error:  # the libraries raise bare exceptions on a damaged file
            raise ModelUnusable(f"The speech model in {folder} is damaged ({error}): run `candide models`.") from error
        self._positions = self._weights.rows("decoder/position_encodings/encodings")
        kinds = [f"{kind}_{layer}" for layer in range(self.shape.layers) for kind in ("key", "value")]
        self._kinds, self._presents = kinds, [f"present_{kind}" for kind in kinds]

    def token(self, name: str) -> int:
        """Id of a special token, such as "transcribe"."""
        found = self.tokenizer.token_to_id(f"<|{name}|>")
        if found is None:
            raise ModelUnusable(f"This tokenizer has no <|{name}|>: it isn't a multilingual Whisper's.")
        return found

    def encode(self, features: np.ndarray, behind: Sequence[Seen] | None = None) -> list[Memory]:
        """(n, bands, frames) float32 -> for each sound, frames / 2 states of 20 ms.

        Args:
            behind: for each sound, what the encoder's layers see of what goes on behind it: see `surroundings`.
        """
        found = self._encoder.run(self._kinds, self._encoded(features, behind))
        return [[kind[number] for kind in found] for number in range(len(features))]

    def surroundings(self, features: np.ndarray) -> tuple[Memory, Seen]:
        """A sound, (bands, frames), as `encode` gives it; and what each layer of the encoder sees of its states."""
        found = self._encoder.run(self._kinds + self._presents, self._encoded(features[None], None))
        memory, seen = found[: len(self._kinds)], found[len(self._kinds) :]
        return [kind[0] for kind in memory], [kind[0].astype(np.float16) for kind in seen]

    def _encoded(self, features: np.ndarray, behind: Sequence[Seen] | None) -> dict[str, np.ndarray]:
        nothing = [np.zeros((self.shape.heads, 0, self.shape.width // self.shape.heads))] * len(self._kinds)
        kinds = zip(*(behind or [nothing] * len(features)), strict=True)
        past = {f"past_{kind}": np.stack(each, dtype=np.float32) for kind, each in zip(self._kinds, kinds, strict=True)}
        return {"features": features} | past

    def decode(
        self,
        tokens: np.ndarray,
        memory: Past,
        past: Past | None = None,
        scored: Sequence[int] = (-1,),
        asked: np.ndarray | None = None,
    ) -> Scores:
        """One pass.

        Args:
            tokens: (rows, n) int; the rows that share an item of `memory` are neighbours.
            memory: (items, heads, states, width / heads) each; rows is a multiple of items.
            past: of the tokens before, all of one length.
            scored: after which of the n tokens the next one is wanted.
            asked: (rows, scored), tokens whose probability in those places is wanted.
        """
        rows, count = tokens.shape
        width, heads = self.shape.width, self.shape.heads
        past = past or [np.zeros((rows, heads, 0, width // heads), np.float32)] * len(self._kinds)
        before = past[0].shape[2]
        embedded = self._weights.rows("decoder/embeddings/weight", tokens) + self._positions[before : before + count]
        given = {
            "embedded": embedded,
            "per_item": np.array([len(memory[0]), -1, width]),
            "per_row": np.array([rows, -1, width]),
            "scored": np.arange(count)[list(scored)],
            "asked": np.zeros((rows, len(scored), 1), np.int64) if asked is None else self._places[asked][..., None],
        }
        given |= dict(zip(self._kinds, memory, strict=True))
        given |= {f"past_{kind}": each for kind, each in zip(self._kinds, past, strict=True)}
        wanted = ["best", "logprob", "asked_logprob", "marks", *self._presents]
        best, logprobs, chosen, marks, *presents = self._decoder.run(wanted, given)
        return Scores(self._text[best], logprobs, chosen[..., 0], marks, presents)

    def _ids(self, config: dict) -> None:
        self.end = self.token("endoftext")
        self.languages = [self.tokenizer.id_to_token(number).strip("<|>") for number in config["lang_ids"]]
        # English-only models have no languages to tell apart.
        if self.tokenizer.token_to_id("<|fr|>") is None or len(self.languages) < 2:
            raise ModelUnusable("The speech model knows only English: use a multilingual Whisper.")
        self._special = np.array([*config["lang_ids"], self._no_speech()])
        never = set(config["suppress_ids"]) | set(range(self.end, self.tokenizer.get_vocab_size()))
        written = [number for number in range(self.end) if number not in never and self._latin(number)]
        self.endings = tuple(
            frozenset(number for mark in marks for number in self._writes(mark))
            for marks in (".!?", "?", ",", ("...", "…"))
        )
        self.marks = frozenset().union(*self.endings)
        self._text = np.array([*written, self.end])
        self._places = np.full(self.tokenizer.get_vocab_size(), len(written))
        self._places[self._text] = np.arange(len(self._text))
        self.never_first = frozenset(config["suppress_ids_begin"])

    def _no_speech(self) -> int:
        found = self.tokenizer.token_to_id("<|nospeech|>") or self.tokenizer.token_to_id("<|nocaptions|>")
        return found if found is not None else self.token("notimestamps") - 1

    def _writes(self, mark: str) -> set[int]:
        """The tokens that are a mark alone, with and without a space before it."""
        found = {self.tokenizer.encode(text, add_special_tokens=False).ids[-1] for text in (mark, f" {mark}")}
        return {number for number in found if self.tokenizer.decode([number]).strip() == mark}

    def _latin(self, number: int) -> bool:
        """French and English, and the pieces of letters that several tokens spell, are written with it."""
        letters = self.tokenizer.decode([number]).replace("\ufffd", "")
        return all(ord(letter) in _LETTERS for letter in letters)

    def _sessions(self, model: Path, threads: int) -> tuple[InferenceSession, InferenceSession]:
        text = hashlib.sha256(self._text.tobytes() + self._special.tobytes()).hexdigest()[:8]
        encoder, decoder = graphs_of(model, f"{LAYOUT}-encoder", f"{LAYOUT}-{text}-decoder")
        return (
            kept_session(encoder, lambda: encoder_graph(self._weights), threads),
            kept_session(decoder, lambda: decoder_graph(self._weights, self._text, self._special), threads),
        )


def _tokenizer(path: Path) -> Tokenizer:
    """Of a Whisper's file. Many of these files lack their list's first merge, of a space and "t": all words that begin
    with that letter would be written in two tokens or more that the model seldom met."""
    from tokenizers import Tokenizer

    described = json.loads(path.read_text(encoding="utf-8"))
    vocabulary, merges = described["model"]["vocab"], described["model"]["merges"]
    first = "\u0120 t" if isinstance(merges[0], str) else ["\u0120", "t"]
    if "\u0120t" in vocabulary and first not in merges:
        merges.insert(0, first)
    return Tokenizer.from_str(json.dumps(described))


def stacked(memories: Sequence[Memory]) -> Past:
    """One batch of memories of one length."""
    return [np.stack(kinds) for kinds in zip(*memories, strict=True)]


def appended(memory: Memory, more: Memory, begin: int, end: int) -> Memory:
    """A memory followed by a piece of another."""
    return [np.concatenate((one, other[:, begin:end]), axis=1) for one, other in zip(memory, more, strict=True)]
