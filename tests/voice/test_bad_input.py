"""What callers' recordings and shops' files can be like: each leads to an answer or a sentence, and a whole journal."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from personalization.assets import asset
from voice.audio import resample
from voice.demo import NOTHING_HEARD, Demo, sample_call
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.engines.synthesizer import synthesizer_for
from voice.wavfile import read_wav, write_wav

RATE = 8_000


@pytest.fixture(scope="module", autouse=True)
def models():
    try:
        Models().find("whisper-base")
        Models().fetch(Models().voice_for("en"))
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def question() -> np.ndarray:
    """(n,) int16 at 8 kHz: the first turn of the English sample call."""
    sound, rate = read_wav(sample_call("en").path)
    assert rate == RATE
    return sound[: int(3.2 * RATE)]


def wav(samples: np.ndarray, code: int, bits: int, rate: int, channels: int = 1) -> bytes:
    """A WAV file by hand, so that what is read isn't what we wrote."""
    align = channels * bits // 8
    form = struct.pack("<HHIIHH", code, channels, rate, rate * align, align, bits)
    data = samples.tobytes()
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def four_four_one(sound: np.ndarray) -> np.ndarray:
    """(n, 2) float, -1 to 1, at 44.1 kHz."""
    wide = resample(sound, RATE, 22_050).astype(np.float64) / 32768
    return np.repeat(np.repeat(wide, 2)[:, None], 2, axis=1)


def as_24_bit(sound: np.ndarray) -> bytes:
    whole = (four_four_one(sound) * (2**23 - 1)).astype("<i4").reshape(-1, 1)
    return wav(whole.view(np.uint8).reshape(-1, 4)[:, :3], 1, 24, 44_100, 2)


def as_float(sound: np.ndarray) -> bytes:
    return wav(four_four_one(sound).astype("<f4"), 3, 32, 44_100, 2)


def clipped(sound: np.ndarray) -> bytes:
    return wav((sound.astype(np.int32) * 20).clip(-32768, 32767).astype("<i2"), 1, 16, RATE)


def cut_short(sound: np.ndarray) -> bytes:
    whole = wav(np.concatenate([sound, sound]).astype("<i2"), 1, 16, RATE)
    return whole[: 44 + 2 * len(sound)]


def play(path: Path, out: Path, **options):
    return Demo(call=path, language="en", paced=False, repeatable=True, out=out, **options).play(quiet=True)


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("form", [as_24_bit, as_float, clipped, cut_short], ids=lambda form: form.__name__)
def test_a_call_in_another_form_is_understood_all_the_same(form, question, tmp_path):
    path = tmp_path / "call.wav"
    path.write_bytes(form(question))
    outcome = play(path, tmp_path / "out")
    assert outcome.exit_code == 0
    assert "recommend" in [turn.get("intent") for turn in outcome.summary["turns"]]
    rows = rows_of(outcome.files["jsonl"])
    assert (rows[0]["event"], rows[-1]["event"]) == ("ConversationStarted", "ConversationEnded")


def test_a_file_that_was_cut_short_is_announced(question, tmp_path):
    path = tmp_path / "call.wav"
    path.write_bytes(cut_short(question))
    assert any("cut short" in note for note in play(path, tmp_path / "out").summary["notes"])


def test_a_product_without_a_price_is_named_and_left_out(question, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(asset("shop"), folder)
    lines = (folder / "products.csv").read_text(encoding="utf-8").splitlines()
    price = lines[0].split(",").index("price")
    cells = lines[5].split(",")
    cells[price] = ""
    lines[5] = ",".join(cells)
    (folder / "products.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = tmp_path / "call.wav"
    write_wav(path, question, RATE)
    outcome = play(path, tmp_path / "out", shop=folder)
    assert outcome.exit_code == 0
    assert any("products.csv" in note and "line 6" in note and "price" in note for note in outcome.summary["notes"])


def test_a_language_we_do_not_speak_is_told_so_and_leads_to_a_human(tmp_path):
    prompt = Path("/usr/share/asterisk/sounds/es/demo-instruct.wav")
    if not prompt.is_file():
        pytest.skip("Spanish prompts aren't installed: apt-get install asterisk-core-sounds-es-wav")
    sound, rate = read_wav(prompt)
    path = tmp_path / "spanish.wav"
    write_wav(path, sound[: 14 * rate], rate)
    outcome = play(path, tmp_path / "out")
    rows = rows_of(outcome.files["jsonl"])
    assert "another language" in [row["what"] for row in rows if row["event"] == "Trouble"]
    said = " ".join(row["text"] for row in rows if row["event"] == "LineStarted")
    assert "agent" in said.split("anytime.")[1]
    assert rows[-1]["event"] == "ConversationEnded" and outcome.exit_code in (0, 3)


@pytest.mark.parametrize("arguments", [["--shop", "nowhere"], ["--out", "a file/out"], ["."], ["call.mp3"]])
def test_what_cannot_be_used_is_said_in_one_sentence(arguments, tmp_path):
    (tmp_path / "a file").write_text("not a folder")
    (tmp_path / "call.mp3").write_bytes(b"ID3\x04\x00\x00\x00" + bytes(2000))
    done = candide("demo", "--fast", *arguments, folder=tmp_path)
    said = done.stderr.decode()
    assert done.returncode == 2 and said.startswith("candide: ") and len(said.splitlines()) == 1, said


def test_stopped_by_the_keyboard_it_writes_what_was_said(tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-m", "voice", "demo", "--lang", "en", "--json", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
        # Where the tests run in the background the signal is ignored, and a child inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    journal = tmp_path / "candide-demo-en.jsonl"
    try:
        until = time.monotonic() + 240
        while not (journal.is_file() and "LineStarted" in journal.read_text()) and time.monotonic() < until:
            time.sleep(0.2)
        time.sleep(1.0)
        run.send_signal(signal.SIGINT)
        out, errors = run.communicate(timeout=240)
    finally:
        if run.poll() is None:
            run.kill()
    assert run.returncode == 130 and b"Traceback" not in errors, errors
    rows = rows_of(journal)
    assert rows[-1]["event"] == "ConversationEnded" and rows[-1]["reason"] == "stopped"
    assert json.loads(out)["ended"] == "stopped" and (tmp_path / "candide-demo-en.wav").stat().st_size > 16_000


@pytest.mark.long
def test_ten_minutes_of_speech_without_a_pause_are_answered_turn_by_turn(tmp_path):
    voice = synthesizer_for("en")
    asked = "What does the Alto kettle cost?", "When do you open on Saturday?", "Is the travel kettle in stock?"
    sound = resample(np.concatenate([piece for text in asked for piece in voice.synthesize(text)]), voice.rate, RATE)
    voiced = np.convolve(np.abs(sound) > 300, np.ones(1600), "same") > 0
    path = tmp_path / "ten.wav"
    write_wav(path, np.resize(sound[voiced], 600 * RATE), RATE)
    outcome = play(path, tmp_path / "out")
    # A turn is over after 30 s, whatever is heard. The same three sentences over and over may be refused as a loop.
    assert outcome.exit_code in (0, NOTHING_HEARD)
    rows = rows_of(outcome.files["jsonl"])
    began = [row["at"] for row in rows if row["event"] == "SpeechStarted"]
    over = [row["at"] for row in rows if row["event"] == "EndpointReached"]
    assert len(over) >= 2 and len(began) - len(over) <= 1  # a hand-off may come while the caller still speaks
    assert all(end - start <= 31 for start, end in zip(began, over, strict=False))
    assert rows[-1]["event"] == "ConversationEnded"


def environment() -> dict[str, str]:
    return {**os.environ, "LANG": "en_US.UTF-8", "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(_root())}


def _root() -> Path:
    return Path(__file__).resolve().parents[2]


def candide(*arguments: str, folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "voice", *arguments]
    return subprocess.run(command, capture_output=True, check=False, cwd=folder, env=environment(), timeout=300)
