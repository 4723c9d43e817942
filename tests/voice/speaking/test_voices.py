"""Kept lines: fixed ones on the disk, others in memory only, each under its voice, text and pace."""

from __future__ import annotations

import numpy as np
import pytest

from personalization.phrases import LANGUAGES, Phrase, phrase_table
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.speaking.voices import Voices, fixed_phrases
from voice.wavfile import read_wav, read_wav_metadata

FIXED = Phrase("Of course.", "opener.sure", 1, "en", fixed=True)
FILLED = Phrase("You bought the Pangloss kettle in May.", "reason.bought", 1, "en")


@pytest.fixture
def voices(tmp_path) -> Voices:
    made = Voices(Models(), folder=tmp_path / "lines")
    try:
        made.voice("en")
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    return made


def say(voices: Voices, phrase: Phrase, speed: float = 1.0) -> np.ndarray:
    return np.concatenate(list(voices.make(phrase, speed)))


def files(tmp_path):
    return list((tmp_path / "lines").glob("*")) if (tmp_path / "lines").exists() else []


def test_a_fixed_line_is_made_once_for_all_processes(voices, tmp_path):
    made = say(voices, FIXED)
    another = Voices(Models(), folder=tmp_path / "lines")
    another.voice("en")
    kept, rate = another.kept(FIXED, 1.0)
    assert np.array_equal(kept, made) and rate == voices.voice("en").rate


def test_a_line_in_which_something_was_filled_never_reaches_the_disk(voices, tmp_path):
    say(voices, FILLED)
    assert voices.kept(FILLED, 1.0) is not None, "in memory it may be said again"
    assert files(tmp_path) == []
    another = Voices(Models(), folder=tmp_path / "lines")
    another.voice("en")
    assert another.kept(FILLED, 1.0) is None


def test_another_pace_is_another_sound(voices):
    say(voices, FIXED)
    assert voices.kept(FIXED, 0.85) is None


def test_a_pace_is_of_the_sound_made_lately_however_short_the_pieces():
    made = Voices(Models())
    assert made.pace("en") == 0
    for _ in range(5):  # a sentence's first piece is short and holds work for all of it
        made._timed("en", 0.15, 0.3)
        for _ in range(3):
            made._timed("en", 0.1, 1.4)
    assert made.pace("en") == pytest.approx(0.45 / 4.5, rel=0.2)
    for _ in range(10):
        made._timed("en", 1.4, 1.4)
    assert made.pace("en") == pytest.approx(1.0, rel=0.15), "the machine is busy now"
    assert made.pace("fr") == 0


def test_a_damaged_file_is_made_again(voices, tmp_path):
    made = say(voices, FIXED)
    (file,) = files(tmp_path)
    file.write_bytes(file.read_bytes()[: len(made)])
    another = Voices(Models(), folder=tmp_path / "lines")
    another.voice("en")
    assert another.kept(FIXED, 1.0) is None
    another.prepare([FIXED])
    assert len(read_wav(file)[0]) > 0.8 * len(made)


def test_a_kept_line_says_that_a_machine_speaks(voices, tmp_path):
    say(voices, FIXED)
    (file,) = files(tmp_path)
    mark = read_wav_metadata(file)
    assert "synthetic speech" in mark["source"] and voices.name("en") in mark["source"]


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("not a folder")
    voices = Voices(Models(), folder=blocked / "lines")
    try:
        voices.voice("en")
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    assert len(say(voices, FIXED)) > 0 and voices.kept(FIXED, 1.0) is not None


def test_memory_is_bounded(voices):
    for number in range(230):
        voices._remember(str(number), np.zeros(1, np.int16))
    assert len(voices._memory) == 200 and "229" in voices._memory


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_script_without_a_placeholder_is_made_before_the_first_call(language):
    first = {phrase.id for phrase in fixed_phrases(language, "Belmont", scripts_only=True)}
    scripts = {
        id for id, entry in phrase_table(language).items()
        if entry.script and not any("{" in wording.replace("{brand}", "") for wording in entry.say)
    }  # fmt: skip
    assert scripts <= first and {"opener.wait", "trouble.voice"} <= first


def test_a_name_is_read_as_the_catalogue_spells_it(tmp_path, voices):
    said = {"en": {"Guay kettle": "gay kettle", "Guay": "gay"}}
    told = Voices(Models(), folder=tmp_path / "lines", said=said)
    told.voice("en")
    written = Phrase("The Guay kettle costs 12 euros.", "price", 1, "en")
    as_read = Phrase("The gay kettle costs 12 euros.", "price", 1, "en")
    say(told, written)
    assert told.kept(as_read, 1.0) is not None, "the same sound"
    assert told.kept(Phrase("Guayana costs 12 euros.", "price", 1, "en"), 1.0) is None
    say(voices, written)
    assert voices.kept(as_read, 1.0) is None, "this shop spells nothing anew"
