"""Whisper on this machine, quick on short turns: only the speech is encoded, not a window of 30 s.

Whisper's decoder was trained on windows of 30 s. Given the encoded speech alone it doesn't find the end and says the
sentence again. What it misses is the silence that filled the window: so the encoder's states for silence, computed
once when the model loads, are put behind the encoded speech. The decoder then ends where the speech does, and the
0.5 s that the encoder takes for a full window becomes a few hundredths. When the outcome is doubtful all the same
(no end found, a repeated tail, an improbable text), the full window is decoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voice.audio import HEARING_RATE
from voice.engines.logmel import HOP, log_mel
from voice.engines.whisper_words import joined, proportional, words_of
from voice.hearing.guard import repeats_its_tail, refusal
from voice.hearing.transcriber import LANGUAGES, Hypothesis, Word
from voice.hearing.vad import speech_span

__all__ = ["LocalWhisper", "ModelUnusable"]

_WINDOW = 3_000  # frames of 10 ms: the model's own window
_PAD = 100  # frames of silence encoded with the speech, so that its last sound has its surroundings
_SILENCE = 600  # states of silence (20 ms each) put behind
_BEFORE, _AFTER = 0.20, 0.24  # seconds kept around the speech
_NEITHER = 0.25  # French and English together less likely than this: another language
_DOUBTFUL = -0.9  # mean log probability of a token under which the full window is tried
_UNSURE = -0.3  # under which a wider search is worth its time: a third of French prompts, a tenth of English ones
_HOTWORD_TOKENS = 64


class ModelUnusable(Exception):
    """The model's folder lacks a file or doesn't load; the message says what to run."""


@dataclass(frozen=True)
class _Decoded:
    tokens: list[int]
    mean_logprob: float
    no_speech: float
    finished: bool


class LocalWhisper:
    """A CTranslate2 Whisper model. Loads in about a second; may be shared by threads.

    Args:
        model_dir: holds model.bin, config.json, tokenizer.json.
        threads: cores used for one transcription.
        compute_type: CTranslate2's, "int8" on processors.
        beam: width of the second search, made when the first (greedy) one is unsure of a final text.

    Raises:
        ModelUnusable: a file is missing or damaged.
    """

    def __init__(self, model_dir: Path | str, threads: int = 2, compute_type: str = "int8", beam: int = 3) -> None:
        import ctranslate2
        import tokenizers

        folder = Path(model_dir)
        for name in ("model.bin", "config.json", "tokenizer.json"):
            if not (folder / name).is_file():
                raise ModelUnusable(f"The speech model in {folder} lacks {name}: run `candide models`.")
        try:
            self._tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._model = ctranslate2.models.Whisper(
                str(folder), device="cpu", compute_type=compute_type, intra_threads=threads
            )
            json.loads((folder / "config.json").read_text(encoding="utf-8"))
        except Exception as error:  # both libraries raise bare exceptions on a damaged file
            raise ModelUnusable(f"The speech model in {folder} is damaged ({error}): run `candide models`.") from error
        if not self._model.is_multilingual:
            raise ModelUnusable(f"The speech model in {folder} knows only English: use a multilingual Whisper.")
        self._view = ctranslate2.StorageView.from_array
        self._beam = beam
        self._end = self._id("<|endoftext|>")
        self._silence = self._states(_burst(), _WINDOW)

    def transcribe(
        self,
        pcm: np.ndarray,
        language: str | None,
        prefix: str = "",
        hotwords: Sequence[str] = (),
        final: bool = True,
    ) -> Hypothesis:
        """See `voice.hearing.transcriber.Transcriber`."""
        pcm = pcm[: _WINDOW * HOP]
        span = speech_span(pcm) if final else (0, len(pcm), len(pcm) / HEARING_RATE)
        if span is None or span[1] - span[0] < HOP:
            return Hypothesis("", language=language or LANGUAGES[0], no_speech=1.0, refused="no speech")
        begin = max(0, span[0] - int(_BEFORE * HEARING_RATE))
        speech = pcm[begin : span[1] + int(_AFTER * HEARING_RATE)]
        encoded = self._with_silence(speech)
        spoken_in, probability, decode_in = self._language(encoded, language)
        prompt = self._prompt(decode_in, prefix, hotwords)
        decoded, how = self._search(encoded, prompt, len(speech), final), "short"
        if final and self._doubtful(decoded):
            encoded = self._view(self._states(speech, _WINDOW))
            if language is None:
                spoken_in, probability, decode_in = self._language(encoded, None)
                prompt = self._prompt(decode_in, prefix, hotwords)
            decoded, how = self._search(encoded, prompt, len(speech), final), "full"
        text = self._tokens.decode(decoded.tokens).strip()
        refused = refusal(text, decode_in, decoded.no_speech, decoded.mean_logprob, span[2]) if final else ""
        if refused or not text:
            return Hypothesis(
                "", (), spoken_in, probability, decoded.no_speech, decoded.mean_logprob, how, refused or "no speech"
            )
        if final:
            words = self._aligned(encoded, decode_in, decoded.tokens, len(speech), begin / HEARING_RATE)
        else:
            words = proportional(text, 0.0, len(pcm) / HEARING_RATE, float(np.exp(decoded.mean_logprob)))
        return Hypothesis(text, words, spoken_in, probability, decoded.no_speech, decoded.mean_logprob, how)

    def _states(self, pcm: np.ndarray, frames: int) -> np.ndarray:
        """(1, frames / 2, width) float32: the encoder's view of the sound, then silence up to `frames`."""
        features = log_mel(pcm, frames, self._model.n_mels)[None]
        return np.array(self._model.encode(self._view(np.ascontiguousarray(features)), to_cpu=True))

    def _with_silence(self, pcm: np.ndarray):
        frames = min(_WINDOW, (len(pcm) // HOP + 1 + _PAD) // 2 * 2)
        speech = self._states(pcm, frames)
        at = max(speech.shape[1], _SILENCE // 4)
        states = np.concatenate((speech, self._silence[:, at : at + _SILENCE]), axis=1)
        return self._view(np.ascontiguousarray(states[:, : _WINDOW // 2]))

    def _language(self, encoded, given: str | None) -> tuple[str, float, str]:
        """The language to report, its probability, and the language to decode in."""
        if given is not None:
            return given, 1.0, given if given in LANGUAGES else LANGUAGES[0]
        heard = {token.strip("<|>"): p for token, p in self._model.detect_language(encoded)[0]}
        likelier = max(LANGUAGES, key=lambda code: heard.get(code, 0.0))
        known = sum(heard.get(code, 0.0) for code in LANGUAGES)
        if known < _NEITHER:
            return "other", 1.0 - known, likelier
        return likelier, heard[likelier], likelier

    def _prompt(self, language: str, prefix: str, hotwords: Sequence[str]) -> list[int]:
        prompt = []
        if hotwords:
            listed = self._tokens.encode(" " + ", ".join(hotwords), add_special_tokens=False).ids[:_HOTWORD_TOKENS]
            prompt = [self._id("<|startofprev|>"), *listed]
        prompt += [self._id(f"<|{name}|>") for name in ("startoftranscript", language, "transcribe", "notimestamps")]
        return prompt + self._forced(prefix)

    def _forced(self, prefix: str) -> list[int]:
        # Its last punctuation is left to the decoder: a forced full stop would end the text there.
        settled = prefix.strip().rstrip(".,;:!?…").strip()
        return self._tokens.encode(" " + settled, add_special_tokens=False).ids if settled else []

    def _search(self, encoded, prompt: list[int], samples: int, final: bool) -> _Decoded:
        greedy = self._decode(encoded, prompt, samples, 1)
        if not final or greedy.mean_logprob >= _UNSURE:
            return greedy
        wider = self._decode(encoded, prompt, samples, self._beam)
        return wider if wider.mean_logprob >= greedy.mean_logprob or not greedy.finished else greedy

    def _decode(self, encoded, prompt: list[int], samples: int, beam: int) -> _Decoded:
        # Nobody says more than nine tokens a second; without the limit, a loop costs a second. A forced prefix is
        # part of the sequences that come back.
        budget = 10 + 9 * samples // HEARING_RATE
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=beam,
            # CTranslate2 gives the text at most half of this, and at most what the prompt leaves.
            max_length=min(448, max(2 * budget, len(prompt) + budget)),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = [token for token in result.sequences_ids[0] if token < self._end]
        # The score is a mean over the tokens; the end token counts as one more.
        mean = result.scores[0] * len(tokens) / (len(tokens) + 1) if tokens else -10.0
        return _Decoded(tokens, float(mean), float(result.no_speech_prob), len(result.sequences_ids[0]) < budget)

    def _doubtful(self, decoded: _Decoded) -> bool:
        text = self._tokens.decode(decoded.tokens)
        return not decoded.finished or decoded.mean_logprob < _DOUBTFUL or repeats_its_tail(text)

    def _aligned(self, encoded, language: str, tokens: list[int], samples: int, offset: float) -> tuple[Word, ...]:
        start = [self._id(f"<|{name}|>") for name in ("startoftranscript", language, "transcribe")]
        aligned = self._model.align(encoded, start, [tokens], samples // HOP)[0]
        pieces = [(self._tokens.id_to_token(token), token) for token in tokens]
        groups = words_of(pieces, lambda ids: self._tokens.decode(ids))
        return joined(groups, aligned.alignments, aligned.text_token_probs, offset, offset + samples / HEARING_RATE)

    def _id(self, token: str) -> int:
        found = self._tokens.token_to_id(token)
        if found is None:
            raise ModelUnusable(f"This tokenizer has no {re.escape(token)}: it isn't a multilingual Whisper's.")
        return found


def _burst() -> np.ndarray:
    """Two seconds of a droned "a", (32000,) int16: silence after a voice isn't encoded as an empty window is."""
    seconds = np.arange(2 * HEARING_RATE) / HEARING_RATE
    drone = np.zeros_like(seconds)
    for harmonic in range(1, 28):
        hertz = 140.0 * harmonic
        formants = ((700.0, 130.0), (1200.0, 150.0), (2600.0, 250.0))
        drone += sum(np.exp(-(((hertz - at) / wide) ** 2)) for at, wide in formants) * np.sin(
            2 * np.pi * hertz * seconds
        )
    drone *= np.abs(np.sin(4 * np.pi * seconds))
    return np.rint(8000 * drone / np.abs(drone).max()).astype(np.int16)
