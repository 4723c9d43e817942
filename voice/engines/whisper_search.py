"""From what a decoder finds likely to a text: the likeliest next token each time, or the best of several beams."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from voice.engines.whisper_model import Memory, Scores, WhisperModel, stacked
from voice.engines.whisper_turns import NOTHING_WRITTEN, Decoded
from voice.hearing.transcriber import Ending

__all__ = ["beams", "likelihoods", "verified"]

_ROWS = 9
"""Texts weighed in one pass: what the decoder says of every token takes 160 KB a place."""
_BEHIND = 2.5
"""A beam less likely than the best by more than this (natural logarithm) is given up."""


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
    total, ending = 0.0, NOTHING_WRITTEN
    for place in range(len(draft) + 1):
        token, logprob = _first(model, scores, place + 1) if not tokens else _best(scores, place + 1)
        total += logprob
        ending = _ending(model, scores, (0, place + 1), tokens, ending)
        if token == model.end:
            return Decoded(tokens, total / (len(tokens) + 1), no_speech, True, ending)
        tokens.append(token)
        if place == len(draft) or token != draft[place]:
            break
    past = [each[:, :, : start + len(tokens)] for each in scores.past]
    while len(tokens) < most:
        scores = model.decode(np.array([[tokens[-1]]]), batch, past)
        past = scores.past
        token, logprob = _best(scores, 0)
        total += logprob
        ending = _ending(model, scores, (0, 0), tokens, ending)
        if token == model.end:
            return Decoded(tokens, total / (len(tokens) + 1), no_speech, True, ending)
        tokens.append(token)
    return Decoded(tokens, total / max(1, len(tokens)), no_speech, False, ending)


def likelihoods(
    model: WhisperModel, memory: Memory, prompt: list[int], texts: Sequence[Sequence[int]]
) -> list[float]:
    """How likely several texts are, natural logarithms, without what all of them begin with: only their differences
    say anything.
    """
    ended = [[*text, model.end] for text in texts]
    same, shortest = 0, min(map(len, ended))
    while same < shortest - 1 and all(each[same] == ended[0][same] for each in ended):
        same += 1
    begun = [*prompt, *ended[0][:same]]
    batch, found = stacked([memory]), []
    before = model.decode(np.array([begun[:-1]]), batch).past
    for at in range(0, len(ended), _ROWS):
        rest = [each[same:] for each in ended[at : at + _ROWS]]
        asked = np.array([each + [model.end] * (max(map(len, rest)) - len(each)) for each in rest])
        given = np.concatenate((np.full((len(rest), 1), begun[-1]), asked[:, :-1]), axis=1)
        past = [np.repeat(each, len(rest), axis=0) for each in before]
        scores = model.decode(given, batch, past, range(asked.shape[1]), asked)
        found += [float(row[: len(each)].sum()) for row, each in zip(scores.asked, rest, strict=True)]
    return found


@dataclass
class _Beam:
    tokens: list[int]
    total: float
    parent: int = 0
    """Which of the item's beams it goes on from."""
    ending: Ending = NOTHING_WRITTEN
    """See `Decoded`, of what came before its last token."""

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
            return Decoded(best.tokens, best.mean if best.tokens else -10.0, self.no_speech, True, best.ending)
        best = max(self.live, key=lambda beam: beam.total)
        return Decoded(best.tokens, best.total / max(1, len(best.tokens)), self.no_speech, False, best.ending)


def beams(
    model: WhisperModel, memories: Sequence[Memory], prompts: Sequence[list[int]], most: int, width: int
) -> list[Decoded]:
    """Beam search for several sounds at once; texts of any length compete by their mean log probability.

    A beam far behind the best is given up, so a text is searched widely only where it is unsure (Freitag and
    Al-Onaizan, Workshop on Neural Machine Translation, 2017, relative threshold pruning).

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
        _begin(model, item, scores, row, prompts[row], width)
    at_work, rows, past = list(range(len(items))), 1, scores.past
    for _ in range(most - 1):
        still = [number for number in at_work if not items[number].over(width)]
        if not still:
            break
        wide = max(len(items[number].live) for number in still)
        places = {number: place for place, number in enumerate(at_work)}
        parents = [
            places[number] * rows + beam.parent for number in still for beam in _padded(items[number].live, wide)
        ]
        past = past if parents == list(range(len(past[0]))) else [each[parents] for each in past]
        if len(still) < len(at_work):
            kept = [places[number] for number in still]
            batch = [each[kept] for each in batch]
        at_work, rows = still, wide
        last = np.array([[beam.tokens[-1]] for number in still for beam in _padded(items[number].live, wide)])
        scores = model.decode(last, batch, past)
        past = scores.past
        for place, number in enumerate(still):
            _grow(model, items[number], scores, place * rows, width)
    return [item.decoded() for item in items]


def _begin(model: WhisperModel, item: _Item, scores: Scores, row: int, prompt: list[int], width: int) -> None:
    """The likeliest first tokens of an item's text."""
    never = model.never_first if prompt[-1] == model.token("notimestamps") else ()
    likeliest = zip(scores.tokens[row, 1].tolist(), scores.logprobs[row, 1].tolist(), strict=True)
    allowed = [(token, logprob) for token, logprob in likeliest if token not in never][:width]
    ending = _ending(model, scores, (row, 1), prompt, NOTHING_WRITTEN)
    for token, logprob in allowed:
        if logprob < allowed[0][1] - _BEHIND:
            break
        if token == model.end:
            item.ended.append(_Beam([], logprob, ending=ending))
        else:
            item.live.append(_Beam([token], logprob, ending=ending))


def _grow(model: WhisperModel, item: _Item, scores: Scores, row: int, width: int) -> None:
    """One token more for an item, whose beams' scores begin at `row`."""
    grown = []
    for place, beam in enumerate(item.live):
        for token, logprob in zip(scores.tokens[row + place, 0], scores.logprobs[row + place, 0], strict=True):
            grown.append((beam.total + float(logprob), place, int(token)))
    grown.sort(reverse=True)
    live = []
    endings = [
        _ending(model, scores, (row + place, 0), beam.tokens, beam.ending) for place, beam in enumerate(item.live)
    ]
    for rank, (total, place, token) in enumerate(grown[: 2 * width]):
        if total < grown[0][0] - _BEHIND:
            break
        tokens = item.live[place].tokens
        if token == model.end:
            if rank < width:
                item.ended.append(_Beam(tokens, total, ending=endings[place]))
        elif len(live) < width:
            live.append(_Beam([*tokens, token], total, place, endings[place]))
    item.live = live


def _ending(
    model: WhisperModel, scores: Scores, at: tuple[int, int], before: Sequence[int], ending: Ending
) -> Ending:
    """What may be written at (row, place); `ending`, what was said of the place before, where a mark is there."""
    if before and before[-1] in model.marks:
        return ending
    row, place = at
    likeliest = list(zip(scores.tokens[row, place].tolist(), scores.logprobs[row, place].tolist(), strict=True))
    return Ending(
        *(min(1.0, sum(math.exp(logprob) for token, logprob in likeliest if token in kind)) for kind in model.endings)
    )


def _padded(live: list[_Beam], rows: int) -> list[_Beam]:
    return live + live[:1] * (rows - len(live))


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
