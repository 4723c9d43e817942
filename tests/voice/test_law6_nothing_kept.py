"""Law 6: no sound is stored, and no log, cache or kept line holds anything personal."""

from __future__ import annotations

import logging
from datetime import date

from personalization.shop import Shop
from tests.voice.calls import Dictated, converse, of, turns
from voice.engines.models import Models
from voice.speaking.voices import Voices, fixed_phrases

SAID = ["could you recommend something", "yes", "why", "what do you know about me", "goodbye"]


def test_a_conversation_about_purchases_leaves_no_word_of_them_in_logs_or_kept_lines(tmp_path, caplog):
    lines = tmp_path / "lines"
    voices = Voices(Models(), folder=lines)
    with caplog.at_level(logging.DEBUG):
        rows = converse(turns(*SAID), Dictated(SAID), tmp_path, voices=voices, customer="astarte")
    assert any(row["uses"] for row in of(rows, "Replied")), "the call speaks of purchases"
    file = Shop.load(today=date(2026, 11, 24)).open_file("astarte")
    catalogue = Shop.load(today=date(2026, 11, 24)).catalogue
    copy = file.export()
    names = {catalogue.get(each["product"]).names["en"].text for each in copy["purchases"]} | {copy["name"], "astarte"}
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert not [name for name in names if name.casefold() in logged.casefold()]
    assert not [text for text in SAID if len(text) > 5 and text in logged.casefold()]
    kept = {path.stem for path in lines.glob("*")}
    fixed = {phrase.text for phrase in fixed_phrases("en", "Belmont")}
    speeds = (1.0, 0.92)  # the caller of this test speaks slowly, and is answered a little slower
    allowed = {voices._key(voices.voice("en"), text, speed) for text in fixed for speed in speeds}
    assert kept and kept <= allowed, "only lines in which nothing was filled are kept on the disk"


def test_no_sound_of_the_caller_is_written(tmp_path):
    before = set(tmp_path.rglob("*"))
    converse(turns("a"), Dictated(["hello"]), tmp_path)
    made = set(tmp_path.rglob("*")) - before
    assert [path.name for path in made] == ["journal.jsonl"]
