"""The commands as a technician types them: clear words, exit codes, and no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from voice.engines.models import ModelDamaged, ModelMissing, Models


def candide(*arguments: str, given: bytes | None = None, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "voice", *arguments],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, "LANG": "en_US.UTF-8", "PYTHONIOENCODING": "utf-8", **environment},
        timeout=300,
    )


def told(done: subprocess.CompletedProcess) -> str:
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert "Traceback" not in said, said
    return " ".join(said.split())


def test_help_lists_every_command_and_the_version_is_told():
    done = candide("--help")
    assert done.returncode == 0
    assert all(name in told(done) for name in ("demo", "understand", "models", "doctor", "bench"))
    assert told(candide("--version")).startswith("candide 0.")


def test_asking_for_help_loads_no_model_library():
    code = (
        "import sys; sys.argv = ['candide', '--help']\n"
        "from voice.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'ctranslate2', 'faster_whisper', 'onnxruntime', 'piper', 'sklearn', 'numpy', 'rich.live'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout


def test_importing_the_packages_loads_no_model_library():
    code = "import sys, voice, nlu, personalization\n"
    code += "print(sorted({'ctranslate2', 'onnxruntime', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["demo", "--lang", "de"], "the languages are fr, en"),
        (["understand", "--lang", "de", "hallo"], "the languages are fr, en"),
        (["understand"], "give a sentence"),
        (["bench", "nothing"], "the evaluations are"),
        (["models", "fetch", "nothing"], "`candide models` lists"),
        (["demo", "nofile.wav"], "nofile.wav can't be read"),
        (["demo", "--customer", "Nobody", "--fast"], "the customers are"),
        (["dance"], "No such command"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(arguments, says, tmp_path):
    done = candide(*arguments)
    assert done.returncode == 2 and says in told(done)


def test_understand_writes_one_object_a_line_whatever_comes_in():
    lines = ["bonjour", "", "je voudrais un conseiller", "combien coûte la bouilloire", "é" * 5000, "\x00\x07", "🙂"]
    given = "\n".join(lines).encode() + b"\n\xff\xfe broken \xc3\n"
    done = candide("understand", "--lang", "fr", "--json", "-", given=given)
    assert done.returncode == 0, told(done)
    rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert len(rows) == len(lines) + 1
    assert all({"intent", "slots", "confidence"} <= set(row) and 0 <= row["confidence"] <= 1 for row in rows)
    assert [rows[i]["intent"] for i in (0, 2, 3)] == ["greet", "human", "price"]
    assert rows[1]["intent"] == "out_of_scope"


def test_understand_says_which_words_decided():
    said = told(candide("understand", "--lang", "en", "I want to talk to a human"))
    assert said.startswith("human") and "decided by" in said


def test_a_reader_that_goes_away_is_no_failure():
    code = "printf 'hello\\nagain\\n%.0s' {1..200} | \"$0\" -m voice understand --lang en --json - | head -n 1"
    done = subprocess.run(["bash", "-c", code, sys.executable], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["intent"] == "greet"
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


@pytest.fixture(scope="module")
def models() -> Models:
    try:
        Models().find("whisper-base")
        Models().find("en_US-joe-medium")
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    return Models()


def test_models_lists_what_is_here_and_how_to_bring_the_rest(models):
    said = told(candide("models", COLUMNS="200"))
    assert all(name in said for name in models.listed.models)
    assert "candide models fetch" in said


def test_models_check_hashes_what_is_here(models):
    done = candide("models", "check", "en_US-joe-medium")
    assert done.returncode == 0 and "en_US-joe-medium.onnx ok" in told(done)


def test_a_damaged_model_of_the_users_own_is_named_with_what_to_do(models, tmp_path):
    for name in ("en_US-joe-medium", "en_US-kristin-medium"):  # whichever is spoken with here
        (tmp_path / name).mkdir()
        for file in models.spec(name).files:
            (tmp_path / name / file.name).write_bytes(b"\0" * file.size)
    done = candide("demo", "--lang", "en", "--fast", "--out", str(tmp_path), CANDIDE_MODELS=str(tmp_path))
    assert done.returncode == 2 and "is damaged: replace it there" in told(done)
    done = candide("models", "check", "en_US-joe-medium", CANDIDE_MODELS=str(tmp_path))
    assert done.returncode != 0


def test_doctor_says_that_the_demo_can_run(models):
    done = candide("doctor", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["works"], found
    assert {"Python", "cores", "hearing", "speaking (fr)", "speaking (en)", "understanding"} <= {
        each["what"] for each in found["findings"]
    }


def test_doctor_says_what_to_do_where_the_cache_cannot_be_used(models, tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("not a folder")
    done = candide("doctor", CANDIDE_CACHE=str(blocked / "cache"))
    assert done.returncode == 1
    assert "CANDIDE_CACHE" in told(done) and "The demo can't run yet." in told(done)


def test_bench_lists_the_evaluations():
    said = told(candide("bench"))
    assert all(name in said for name in ("first-sound", "footprint", "hearing"))
