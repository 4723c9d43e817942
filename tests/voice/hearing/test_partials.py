"""What was committed is never taken back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voice.hearing.partials import LocalAgreement, plain


def test_two_hypotheses_that_agree_commit_their_common_beginning():
    agreement = LocalAgreement()
    assert agreement.update(["je", "cherche", "un"]) == ((), ("je", "cherche", "un"))
    assert agreement.update(["Je", "cherche", "une", "lampe"]) == (("Je", "cherche"), ("une", "lampe"))
    assert agreement.update(["je", "cherche", "une", "lampe", "de"]) == (("Je", "cherche", "une", "lampe"), ("de",))
    assert agreement.prefix == "Je cherche une lampe"


def test_case_and_punctuation_are_no_disagreement():
    agreement = LocalAgreement()
    agreement.update(["Bonjour."])
    assert agreement.update(["bonjour,", "je"]) == (("bonjour,",), ("je",))


def test_a_word_that_changes_is_not_committed_and_stops_those_after_it():
    agreement = LocalAgreement()
    agreement.update(["a", "b", "c"])
    assert agreement.update(["a", "x", "c"]) == (("a",), ("x", "c"))


def test_a_shorter_hypothesis_takes_nothing_back():
    agreement = LocalAgreement()
    agreement.update(["a", "b"])
    agreement.update(["a", "b"])
    assert agreement.update([]) == (("a", "b"), ())


def test_apostrophes_are_one_letter():
    assert plain("L’été,") == plain("l'été")


@given(st.lists(st.lists(st.sampled_from(["oui", "Oui.", "non", "la", "lampe"]), max_size=6), max_size=12))
def test_committed_words_only_grow(hypotheses):
    agreement, before = LocalAgreement(), ()
    for words in hypotheses:
        committed, tentative = agreement.update(words)
        assert committed[: len(before)] == before
        assert len(committed) + len(tentative) <= max(len(before), len(words))
        before = committed
