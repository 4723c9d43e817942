"""Names that are listened for may change how a turn is written, not put words into it."""

from __future__ import annotations

import numpy as np
import pytest

from voice.engines.whisper import LocalWhisper
from voice.engines.whisper_turns import Decoded, Request, Turn

_TEXTS = {1: "Brunelle, filtre.", 2: "Pourquoi ça ?", 3: ""}


class Letters:
    """A tokenizer of whole texts."""

    def decode(self, tokens):
        return "".join(_TEXTS[token] for token in tokens)


def engine(answer: int, finished: bool = True) -> LocalWhisper:
    """The real one but for its decoder, which without names in mind hears the answer."""
    made = LocalWhisper.__new__(LocalWhisper)
    made._tokens, made._beam = Letters(), 1

    def decode(turns, width):
        assert all(not turn.request.hotwords for turn in turns)
        for turn in turns:
            turn.decoded = Decoded([answer], -0.9, 0.0, finished)

    made._decode = decode
    return made


@pytest.mark.parametrize(
    ("names", "logprob", "answer", "finished", "kept"),
    [
        (("filtre permanent Brunelle",), -0.8, 2, True, 2),
        (("filtre permanent Brunelle",), -0.2, 2, True, 1),  # surely that name
        (("bouilloire Alto",), -0.8, 2, True, 1),  # more than names was heard
        (("filtre permanent Brunelle",), -0.8, 3, True, 1),
        (("filtre permanent Brunelle",), -0.8, 2, False, 1),
    ],
    ids=["made of names", "sure", "other words", "nothing without them", "no end without them"],
)
def test_an_unsure_turn_of_nothing_but_names_is_heard_without_them(names, logprob, answer, finished, kept):
    request = Request(np.zeros(0, np.int16), "fr", hotwords=names)
    turn = Turn(request, None, request.pcm, decoded=Decoded([1], logprob, 0.0, True))
    engine(answer, finished)._doubt_names(turn)
    assert turn.decoded.tokens == [kept]
    assert turn.request.hotwords == (() if kept == answer else names)
