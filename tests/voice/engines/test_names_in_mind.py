"""Names that are listened for may change how a turn is written, not put words into it."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.entities.perhaps import Perhaps
from voice.engines import whisper
from voice.engines.whisper import LocalWhisper
from voice.engines.whisper_names import WeighedName
from voice.engines.whisper_turns import Decoded, Request, Turn

_TEXTS = {
    1: "Brunelle, filtre.", 2: "Pourquoi ça ?", 3: "", 4: "La lampe alto, s'il vous plaît.",
    5: "La lampe Alto Duo, s'il vous plaît.", 6: "La lampe Salto Duo, s'il vous plaît.",
}  # fmt: skip


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


_SAID = {"Alto Duo": 5, "Salto Duo": 6}


@pytest.mark.parametrize(
    ("beside", "again", "finished", "hearings", "kept"),
    [
        ({"Alto Duo": -60.0, "Salto Duo": -50.0}, 5, True, 0, 4),
        ({"Alto Duo": -8.0, "Salto Duo": -20.0}, 6, True, 0, 5),
        ({"Alto Duo": -14.0, "Salto Duo": -6.0}, 5, True, 1, 5),
        ({"Alto Duo": -14.0, "Salto Duo": -12.0}, 6, True, 1, 6),
        ({"Alto Duo": -14.0, "Salto Duo": -6.0}, 5, False, 1, 6),
        ({"Alto Duo": -40.0, "Salto Duo": -42.0}, 5, True, 1, 5),
        ({"Alto Duo": -40.0, "Salto Duo": -42.0}, 6, True, 1, 4),
        ({"Alto Duo": -40.0, "Salto Duo": -42.0}, 2, True, 1, 4),
        ({}, 5, True, 0, 4),
    ],
    ids=["none was said", "far ahead", "close, and read", "close, the other read", "close, heard again in doubt",
         "unlikely, but read in a likely text", "unlikely, and read in an unlikely one", "unlikely, and not read",
         "none sounds like it"],
)  # fmt: skip
def test_a_name_is_taken_by_how_likely_the_decoder_finds_it_and_by_what_it_hears_again(
    monkeypatch, beside, again, finished, hearings, kept
):
    heard = []
    likely = {4: 0.0, 5: -12.0, 6: -24.0}
    monkeypatch.setattr(whisper, "likelihoods", lambda model, memory, prompt, texts: [likely[each] for each, in texts])
    made = _weighing(beside)

    def decode(turns, width):
        heard.append(turns[0].request.hotwords)
        turns[0].decoded = Decoded([again], -0.3, 0.0, finished)

    made._decode = decode
    turn = _turn()
    made._understand_names(turn, lambda text, language: [Perhaps(name, _TEXTS[_SAID[name]], 0.7) for name in beside])
    assert turn.decoded.tokens == [kept] and turn.request is not None and len(heard) == hearings
    assert all(set(names) == set(beside) for names in heard) and not turn.request.hotwords


def _weighing(beside: dict[str, float]) -> LocalWhisper:
    """The real one but for its decoder, which finds texts with names as likely as is said here."""
    made = LocalWhisper.__new__(LocalWhisper)
    made._tokens, made._beam, made._model = Letters(), 1, None
    made._written = lambda text: [next(number for number, each in _TEXTS.items() if each == text)]
    made._prompt = lambda turn: []
    made._weighed = lambda turn, wrote, perhaps: [WeighedName(each, beside[each.name]) for each in perhaps]
    return made


def _turn(**request) -> Turn:
    asked = Request(np.zeros(0, np.int16), "fr", **request)
    return Turn(asked, None, asked.pcm, decoded=Decoded([4], -0.4, 0.0, True), decode_in="fr")


@pytest.mark.parametrize(
    ("product", "everyday", "category", "likeness", "kept"),
    [
        (None, False, -2.0, 0.8, 6),
        (None, False, -9.0, 0.8, 4),
        (None, False, -2.0, 0.5, 4),
        (-20.0, False, -9.0, 0.8, 5),
        (-20.0, True, -9.0, 0.8, 4),
        (-12.0, True, -2.0, 0.8, 5),
        (-22.0, False, -2.0, 0.8, 6),
    ],
    ids=["a category", "an unlikely one", "one that sounds little like it", "a product", "a product for everyday words",
         "a product, though its category is likely", "its category alone"],
)  # fmt: skip
def test_a_category_that_was_said_gets_no_product_of_it(product, everyday, category, likeness, kept):
    found = [Perhaps("lampe", _TEXTS[6], likeness, usual=True)]
    if product is not None:
        found.insert(0, Perhaps("lampe Alto Duo", _TEXTS[5], 0.8, everyday=everyday))
    made, turn = _weighing({"lampe": category, "lampe Alto Duo": product}), _turn()
    made._decode = lambda turns, width: None
    made._understand_names(turn, lambda text, language: found)
    assert turn.decoded.tokens == [kept] and turn.decoded.mean_logprob == -0.4


def test_while_others_wait_a_name_is_taken_or_left_without_another_hearing():
    for beside, kept in ((-12.0, 6), (-40.0, 4)):
        made, turn = _weighing({"Salto Duo": beside, "Alto Duo": beside - 1}), _turn(others_wait=lambda: True)
        perhaps = [Perhaps("Salto Duo", _TEXTS[6], 0.7), Perhaps("Alto Duo", _TEXTS[5], 0.7)]
        made._understand_names(turn, lambda text, language, perhaps=perhaps: perhaps)
        assert turn.decoded.tokens == [kept] and turn.decoded.mean_logprob == -0.4
