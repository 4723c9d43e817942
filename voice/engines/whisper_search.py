"""From what a decoder finds likely to a text: the likeliest next token each time, or the best of several beams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from voice.engines.whisper_model import Memory, Past, Scores, WhisperModel, stacked
from voice.engines.whisper_turns import Decoded

__all__ = ["beams", "verified"]


def verified(model: WhisperModel, memory: Memory, prompt: list[int], draft: Sequence[int], most: int) -> Decoded:
    """What `beams` of width 1 gives, quicker where a draft is right: one pass scores all of it (Leviathan, Kalman and
    Matias, ICML 2023, with the sentence heard so far as the draft).
    """
    batch, draft = stacked([memory]), list(draft)[: most - 1]
    start = len(prompt) - 1
    scored = [_start_of_transcript(model, prompt), *range(start, start + len(draft) + 1)]
    scores = model.decode(np.array([prompt + draft]), batch, scored=scored)
    no_speech = _no_speech(scores, 0)
    tokens: list[int] = []
    total = 0.0
    for place in range(len(draft) + 1):
        token, logprob = _first(model, scores, place + 1) if not tokens else _best(scores, place + 1)
        total += logprob
        if token == model.end:
            return Decoded(tokens, total / (len(tokens) + 1), no_speech, True)
        tokens.append(token)
        if place == len(draft) or token != draft[place]:
            break
    past = [each[:, :, : start + len(tokens)] for each in scores.past]
    while len(tokens) < most:
        scores = model.decode(np.array([[tokens[-1]]]), batch, past)
        past = scores.past
        token, logprob = _best(scores, 0)
        total += logprob
        if token == model.end:
            return Decoded(tokens, total / (len(tokens) + 1), no_speech, True)
        tokens.append(token)
    return Decoded(tokens, total / max(1, len(tokens)), no_speech, False)


@dataclass
class _Beam:
    tokens: list[int]
    total: float

    @property
    def mean(self) -> float:
        """A token's mean log probability, the end counted as one."""
        return self.total / (len(self.tokens) + 1)


@dataclass
class _Item:
    """One sound's search."""

    no_speech: float
    live: list[_Beam] = field(default_factory=list)
    ended: list[_Beam] = field(default_factory=list)

    def over(self, width: int) -> bool:
        # A text that is less likely a token than one that has ended seldom makes up for it.
        best = max((beam.mean for beam in self.ended), default=-np.inf)
        return not self.live or len(self.ended) >= width or best > max(beam.mean for beam in self.live)

    def decoded(self) -> Decoded:
        if self.ended:
            best = max(self.ended, key=lambda beam: beam.mean)
            return Decoded(best.tokens, best.mean if best.tokens else -10.0, self.no_speech, True)
        best = max(self.live, key=lambda beam: beam.total)
        return Decoded(best.tokens, best.total / max(1, len(best.tokens)), self.no_speech, False)


def beams(
    model: WhisperModel, memories: Sequence[Memory], prompts: Sequence[list[int]], most: int, width: int
) -> list[Decoded]:
    """Beam search for several sounds at once; texts of any length compete by their mean log probability.

    Args:
        memories: of one length.
        prompts: of one length; what follows "notimestamps" is the beginning of the text.
        most: tokens at most.
        width: beams a sound; 1 takes the likeliest next token, again and again.
    """
    batch = stacked(memories)
    scores = model.decode(np.array(prompts), batch, scored=[_start_of_transcript(model, prompts[0]), -1])
    items = [_Item(_no_speech(scores, row)) for row in range(len(memories))]
    for row, item in enumerate(items):
        never = model.never_first if prompts[row][-1] == model.token("notimestamps") else ()
        allowed = [place for place, token in enumerate(scores.tokens[row, 1]) if token not in never]
        for place in allowed[:width]:
            token, logprob = int(scores.tokens[row, 1, place]), float(scores.logprobs[row, 1, place])
            if token == model.end:
                item.ended.append(_Beam([], logprob))
            else:
                item.live.append(_Beam([token], logprob))
    past: Past = [np.repeat(each, width, axis=0) for each in scores.past]
    for _ in range(most - 1):
        if all(item.over(width) for item in items):
            break
        last = np.array([[beam.tokens[-1]] for item in items for beam in _padded(item, width)])
        scores = model.decode(last, batch, past)
        parents = [
            number * width + parent
            for number, item in enumerate(items)
            for parent in _grow(model, item, scores, number, width)
        ]
        past = scores.past if parents == list(range(len(parents))) else [each[parents] for each in scores.past]
    return [item.decoded() for item in items]


def _grow(model: WhisperModel, item: _Item, scores: Scores, number: int, width: int) -> list[int]:
    """One token more for an item; which beam each of the new ones goes on from."""
    if item.over(width):
        return list(range(width))
    grown = []
    for place, beam in enumerate(item.live):
        row = number * width + place
        for token, logprob in zip(scores.tokens[row, 0], scores.logprobs[row, 0], strict=True):
            grown.append((beam.total + float(logprob), place, int(token)))
    grown.sort(reverse=True)
    live, parents = [], []
    for rank, (total, place, token) in enumerate(grown[: 2 * width]):
        tokens = item.live[place].tokens
        if token == model.end:
            if rank < width:
                item.ended.append(_Beam(tokens, total))
        elif len(live) < width:
            live.append(_Beam([*tokens, token], total))
            parents.append(place)
    item.live = live
    return (parents + [0] * width)[:width]


def _padded(item: _Item, width: int) -> list[_Beam]:
    return (item.live + [item.live[-1] if item.live else item.ended[-1]] * width)[:width]


def _start_of_transcript(model: WhisperModel, prompt: list[int]) -> int:
    return prompt.index(model.token("startoftranscript"))


def _no_speech(scores: Scores, row: int) -> float:
    """Of "no speech" beside all languages, after the start of the transcript."""
    marks = scores.marks[row, 0]
    powers = np.exp(marks - marks.max())
    return float(powers[-1] / powers.sum())


def _first(model: WhisperModel, scores: Scores, place: int) -> tuple[int, float]:
    for token, logprob in zip(scores.tokens[0, place], scores.logprobs[0, place], strict=True):
        if token not in model.never_first:
            return int(token), float(logprob)
    raise AssertionError("more tokens are scored than may not come first")


def _best(scores: Scores, place: int) -> tuple[int, float]:
    return int(scores.tokens[0, place, 0]), float(scores.logprobs[0, place, 0])
