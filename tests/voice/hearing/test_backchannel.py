"""Attention is not an answer: which words take the floor."""

from __future__ import annotations

import pytest

from voice.hearing.backchannel import backchannel


@pytest.mark.parametrize(
    ("text", "language"),
    [("Mm-hm.", "en"), ("Oui, oui.", "fr"), ("Ah d'accord !", "fr"), ("D'accord, très bien.", "fr"), ("Okay.", "en"),
     ("I see.", "en"), ("Oh really? Right.", "en"), ("Hum hum", "fr"), ("Ouais, ouais, ouais.", "fr")],
)  # fmt: skip
def test_words_of_attention(text, language):
    assert backchannel(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [("Oui mais combien ?", "fr"), ("Non.", "fr"), ("Stop.", "en"), ("Yes, stop", "en"), ("conseiller", "fr"),
     
     ("", "en"), ("agent", "en"), ("pourquoi", "fr"), ("oui oui oui oui", "fr"), ("okay how much", "en"),
     ("attendez", "fr")],
)  # fmt: skip
def test_words_that_take_the_floor(text, language):
    assert not backchannel(text, language)
