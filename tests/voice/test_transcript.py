"""The transcript tells who said what, when, what each heard, and why."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.voice.sample_journal import sample_entries
from voice.journal import Entry, LineHeard, LineStarted, Utterance
from voice.transcript import transcript_text, write_transcript


def _flat(text: str) -> str:
    return " ".join(text.replace("-\n", "-").split())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_holds_every_word_of_both_in_the_order_they_were_said(language):
    entries = sample_entries(language)
    text = re.sub(r"\s+", "", transcript_text(entries))
    for entry in entries:
        if isinstance(entry.event, (Utterance, LineHeard)):
            assert re.sub(r"\s+", "", entry.event.text) in text
    times = re.findall(r"^(\d\d):(\d\d\.\d)", transcript_text(entries), re.M)
    seconds = [int(minutes) * 60 + float(rest) for minutes, rest in times]
    assert seconds == sorted(seconds)


def test_marks_disclosure_reason_consent_and_interruption():
    text = _flat(transcript_text(sample_entries("fr")))
    assert "[disclosure] J'utilise vos achats" in text
    assert "[reason] Parce que vous avez acheté" in text
    assert (
        "[consent] purchases granted, scope conversation, said (heard: Oui, pour cette conversation.; 97% sure)" in text
    )
    assert "linge de — [interrupted; not heard: maison. Rien d'autre" in text
    assert "[hand-off] transferred" in text
    assert "speech is synthetic" in text


def test_a_journal_cut_short_is_still_a_transcript(tmp_path):
    assert "does not hold its beginning" in transcript_text([])
    entries = sample_entries("en")
    cut = next(i for i, entry in enumerate(entries) if isinstance(entry.event, LineStarted)) + 1
    text = write_transcript(entries[:cut], tmp_path / "transcript.txt").read_text(encoding="utf-8")
    assert "cut short" in text and "[recording ends here]" in text


@given(st.text())
def test_a_callers_words_bring_no_line_break_and_no_control_character(words):
    entries = [Entry(1.0, Utterance(1, words, "en", 1.0, (), 0.5, 0.9))]
    assert all(sign.isprintable() or sign == "\n" for sign in transcript_text(entries))
