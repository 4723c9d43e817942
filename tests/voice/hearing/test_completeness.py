"""Which texts sound finished, which call for more."""

from __future__ import annotations

import pytest

from voice.hearing.completeness import Completeness, completeness

FINISHED, UNKNOWN = Completeness.FINISHED, Completeness.UNKNOWN
HESITATING, DICTATING = Completeness.HESITATING, Completeness.DICTATING


@pytest.mark.parametrize(
    ("text", "language", "kind"),
    [
        ("Oui.", "fr", FINISHED),
        ("Non, merci.", "fr", FINISHED),
        ("D'accord.", "fr", FINISHED),
        ("Oui, s’il vous plaît.", "fr", FINISHED),
        ("Pourquoi ?", "fr", FINISHED),
        ("Yes, please.", "en", FINISHED),
        ("No thanks", "en", FINISHED),
        ("That's all.", "en", FINISHED),
        ("Je cherche une lampe de bureau.", "fr", FINISHED),
        ("Combien ça coûte ?", "fr", FINISHED),
        ("What do you recommend for a birthday?", "en", FINISHED),
        ("How much?", "en", FINISHED),
        ("Une lampe.", "fr", UNKNOWN),
        ("Je cherche une lampe de bureau", "fr", UNKNOWN),
        ("The blue one", "en", UNKNOWN),
        ("", "fr", UNKNOWN),
        ("...", "en", UNKNOWN),
        ("Euh", "fr", HESITATING),
        ("Je cherche, euh...", "fr", HESITATING),
        ("Je cherche une lampe pour", "fr", HESITATING),
        ("Je voudrais un cadeau pour la.", "fr", HESITATING),
        ("Je voudrais savoir si c'", "fr", HESITATING),
        ("I'm looking for a", "en", HESITATING),
        ("I would like to return the.", "en", HESITATING),
        ("Well, um", "en", HESITATING),
        ("I bought a kettle and", "en", HESITATING),
        ("Why did you suggest that?", "en", FINISHED),
        ("Why would you suggest that", "en", UNKNOWN),
        ("Stop that.", "en", FINISHED),
        ("Stop that", "en", FINISHED),
        ("Tell me about that.", "en", FINISHED),
        ("tell me about that", "en", UNKNOWN),
        ("I don't want you to remember that.", "en", FINISHED),
        ("How much is that?", "en", FINISHED),
        ("I'm looking for something that", "en", HESITATING),
        ("My neighbour told me that", "en", HESITATING),
        ("I think that.", "en", HESITATING),
        ("Could I have some of that and", "en", HESITATING),
        ("What do you have?", "en", FINISHED),
        ("How much are these?", "en", FINISHED),
        ("Show me less like this.", "en", FINISHED),
        ("I have", "en", HESITATING),
        ("Do you have the?", "en", HESITATING),
        ("Can I come with", "en", HESITATING),
        ("Who are you?", "en", FINISHED),
        ("Thank you for", "en", HESITATING),
        ("Can you tell me where it is?", "en", FINISHED),
        ("Que me conseillez-vous ?", "fr", FINISHED),
        ("Que savez-vous sur moi, et que me proposez-vous ?", "fr", FINISHED),
        ("Où en est-elle ?", "fr", FINISHED),
        ("Je cherche un cadeau pour elle.", "fr", FINISHED),
        ("Je veux savoir où elle en est.", "fr", FINISHED),
        ("Je n'en veux plus.", "fr", FINISHED),
        ("Je voudrais le plus", "fr", HESITATING),
        ("Est-ce que vous", "fr", HESITATING),
        ("Est-ce que vous avez", "fr", HESITATING),
        ("Je cherche quelque chose avec", "fr", HESITATING),
        ("Ma commande, c'est le 4 7", "fr", DICTATING),
        ("zéro six douze", "fr", DICTATING),
        ("06 12 34", "fr", DICTATING),
        ("my order is four two", "en", DICTATING),
        ("It's 4 4 1", "en", DICTATING),
        ("Pas plus de moins de 50", "fr", UNKNOWN),
        ("Un cadeau pour 20", "fr", UNKNOWN),
        ("Something under 100", "en", UNKNOWN),
    ],
)
def test_how_finished_a_text_sounds(text, language, kind):
    assert completeness(text, language) is kind


@pytest.mark.parametrize(("text", "language"), [("Quatre", "fr"), ("C'est le 4", "fr"), ("Four.", "en")])
def test_one_digit_is_a_beginning_when_a_number_was_asked_for(text, language):
    assert completeness(text, language) is not DICTATING
    assert completeness(text, language, expecting_number=True) is DICTATING


def test_a_language_without_lists_is_judged_all_the_same():
    assert completeness("Ich hätte gern eine Lampe.", "other") is FINISHED
