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
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from voice.audio import HEARING_RATE
from voice.engines.logmel import HOP, log_mel
from voice.engines.whisper_turns import Decoded, Request, Turn, of_like_length
from voice.engines.whisper_words import spread
from voice.hearing.guard import refusal, repeats_its_tail
from voice.hearing.transcriber import LANGUAGES, Hypothesis
from voice.hearing.vad import VoicedSpan, voiced_span

__all__ = ["LocalWhisper", "ModelUnusable", "Request"]

_WINDOW = 3_000  # frames of 10 ms: the model's own window
_PAD = 100  # frames of silence encoded with the speech, so that its last sound has its surroundings
_SILENCE = 300  # states of silence (20 ms each) put behind; 200 to 600 recognise alike, more cost time
_BEFORE, _AFTER = 0.20, 0.24  # seconds kept around the speech
_NEITHER = 0.25  # French and English together less likely than this: another language
_DOUBTFUL = -0.9  # mean log probability of a token under which the full window is tried
_UNSURE = -0.3  # under which a wider search is worth its time: half of French prompts, an eighth of English ones
_WIDE_FIRST = frozenset({"fr"})  # so often unsure that a narrow search first costs more than it saves
_HOTWORD_TOKENS = 64


class ModelUnusable(Exception):
    """The model's folder lacks a file or doesn't load; the message says what to run."""


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
        self._silence = self._states([_burst()], _WINDOW)[0].copy()

    def transcribe(
        self,
        pcm: np.ndarray,
        language: str | None,
        prefix: str = "",
        hotwords: Sequence[str] = (),
        final: bool = True,
    ) -> Hypothesis:
        """See `voice.hearing.transcriber.Transcriber`."""
        return self.transcribe_all([Request(pcm, language, prefix, tuple(hotwords), final)])[0]

    def transcribe_all(self, requests: Sequence[Request]) -> list[Hypothesis]:
        """Turns of several callers, encoded and decoded together where their lengths allow it.

        Returns:
            One hypothesis a request, in their order; the same as one by one but for rounding and padding.
        """
        turns = [self._turn(request) for request in requests]
        spoken = [turn for turn in turns if turn.span is not None]
        self._encode(spoken)
        for turn in spoken:
            turn.spoken_in, turn.probability, turn.decode_in = self._language(turn.states, turn.request.language)
        self._search(spoken)
        for turn in spoken:
            if turn.request.final and self._doubtful(turn.decoded):
                self._decode_full_window(turn)
        return [self._hypothesis(turn) for turn in turns]

    def _turn(self, request: Request) -> Turn:
        pcm = request.pcm[: _WINDOW * HOP]
        span = voiced_span(pcm) if request.final else VoicedSpan(0, len(pcm), ((0, len(pcm)),) if len(pcm) else ())
        if span is None or span.last - span.first < HOP:
            return Turn(request, None, pcm)
        begin = max(0, span.first - int(_BEFORE * HEARING_RATE))
        return Turn(request, span, pcm[begin : span.last + int(_AFTER * HEARING_RATE)])

    def _hypothesis(self, turn: Turn) -> Hypothesis:
        request, decoded = turn.request, turn.decoded
        if decoded is None:
            return Hypothesis("", language=request.language or LANGUAGES[0], no_speech=1.0, refused="no speech")
        text = self._tokens.decode(decoded.tokens).strip()
        refused = "" if text else "no speech"
        if request.final:
            seconds = turn.span.seconds
            refused = refusal(text, turn.decode_in, decoded.no_speech, decoded.mean_logprob, seconds)
        said = "" if refused else text
        return Hypothesis(
            text=said,
            words=spread(said, turn.span.pieces, float(np.exp(decoded.mean_logprob))),
            language=turn.spoken_in,
            language_probability=turn.probability,
            no_speech=decoded.no_speech,
            mean_logprob=decoded.mean_logprob,
            how=turn.how,
            refused=refused,
        )

    def _encode(self, turns: Sequence[Turn]) -> None:
        """Fills in `states`: (length, width) float32 of the speech, with the silence that the decoder ends on."""
        for turn in turns:
            turn.frames = min(_WINDOW, (len(turn.speech) // HOP + 1 + _PAD) // 2 * 2)
        for group in of_like_length(turns):
            for turn, states in zip(group, self._states([t.speech for t in group], group[-1].frames), strict=True):
                speech = states[: turn.frames // 2]
                at = max(len(speech), _SILENCE // 2)
                turn.states = np.concatenate((speech, self._silence[at : at + _SILENCE]))[: _WINDOW // 2]

    def _states(self, sounds: Sequence[np.ndarray], frames: int) -> np.ndarray:
        """(sounds, frames / 2, width) float32: the encoder's view of each sound, then silence up to `frames`."""
        features = np.stack([log_mel(pcm, frames, self._model.n_mels) for pcm in sounds])
        return np.array(self._model.encode(self._view(features), to_cpu=True))

    def _language(self, states: np.ndarray, given: str | None) -> tuple[str, float, str]:
        """The language to report, its probability, and the language to decode in."""
        if given is not None:
            return given, 1.0, given if given in LANGUAGES else LANGUAGES[0]
        found = self._model.detect_language(self._view(np.ascontiguousarray(states[None])))[0]
        heard = {token.strip("<|>"): p for token, p in found}
        likelier = max(LANGUAGES, key=lambda code: heard.get(code, 0.0))
        known = sum(heard.get(code, 0.0) for code in LANGUAGES)
        if known < _NEITHER:
            return "other", 1.0 - known, likelier
        return likelier, heard[likelier], likelier

    def _prompt(self, turn: Turn) -> list[int]:
        prompt = []
        if turn.request.hotwords:
            listed = self._tokens.encode(" " + ", ".join(turn.request.hotwords), add_special_tokens=False).ids
            prompt = [self._id("<|startofprev|>"), *listed[:_HOTWORD_TOKENS]]
        control = ("startoftranscript", turn.decode_in, "transcribe", "notimestamps")
        return prompt + [self._id(f"<|{name}|>") for name in control] + self._forced(turn.request.prefix)

    def _forced(self, prefix: str) -> list[int]:
        # Its last punctuation is left to the decoder: a forced full stop would end the text there.
        settled = prefix.strip().rstrip(".,;:!?…").strip()
        return self._tokens.encode(" " + settled, add_special_tokens=False).ids if settled else []

    def _search(self, turns: Sequence[Turn]) -> None:
        """Greedy, then wider for final texts that are unsure; wide at once where most of them are."""
        wide = [turn for turn in turns if turn.request.final and turn.decode_in in _WIDE_FIRST]
        narrow = [turn for turn in turns if not (turn.request.final and turn.decode_in in _WIDE_FIRST)]
        self._decode(wide, self._beam)
        self._decode(narrow, 1)
        unsure = [turn for turn in narrow if turn.request.final and turn.decoded.mean_logprob < _UNSURE]
        greedy = [turn.decoded for turn in unsure]
        self._decode(unsure, self._beam)
        for turn, before in zip(unsure, greedy, strict=True):
            if turn.decoded.mean_logprob < before.mean_logprob and before.finished:
                turn.decoded = before

    def _decode(self, turns: Sequence[Turn], beam: int) -> None:
        """Fills in `decoded`; CTranslate2 takes prompts of one length in a batch."""
        by_length: dict[int, list[tuple[Turn, list[int]]]] = defaultdict(list)
        for turn in turns:
            prompt = self._prompt(turn)
            by_length[len(prompt)].append((turn, prompt))
        for length, together in by_length.items():
            # Nobody says more than nine tokens a second; without the limit, a loop costs a second. A forced prefix is
            # part of the sequences that come back.
            budgets = [10 + 9 * len(turn.speech) // HEARING_RATE for turn, _ in together]
            results = self._model.generate(
                self._view(self._filled([turn.states for turn, _ in together])),
                [prompt for _, prompt in together],
                beam_size=beam,
                # CTranslate2 gives the text at most half of this, and at most what the prompt leaves.
                max_length=min(448, max(2 * max(budgets), length + max(budgets))),
                return_scores=True,
                return_no_speech_prob=True,
            )
            for (turn, _), result, budget in zip(together, results, budgets, strict=True):
                turn.decoded = self._decoded(result, budget)

    def _filled(self, states: Sequence[np.ndarray]) -> np.ndarray:
        """Stacked to the longest, shorter ones followed by more silence."""
        longest = max(len(each) for each in states)
        return np.stack([np.concatenate((each, self._silence[len(each) : longest])) for each in states])

    def _decoded(self, result, budget: int) -> Decoded:
        tokens = [token for token in result.sequences_ids[0] if token < self._end]
        # The score is a mean over the tokens; the end token counts as one more.
        mean = result.scores[0] * len(tokens) / (len(tokens) + 1) if tokens else -10.0
        finished = len(result.sequences_ids[0]) < budget
        return Decoded(tokens, float(mean), float(result.no_speech_prob), finished)

    def _doubtful(self, decoded: Decoded) -> bool:
        text = self._tokens.decode(decoded.tokens)
        return not decoded.finished or decoded.mean_logprob < _DOUBTFUL or repeats_its_tail(text)

    def _decode_full_window(self, turn: Turn) -> None:
        """What stock Whisper does: 30 s of window, nothing forced."""
        turn.request = replace(turn.request, prefix="")
        turn.states, turn.how = self._states([turn.speech], _WINDOW)[0], "full"
        if turn.request.language is None:
            turn.spoken_in, turn.probability, turn.decode_in = self._language(turn.states, None)
        self._search([turn])

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
