"""The page holds the whole conversation, lets no word become markup and asks the network for nothing."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import wave
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.events import ConsentChanged, HandedOff, Suggested, Suppressed
from personalization.purposes import Purpose, Scope
from tests.voice.sample_journal import RATE, sample_entries, sample_sound
from voice.journal import ConversationStarted, Entry, LineHeard, LineStarted, StageTimes, Trouble, Understood, Utterance
from voice.page import page_html, read_turns, write_page
from voice.page.html import Html, tag
from voice.page.labels import Labels
from voice.page.sound import data_address, peaks, read_stereo
from voice.page.words import deciding

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--enable-logging=stderr",
    "--dump-dom",
    "--virtual-time-budget=3000",
]


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._skip = 0
        self.feed(page)

    def handle_starttag(self, name, attributes):
        self.tags.append((name, dict(attributes)))
        self._skip += name in ("style", "script")

    def handle_endtag(self, name):
        self._skip -= name in ("style", "script")

    def handle_data(self, data):
        self.text += "" if self._skip else data


@pytest.fixture(scope="module", params=["fr", "en"])
def call(request):
    entries = sample_entries(request.param)
    return request.param, entries, page_html(entries, sample_sound(entries), RATE)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_word_of_the_conversation_is_in_the_text_without_javascript(call):
    _, entries, page = call
    text = squeezed(Reader(page).text)
    for entry in entries:
        event = entry.event
        if isinstance(event, (Utterance, LineStarted)):
            assert squeezed(event.text) in text
        if isinstance(event, Suggested):
            assert squeezed(event.name) in text and squeezed(event.reason) in text
            assert all(squeezed(purchase["name"]) in text for purchase in event.evidence)
        if isinstance(event, Suppressed):
            assert squeezed(event.name) in text
        if isinstance(event, StageTimes):
            assert f"{(event.first_sound - event.end_of_speech) * 1000:.0f}ms" in text


def test_the_page_speaks_the_language_of_the_conversation(call):
    language, _, page = call
    reader = Reader(page)
    assert reader.tags[0] == ("html", {"lang": language})
    assert ("Appelant" if language == "fr" else "Caller") in reader.text
    assert ("18,90\N{NARROW NO-BREAK SPACE}€" if language == "fr" else "€24.00") in reader.text


def test_labels_are_the_same_in_both_languages():
    own = re.compile(r"^(intent|slot|reason)_")
    french, english = (
        {name for name in Labels(language)._labels if not own.match(name)} for language in ("fr", "en")
    )  # fmt: skip
    assert french == english


def test_nothing_is_asked_of_the_network(call):
    _, _, page = call
    for name, attributes in Reader(page).tags:
        for address in (attributes.get(key) for key in ("src", "href", "srcset", "action", "data", "poster")):
            assert address is None or address.startswith("data:"), (name, address)
    assert not re.search(r"url\(|@import|https?://", page)
    policy = next(
        tag["content"] for name, tag in Reader(page).tags if tag.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy and "script-src 'sha256-" in policy


def test_synthetic_speech_is_marked_for_machines_and_for_people(call):
    language, _, page = call
    reader = Reader(page)
    assert any(tag.get("name") == "synthetic-content" for _, tag in reader.tags)
    assert ("synthétique" if language == "fr" else "synthetic") in reader.text
    address = next(tag["src"] for name, tag in reader.tags if name == "audio")
    assert b"synthetic speech" in base64.b64decode(address.split(",")[1])


def test_a_word_carries_its_time_and_a_deciding_word_its_mark(call):
    _, entries, page = call
    utterance = next(entry.event for entry in entries if isinstance(entry.event, Utterance))
    word, begin, end, _ = utterance.words[0]
    assert f'data-begin="{begin:.2f}" data-end="{end:.2f}">{word}<' in page
    assert page.count("<mark>") >= 5


def test_deciding_words_are_found_whatever_their_case_accents_and_punctuation():
    assert deciding(["Où", "est", "ma", "commande", "!"], ["ou est", "COMMANDE"]) == {0, 1, 3}
    assert deciding(["J'ai", "besoin", "d'aide"], ["aide"]) == {2}
    assert deciding(["I", "recommended", "it"], ["recommend"]) == {1}
    assert deciding(["oui"], ["", "  ", "?"]) == set()


@settings(max_examples=40, deadline=None)
@given(
    st.text(max_size=30),
    st.sampled_from(["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "]]>&amp;'", ""]),
)
def test_no_word_of_anyone_becomes_markup(words, attack):
    said = words + attack
    plain = [name for name, _ in Reader(page_html(_hostile("plain"))).tags]
    reader = Reader(page_html(_hostile(said or "plain")))
    assert [name for name, _ in reader.tags if name != "span"] == [name for name in plain if name != "span"]
    assert not any(key.startswith("on") for _, attributes in reader.tags for key in attributes)
    assert squeezed(attack) in squeezed(reader.text)


def _hostile(said: str) -> list[Entry]:
    words = ((said, 1.0, 1.5, 0.9),)
    offer = Suggested(said, said, said, ({"name": said, "date": said},), True, said, 1.0)
    consent = ConsentChanged(Purpose.PURCHASES, True, Scope.ONCE, said, 1, "fr", said, 0.9, said)
    handed = HandedOff((said,), said, {said: said}, (said,), (said,), (said,), False, {said: said}, said, said)
    return [
        Entry(0.0, ConversationStarted(said, "fr", said, 8000, said, said)),
        Entry(1.0, Utterance(1, "x" + said, "fr", 1.0, words, 1.0, 1.5)),
        Entry(1.6, Understood(1, said, {"product": said}, 0.5, ("no deciding word",), said)),
        Entry(1.7, consent), Entry(1.7, offer), Entry(1.7, Suppressed(said, said, said, said)), Entry(1.7, handed),
        Entry(1.7, Trouble(said, said)),
        Entry(2.0, LineStarted(1, 0, said, "x", 1, said, False, said)),
        Entry(3.0, LineHeard(1, 0, said, True)),
    ]  # fmt: skip


@given(st.text(), st.text())
def test_text_and_attributes_are_escaped_by_construction(child, value):
    reader = Reader(tag("p", child, title=value))
    assert [name for name, _ in reader.tags] == ["p"]
    assert isinstance(tag("p"), Html) and tag("p", tag("b")) == "<p><b></b></p>"


def test_the_sound_in_the_page_is_the_sound_given(tmp_path):
    pcm = np.random.default_rng(1).integers(-9000, 9000, (4001, 2), dtype=np.int16)
    decoded = base64.b64decode(data_address(pcm, RATE).split(",")[1])
    (tmp_path / "call.wav").write_bytes(decoded)
    again, rate = read_stereo(tmp_path / "call.wav", 0)
    assert rate == RATE and np.array_equal(again, pcm)


@pytest.mark.parametrize("broken", [b"", b"RIFF", b"not sound at all" * 9])
def test_sound_that_cannot_be_used_says_so(tmp_path, broken):
    path = tmp_path / "call.wav"
    path.write_bytes(broken)
    with pytest.raises(ValueError, match=r"call\.wav is not a readable WAV file"):
        page_html([], path)
    with wave.open(str(path), "wb") as mono:
        mono.setparams((1, 2, 8000, 0, "NONE", ""))
        mono.writeframes(b"\0\0")
    with pytest.raises(ValueError, match="the page needs 2 of 16"):
        page_html([], path)
    with pytest.raises(ValueError, match="int16"):
        page_html([], np.zeros((3, 2)))


@given(st.integers(0, 5000), st.integers(1, 700))
def test_peaks_are_as_many_as_asked_and_none_is_over_full_scale(samples, columns):
    values = peaks(np.full(samples, -32768, np.int16), columns)
    assert values.shape == (columns,) and values.min() >= 0 and values.max() <= 1


def test_a_conversation_cut_short_or_without_sound_is_still_a_page(tmp_path):
    entries = sample_entries("en")
    for cut in range(0, len(entries), 7):
        assert "</html>" in page_html(entries[:cut])
    assert "without its sound" in write_page(entries, None, RATE, tmp_path / "page.html").read_text(encoding="utf-8")


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_colours_have_wcag_aa_contrast(call, scheme):
    blocks = re.findall(r":root \{(.*?)\}", call[2], re.S)
    ink = dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[scheme]))
    pairs = [("ink", "paper card caller-soft assistant-soft mark track plum-soft"),
             ("soft", "paper card assistant-soft track"),
             ("caller", "paper caller-soft"), ("assistant", "paper assistant-soft card"), ("card", "assistant"),
             ("paper", "ink"), ("plum", "paper plum-soft"), ("warn", "assistant-soft card")]  # fmt: skip
    for text, grounds in pairs:
        for ground in grounds.split():
            assert _contrast(ink[text], ink[ground]) >= 4.5, (text, ground)


def _browse(page: str, folder) -> tuple[str, str]:
    """The document as headless Chromium leaves it, and what it logged."""
    (folder / "page.html").write_text(page, encoding="utf-8")
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", (folder / "page.html").as_uri()],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
        env=os.environ | {"HOME": str(folder)},
    )  # fmt: skip
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_shows_every_turn_and_logs_no_error(call, tmp_path):
    _, entries, page = call
    document, log = _browse(page, tmp_path)
    assert log == ""
    assert document.count('class="turn"') == len(read_turns(entries).turns)
    assert '<html lang="' in document and 'class="js"' in document


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_keyboard_moves_through_the_conversation(call, tmp_path):
    _, entries, page = call
    second = read_turns(entries).lines[1]
    drive = """<script>
      const press = (key) => document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) press(key);
      document.title = "at " + document.getElementById("sound").currentTime.toFixed(2);
    </script></body>"""
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page).replace("</body>", drive)
    document, log = _browse(bare, tmp_path)
    assert log == ""
    assert f"<title>at {second.began:.2f}</title>" in document
    assert re.search(r'class="bubble assistant now"', document)
