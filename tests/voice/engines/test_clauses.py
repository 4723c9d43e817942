"""Where a slow voice may breathe: the first clause is short, but not over before the next one is made."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voice.engines.kokoro import clauses

SOME = "oui non le la café moulu Toréa de et, classique; coûte, euros pour vous".split()
WORDS = st.lists(st.sampled_from(SOME), min_size=1)


def test_a_lone_yes_takes_the_beginning_of_what_follows_with_it():
    first, *rest = clauses("Oui, le café moulu Toréa Classique est en stock.")
    assert first == "Oui, le café moulu Toréa" and rest == ["Classique est en stock."]


def test_what_is_short_is_said_in_one_breath_and_a_breath_is_taken_at_a_comma():
    assert clauses("Non, merci.") == ["Non, merci."]
    assert clauses("Oui, bien sûr, je vous passe un conseiller tout de suite.")[0] == "Oui, bien sûr,"


def test_no_breath_is_taken_behind_an_article():
    said = "Je vous propose pour votre cuisine la grande bouilloire de la marque que vous aimez bien"
    for clause in clauses(said)[:-1]:
        assert clause.split()[-1] not in ("la", "de", "que", "pour", "votre")


@given(WORDS)
def test_no_word_is_lost_or_moved(words):
    assert " ".join(clauses(" ".join(words))).split() == words
