"""The terminal view shows the conversation as it grows; without a terminal it is plain lines."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from personalization.events import Authenticated, Refused
from tests.voice.sample_journal import sample_entries
from voice.journal import Entry, Journal, LineHeard, LineStarted, Partial, StageTimes, Understood, Utterance
from voice.page.turns import percentile, read_turns, stages
from voice.view import LiveView, picture


def shown(entries, terminal: bool = False, **options) -> str:
    out = StringIO()
    kind = {"force_terminal": True, "legacy_windows": False} if terminal else {"force_terminal": False}
    view = LiveView(Console(file=out, width=80, highlight=False, **kind, **options))
    journal = Journal()
    journal.listeners.append(view.listener)
    for entry in entries:
        journal.append(entry.at, entry.event)
    view.summary(["conversation.wav"])
    return out.getvalue()


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("language", ["fr", "en"])
def test_shows_words_meaning_reply_reason_evidence_and_time(language):
    entries = sample_entries(language)
    text = squeezed(shown(entries))
    for entry in entries:
        event = entry.event
        if isinstance(event, (Utterance, LineStarted)):
            assert squeezed(event.text) in text
        if isinstance(event, Understood):
            assert squeezed(f"{event.intent} {event.confidence:.0%}") in text
        if isinstance(event, StageTimes):
            assert f"{(event.first_sound - event.end_of_speech) * 1000:.0f}ms" in text
    for word in ("✓verified", "2026-0", "keptout", "consentpurchasesgranted", "interruptednotheard:", "[disclosure]"):
        assert word in text


def test_plain_output_has_no_cursor_control_and_fits_80_columns():
    text = shown(sample_entries("fr"))
    assert "\x1b" not in text and "\r" not in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "caller Bonjour, vous auriez …" in text


def test_on_a_terminal_partials_are_redrawn_and_the_cursor_comes_back():
    text = shown(sample_entries("fr"), terminal=True, _environ={"TERM": "xterm"})
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") > 0


def test_summary_gives_median_and_95th_percentile_and_the_files():
    entries = sample_entries("en")
    responses = read_turns(entries).responses
    text = shown(entries)
    assert f"median {percentile(responses, 0.5) * 1000:.0f} ms" in text
    assert f"95th percentile {percentile(responses, 0.95) * 1000:.0f} ms" in text
    assert "conversation.wav" in text


def test_a_refused_product_is_named():
    entries = sample_entries("fr")
    assert any(isinstance(entry.event, Refused) and entry.event.product == "p-0412" for entry in entries)
    assert "refused Café en grains Altura 1 kg" in shown(entries)


def test_a_caller_known_before_the_call_is_named_under_its_heading():
    text = shown([Entry(0.0, Authenticated("keypad PIN")), *sample_entries("en")])
    assert text.index("Verdier & Co") < text.index("identity keypad PIN") < text.index("Opening")


@given(st.text(), st.text())
def test_a_callers_words_do_not_steer_the_terminal(said, heard):
    entries = [
        Entry(0.5, Partial(1, said, heard)),
        Entry(1.0, Utterance(1, said, "en", 1.0, (), 0.5, 0.9)),
        Entry(1.0, Understood(1, "help", {"product": said}, 0.5, (said,))),
        Entry(2.0, LineStarted(1, 0, heard, "x", 1, "en", False, "cache")),
        Entry(2.0, LineHeard(1, 0, heard[:2], False)),
    ]
    assert all(sign.isprintable() or sign == "\n" for sign in shown(entries))


def test_picture_asks_the_network_for_nothing():
    drawn = picture(sample_entries("fr"), files=["conversation.wav"], turns=[2])
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    assert "Altura" in drawn
    assert "Turn&#160;2" in drawn and "Turn&#160;3" not in drawn


@given(st.lists(st.floats(0, 10), min_size=1), st.floats(0, 1))
def test_a_percentile_lies_between_the_least_and_the_most(values, share):
    low, high = min(values), max(values)
    assert low - 1e-9 <= percentile(values, share) <= high + 1e-9
    assert percentile(values, 0) == low and percentile(values, 1) == high
    assert percentile([], share) is None


@pytest.mark.parametrize("language", ["fr", "en"])
def test_stages_follow_one_another_and_add_up_to_the_response(language):
    for turn in read_turns(sample_entries(language)).turns:
        if turn.times:
            parts = stages(turn.times)
            assert [part.begin for part in parts[1:]] == [part.end for part in parts[:-1]]
            assert sum(part.seconds for part in parts) == pytest.approx(turn.response_s)
