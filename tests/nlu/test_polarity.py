"""A yes that isn't one gives no consent: words of refusal and of assent differ by their negations alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.examples import load_examples
from nlu.polarity import refuses
from personalization.consent import CLEAR
from personalization.purposes import Purpose
from tests.evals._fresh import HALVES, fresh
from tests.nlu.scripted import answer, dialogue, hear, understanding

REFUSED = {
    "en": [
        "I mind", "I do mind", "I'd mind", "I would mind that", "I don't not mind", "it bothers me", "I object",
        "I have an objection", "I'm against it", "that's a problem for me", "it could hurt", "I won't say yes",
        "I wouldn't say yes to that", "why would I say yes", "no worries, leave it", "no problem, another time",
        "no problem, forget it", "I don't mind but no", "no problem but don't", "no harm in asking but no",
        "it doesn't matter to me", "I couldn't care less", "yes, I do mind", "don't mind me",
    ],
    "fr": [
        "je suis contre", "ça me gêne", "ça me dérange", "ça m'embête", "j'y vois un inconvénient", "je m'y oppose",
        "j'ai quelque chose contre", "ça peut faire du mal", "c'est un refus", "je ne dis pas oui",
        "pourquoi je dirais oui", "pas de problème mais non", "pas de souci, laissez tomber",
        "aucun souci, une autre fois", "ça m'est égal", "je m'en fiche", "oui, ça me dérange",
    ],
}  # fmt: skip
ALLOWED = {
    "en": [
        "I don't mind", "no problem", "no worries", "no objection", "not a problem at all", "why not",
        "it doesn't bother me", "I wouldn't say no", "of course, no worries", "yes, no problem",
        "I've nothing against it",
    ],
    "fr": [
        "je ne suis pas contre", "ça ne me gêne pas", "ça me dérange pas", "aucun problème", "pas de souci",
        "je n'y vois pas d'inconvénient", "je n'ai rien contre", "c'est pas de refus", "je dis pas non", "pourquoi pas",
        "oui pas de problème", "pas de problème oui",
    ],
}  # fmt: skip


ELSEWHERE = {
    "en": [
        "actually make it three", "I'll take that one", "take me out of your system for good",
        "you're always on about coffee, that'll do", "is my purchase history stored forever?", "okay bye",
        "please answer me in French from now on", "that's it for today", "yes, hello", "okay, what coffee do you have?",
        "I take back the permission I gave you last time", "switch off the personal suggestions",
    ],
    "fr": [
        "mettez-en trois", "je prends celui-là", "enlevez-moi de votre système définitivement",
        "vous me parlez toujours de café, ça suffit", "est-ce que vous allez garder mon numéro pour toujours ?",
        "ok au revoir", "c'est bon pour aujourd'hui", "oui bonjour", "ok, vous avez quoi comme café ?",
        "coupez l'accès à mon historique", "vous aviez ma permission, vous ne l'avez plus",
        "l'autorisation pour la publicité, elle court jusqu'à quand",
    ],
}  # fmt: skip
"""What is no answer to the question, though some of it is said in a yes: "for good", "from now on", "make it"."""
SCOPED = {
    "en": ["just this once", "only for this call then", "okay, just this once please", "for this conversation"],
    "fr": ["juste cette fois", "seulement pour cette conversation", "oui juste pour cet appel", "cette fois seulement"],
}


def _each(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in table.items() for text in texts]


def _granted(language: str, text: str) -> bool:
    """Whether an answer to the question for past purchases leaves them granted, through the whole dialogue."""
    talk = dialogue("Astarté", language)
    hear(talk, talk.open())
    hear(talk, answer(talk, {"caller": {"fr": "vous me conseillez quoi", "en": "what would you suggest"}[language]}))
    assert talk.expecting == f"consent:{Purpose.PURCHASES}"
    answer(talk, {"caller": text})
    return talk.consents.granted(Purpose.PURCHASES)


@pytest.mark.parametrize(("language", "text"), _each(REFUSED))
def test_no_refusal_gives_a_consent(language, text):
    assert not _granted(language, text)


@pytest.mark.parametrize(("language", "text"), _each(ALLOWED))
def test_what_bothers_nobody_is_a_clear_yes(language, text):
    meaning = understanding().understand(text, language, f"consent:{Purpose.PURCHASES}")
    assert meaning.intent in ("affirm", "consent_give") and meaning.confidence >= CLEAR
    assert _granted(language, text)


@pytest.mark.parametrize(("language", "text"), _each(SCOPED))
def test_how_long_it_holds_is_an_answer_where_nothing_else_is_said(language, text):
    meaning = understanding().understand(text, language, f"consent:{Purpose.PURCHASES}")
    assert meaning.intent in ("affirm", "consent_give") and meaning.confidence >= CLEAR
    assert meaning.slots["scope"] in ("once", "conversation")


@pytest.mark.parametrize(("language", "text"), _each(ELSEWHERE))
def test_a_request_is_no_answer_to_the_question_of_a_consent(language, text):
    assert not _granted(language, text)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_sentence_of_another_kind_is_read_as_a_consent(language):
    """Of all fresh sentences; one that begins with "yes" answers what was asked, unless a greeting follows."""
    others = [
        (said, intent) for half in HALVES for said, intent in fresh(language, half)
        if intent not in ("affirm", "consent_give")
    ]  # fmt: skip
    taken = []
    for said, _ in others:
        meaning = understanding().understand(said, language, f"consent:{Purpose.PURCHASES}", explain=False)
        parts = [part for part in (meaning, meaning.also) if part is not None]
        if any(part.intent in ("affirm", "consent_give") and part.confidence >= CLEAR for part in parts):
            taken.append(said)
    assert len(others) > 800 and [said for said in taken if not said.casefold().startswith(("yeah", "oui"))] == []
    assert len(taken) <= 2


@pytest.mark.parametrize(
    ("language", "text", "intent"),
    [
        ("en", "I don't mind you using my history", "consent_give"),
        ("en", "no objection to you using my orders", "consent_give"),
        ("en", "I do mind you using my history", "consent_withdraw"),
        ("en", "I mind you using my purchases", "consent_withdraw"),
        ("en", "I object to you reading my order history", "consent_withdraw"),
        ("fr", "ça ne me dérange pas que vous regardiez mes achats", "consent_give"),
        ("fr", "ça me dérange que vous regardiez mes achats", "consent_withdraw"),
    ],
)
def test_unasked_it_is_read_the_same_way(language, text, intent):
    assert understanding().understand(text, language).intent == intent


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_example_of_a_yes_is_a_refusal(language):
    yes = [each.text for each in load_examples(language) if each.intent in ("affirm", "consent_give")]
    assert [text for text in yes if refuses(text, language)] == [] and len(yes) > 300


EN = st.tuples(
    st.sampled_from(["I", "we", "honestly I", "well I"]),
    st.lists(st.sampled_from(["don't", "never", "wouldn't", "not"]), max_size=3),
    st.sampled_from(["mind", "object", "refuse", "say no"]),
    st.sampled_from(["", "that", "to that at all"]),
).map(lambda parts: (" ".join([parts[0], *parts[1], *parts[2:]]), len(parts[1])))


@given(EN)
def test_an_odd_number_of_negations_allows_and_an_even_one_refuses(said):
    text, negations = said
    assert refuses(text, "en") == (negations % 2 == 0)


@given(st.sampled_from(_each(ALLOWED)), st.sampled_from([", but no", " but don't", ", leave it", ", not now"]))
def test_a_no_beside_it_refuses(allowed, no):
    language, text = allowed
    no = {"en": no, "fr": {", but no": " mais non", " but don't": ", surtout pas", ", leave it": ", laissez tomber",
                           ", not now": ", pas maintenant"}[no]}[language]  # fmt: skip
    assert refuses(text + no, language) and not refuses(text, language)


def test_a_turn_that_begins_with_yes_is_believed_where_no_consent_was_asked_for():
    meaning = understanding().understand("yes, it's no trouble, I don't object", "en", "yes_no")
    assert meaning.intent == "affirm"
