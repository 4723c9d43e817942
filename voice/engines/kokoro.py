"""Kokoro-82M, quantised to int8: about half of real time on two cores, so it speaks clause by clause.

The first clause is short, so that it is soon heard; the next ones are made while the one before is played.
Model: Kokoro-82M v1.0 (Apache-2.0), StyleTTS 2 (Li et al., NeurIPS 2023) with ISTFTNet.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Iterator

import numpy as np

from voice.engines.models import Models
from voice.engines.synthesizer import SynthesisFailed
from voice.engines.trim import trimmed
from voice.speaking.text import read_aloud, sentences

__all__ = ["KokoroVoice", "clauses"]

_PAUSES = {",": 0.12, ";": 0.16, ":": 0.16, "": 0.03}
_SENTENCE_PAUSE = 0.22
_FIRST, _LEAST, _LONGEST_CLAUSE = 26, 10, 62
"""Characters of a clause, about: the first is soon heard, and not over before the next is made; the others are made
while the one before is played."""
_CLINGS = frozenset(
    "le la les l' un une des du de d' à au aux en et ou mais que qui ne pas plus très dans pour par sur avec sans "
    "chez ce  cet cette ces mon ma mes votre vos son sa ses leur il elle on je tu nous vous ils elles y se me te "
    "a est sont".split()
)
"""Words that lean on the next one: no breath behind them."""
_JOINTS = re.compile(r"(?<=[,;:])\s+|\s+(?=(?:et|ou|mais|donc|parce|pour|avec)\b)")
_LONGEST = 480


class KokoroVoice:
    """The French voice where Piper's isn't to be had.

    Raises:
        ModelMissing, ModelDamaged: the message says what to run.
    """

    rate = 24_000
    slow = True

    def __init__(self, name: str, models: Models, threads: int = 2) -> None:
        import onnxruntime
        from piper.phonemize_espeak import EspeakPhonemizer

        folder = models.ready(name)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Cores that wait by spinning are taken from other callers' turns; a single conversation loses a tenth by that.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # The arena reuses what one clause left; without it the allocator's holes cost 700 MB on a long clause.
        options.enable_mem_pattern = False
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), sess_options=options, providers=["CPUExecutionProvider"]
        )
        table = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        self._tokens: dict[str, int] = table.get("vocab", table)
        style = next(folder.glob("ff_*.bin"))
        self._style = np.fromfile(style, np.float32).reshape(-1, 1, 256)
        self._phonemizer = EspeakPhonemizer()
        self._lock = threading.Lock()
        self.name = name
        self.language = models.spec(name).languages[0]

    def synthesize(self, text: str, speed: float = 1.0) -> Iterator[np.ndarray]:
        """See `voice.engines.synthesizer.Synthesizer`."""
        pause = 0.0
        for sentence in sentences(read_aloud(text, self.language)):
            for clause in clauses(sentence, first=pause == 0.0):
                sound = self._clause(clause, speed)
                if not len(sound):
                    continue
                yield np.concatenate([np.zeros(int(pause * self.rate), np.int16), sound])
                pause = _PAUSES.get(clause[-1], _PAUSES[""])
            pause = _SENTENCE_PAUSE

    def _clause(self, text: str, speed: float) -> np.ndarray:
        with self._lock:
            spoken = " ".join("".join(each) for each in self._phonemizer.phonemize(self.language, text))
        ids = [self._tokens[mark] for mark in unicodedata.normalize("NFC", spoken) if mark in self._tokens][:_LONGEST]
        if not ids:
            return np.zeros(0, np.int16)
        inputs = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": self._style[len(ids)],
            "speed": np.array([speed], np.float32),
        }
        try:
            (sound,) = self._session.run(None, inputs)[:1]
        except Exception as error:
            raise SynthesisFailed(f"{self.name} could not say {text!r}: {error}") from error
        return trimmed((np.clip(sound.reshape(-1), -1, 1) * 32767).astype(np.int16), self.rate)


def clauses(sentence: str, first: bool = True) -> list[str]:
    """A sentence cut where a voice may breathe, in pieces no longer than memory and patience allow."""
    out: list[str] = []
    for piece in (part for part in _JOINTS.split(sentence) if part):
        for words in _shortened(piece, _FIRST if first and not out else _LONGEST_CLAUSE):
            fits = out and len(out[-1]) + len(words) < (_FIRST if first and len(out) == 1 else _LONGEST_CLAUSE)
            if fits or (out and len(words) < 6):
                out[-1] = f"{out[-1]} {words}"
            elif first and len(out) == 1 and len(out[0]) < _LEAST:
                head, *rest = _shortened(words, _FIRST - len(out[0]))
                out = [f"{out[0]} {head}", *rest]
            else:
                out.append(words)
    return out


def _shortened(piece: str, limit: int) -> list[str]:
    """A long piece cut between words, never behind an article or a preposition; the rest in longest clauses."""
    if len(piece) <= limit + 12:
        return [piece]
    words = piece.split()
    for count in range(len(words) - 1, 0, -1):
        head = " ".join(words[:count])
        if len(head) <= limit and words[count - 1].lower() not in _CLINGS and len(" ".join(words[count:])) > 8:
            return [head, *_shortened(" ".join(words[count:]), _LONGEST_CLAUSE)]
    return [piece]
