"""What nobody said is refused; what a caller really says is kept."""

from __future__ import annotations

import pytest

from voice.hearing.guard import refusal, repeats_its_tail


@pytest.mark.parametrize(
    ("text", "language", "no_speech", "logprob", "seconds", "why"),
    [
        ("", "fr", 0.1, -0.2, 1.0, "no speech"),
        (" ... ", "en", 0.1, -0.2, 1.0, "no speech"),
        ("Une phrase inventée.", "fr", 0.9, -1.0, 2.0, "no speech"),
        ("Thank you.", "en", 0.72, -0.65, 0.16, "no speech"),
        ("Une phrase sans appui.", "fr", 0.1, -1.8, 2.0, "improbable"),
        ("Sous-titres réalisés par la communauté d'Amara.org", "fr", 0.1, -0.2, 0.3, "improbable"),
        ("non mais " * 20, "fr", 0.1, -0.2, 20.0, "repetitive"),
        ("Merci d'avoir regardé cette vidéo !", "fr", 0.1, -0.6, 3.0, "known phrase"),
        ("Thanks for watching!", "en", 0.7, -0.2, 2.0, "known phrase"),
        ("you", "en", 0.7, -0.5, 0.8, "known phrase"),
    ],
)
def test_refused(text, language, no_speech, logprob, seconds, why):
    assert refusal(text, language, no_speech, logprob, seconds) == why


@pytest.mark.parametrize(
    ("text", "language", "no_speech", "logprob", "seconds"),
    [
        ("Oui.", "fr", 0.5, -0.6, 0.2),
        ("Non, merci.", "fr", 0.3, -0.6, 0.4),
        ("4", "fr", 0.5, -0.46, 0.3),
        ("Je cherche une lampe de bureau.", "fr", 0.05, -0.3, 1.5),
        ("Non non non non.", "fr", 0.1, -0.4, 1.2),
        ("Thanks for watching!", "en", 0.02, -0.1, 1.2),
        ("I wanted to thank you for the kettle.", "en", 0.02, -0.5, 2.0),
    ],
)
def test_kept(text, language, no_speech, logprob, seconds):
    assert refusal(text, language, no_speech, logprob, seconds) == ""


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("Appuyez sur 7 pour récupérer ce message, appuyez sur 7 pour récupérer ce message.", True),
        ("Je voudrais ça, pour l'effacer, pour l'effacer", True),
        ("non non non non non non", False),
        ("un conseiller, un conseiller", False),
        ("Je cherche une lampe de bureau", False),
        ("", False),
    ],
)
def test_a_sentence_said_again_at_the_end_is_noticed(text, repeats):
    assert repeats_its_tail(text) is repeats
