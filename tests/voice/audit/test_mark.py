"""Synthetic speech is marked in every file of sound that is written, and read back (AI Act, art. 50(2))."""

from __future__ import annotations

import ast
import base64
import re
from pathlib import Path

import numpy as np
import pytest

from tests.voice.sample_journal import RATE, sample_entries, sample_sound
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.page import page_html
from voice.speaking.voices import Voices, fixed_phrases
from voice.wavfile import read_wav_metadata, synthetic_speech, write_wav

ROOT = Path(__file__).resolve().parents[3]


def marked(path: Path, voice: str) -> None:
    told = read_wav_metadata(path)
    assert voice in told["source"] and "synthetic speech" in told["source"]
    assert "AI-generated" in told["keywords"] and "2024/1689" in told["comment"]


def test_a_kept_line_names_its_voice(tmp_path):
    try:
        voices = Voices(Models(), folder=tmp_path)
        voices.voice("en")
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    (phrase,) = fixed_phrases("en", "Belmont", scripts_only=True)[:1]
    for _ in voices.make(phrase, 1.0):
        pass
    (path,) = tmp_path.rglob("*.wav")
    marked(path, voices.name("en"))


def test_the_sound_inside_the_page_says_what_the_conversations_file_says(tmp_path):
    path, inside = tmp_path / "call.wav", tmp_path / "inside.wav"
    entries = list(sample_entries("en"))
    write_wav(path, sample_sound(entries), RATE, synthetic_speech("a voice (right channel)"))
    marked(path, "a voice")
    page = page_html(entries, path)
    inside.write_bytes(base64.b64decode(re.search(r"data:audio/wav;base64,([^\"]+)", page).group(1)))
    marked(inside, "a voice")
    page = page_html(entries, np.zeros((RATE, 2), np.int16), RATE)  # a sound that says nothing of its voice
    inside.write_bytes(base64.b64decode(re.search(r"data:audio/wav;base64,([^\"]+)", page).group(1)))
    marked(inside, "not named")


def test_no_file_of_sound_is_written_without_its_mark():
    """Every place of the packages that writes sound gives the mark; a new one has to come here."""
    places = {}
    packages = ("voice", "nlu", "personalization")
    for path in sorted(each for name in packages for each in (ROOT / name).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = ast.unparse(call.func)
            if name.endswith(("write_wav", "wav_bytes")) and path.name != "wavfile.py":
                least = 3 if name.endswith("wav_bytes") else 4
                assert len(call.args) == least, f"{path.name}, line {call.lineno}: sound is written without its mark"
                given = ast.unparse(call.args[-1])
                assert "synthetic_speech" in given or ".mark(" in given, f"{path.name}: {given}"
                places[path.name] = given
            raw = name in ("wave.open", "soundfile.write", "wavfile.write") and "'wb'" in ast.unparse(call)
            assert not raw or path.name == "wavfile.py", f"{path.name}, line {call.lineno}: use write_wav and its mark"
    assert {"demo.py", "voices.py", "sound.py"} <= set(places)
