"""The whole path on real models and real sound: a recorded call in, a spoken, personal, explained answer out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from personalization.disclosure import ReleasedLine
from voice.audio import AudioError
from voice.demo import NOTHING_HEARD, Demo, sample_call
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.wavfile import read_wav, read_wav_metadata, write_wav

LANGUAGES = ("fr", "en")


@pytest.fixture(scope="session", autouse=True)
def models():
    try:
        Models().find("whisper-base")
        for language in LANGUAGES:
            Models().fetch(Models().voice_for(language))
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session", params=LANGUAGES)
def call(request, tmp_path_factory, models):
    """The sample call of a language, played once for all these tests; repeatable to the sample."""
    out = tmp_path_factory.mktemp(f"demo-{request.param}")
    return Demo(language=request.param, language_given=True, paced=False, repeatable=True, out=out).play(quiet=True)


def events(outcome, kind):
    return [row for row in map(lambda entry: entry.as_dict(), outcome.entries) if row["event"] == kind]


def test_it_ends_well_and_writes_all_its_files(call):
    assert call.exit_code == 0
    assert all(path.stat().st_size > 500 for path in call.files.values())
    rows = [json.loads(line) for line in call.files["jsonl"].read_text(encoding="utf-8").splitlines()]
    assert rows == [entry.as_dict() for entry in call.entries]
    assert rows[0]["event"] == "ConversationStarted" and rows[-1]["event"] == "ConversationEnded"


def test_every_turn_of_the_caller_is_heard_nearly_word_for_word(call):
    from rapidfuzz import fuzz

    said = " ".join(sample_call(call.summary["language"]).turns)
    heard = " ".join(row["text"] for row in events(call, "Utterance"))
    assert fuzz.ratio(said.lower(), heard.lower()) >= 88, heard


def test_the_first_words_are_the_ai_disclosure(call):
    first = events(call, "LineStarted")[0]
    assert first["phrase"] == "opening" and first["script"] and first["at"] < 1.0
    assert re.search(r"intelligence artificielle|\bAI\b", first["text"])


def test_purchases_are_used_only_after_consent_and_announced_before_the_line_that_uses_them(call):
    rows = [entry.as_dict() for entry in call.entries]
    kinds = [(row["event"], row) for row in rows]
    granted = next(
        i for i, (kind, row) in enumerate(kinds) if kind == "ConsentChanged" and row["purpose"] == "purchases"
    )
    read = next(i for i, (kind, _) in enumerate(kinds) if kind == "DataRead")
    assert kinds[granted][1]["granted"] and granted < read
    spoken = [row for kind, row in kinds if kind == "LineStarted"]
    disclosed = next(i for i, row in enumerate(spoken) if row["phrase"] == "disclosure.purchases")
    offered = next(i for i, row in enumerate(spoken) if row["phrase"].startswith("reason."))
    assert disclosed < offered


def test_every_personal_suggestion_has_verified_evidence_and_its_reason_is_spoken(call):
    personal = [row for row in call.summary["suggestions"] if row["evidence"]]
    assert personal, "the sample call shows a suggestion from purchases"
    heard = " ".join(call.summary["heard"])
    for row in personal:
        assert row["verified"] and row["reason"] in heard


def test_a_human_is_reached(call):
    assert call.summary["handoffs"] and call.summary["handoffs"][-1]["outcome"] == "transferred"
    assert call.summary["ended"] == "handed off"


def test_stages_follow_each_other(call):
    stages = events(call, "StageTimes")
    assert len(stages) >= 8
    for row in stages:
        moments = [row[name] for name in ("end_of_speech", "endpoint", "transcribed", "understood", "first_sound")]
        assert moments == sorted(moments)


def test_nobody_is_talked_over(call):
    stereo = _stereo(call)
    loud = np.abs(stereo.astype(np.int32)).reshape(-1, 160, 2).max(axis=1) > 1500 if len(stereo) % 160 == 0 else None
    assert loud is not None
    assert np.mean(loud.all(axis=1)) < 0.01


def test_the_sound_says_what_the_journal_says(call):
    """The assistant's channel, transcribed back, holds the words of the journal."""
    from rapidfuzz import fuzz

    from voice.audio import resample
    from voice.engines.whisper import LocalWhisper

    stereo, language = _stereo(call), call.summary["language"]
    whisper = LocalWhisper(Models().find("whisper-base").dir)
    lines = [row for row in events(call, "LineHeard") if row["complete"] and len(row["text"].split()) >= 5]
    starts = {(row["turn"], row["line"]): row["at"] for row in events(call, "LineStarted")}
    likeness = []
    for row in lines[:10]:
        piece = stereo[int(starts[row["turn"], row["line"]] * 8000) : int(row["at"] * 8000), 1]
        back = whisper.transcribe(resample(np.ascontiguousarray(piece), 8000, 16000), language).text
        likeness.append(fuzz.ratio(_bare(row["text"]), _bare(back)))
    assert np.median(likeness) >= 85, likeness


def test_the_file_says_that_it_holds_synthetic_speech(call):
    told = " ".join(read_wav_metadata(call.files["wav"]).values())
    assert "synthetic" in told and call.summary["voices"][call.summary["language"]] in told


def test_a_line_cannot_go_round_its_disclosure():
    with pytest.raises(TypeError, match="DisclosureGate"):
        ReleasedLine(None, frozenset(), None, None)


# Bad input

RATE = 8000


def play(path, tmp_path, **options):
    return Demo(call=path, language="en", paced=False, repeatable=True, out=tmp_path / "out", **options).play(
        quiet=True
    )


def _noise(seconds, level):
    return np.random.default_rng(3).normal(0, level, int(seconds * RATE)).clip(-32768, 32767).astype(np.int16)


def _music(seconds):
    t = np.arange(int(seconds * RATE)) / RATE
    notes = np.array([262, 330, 392, 523, 392, 330])[(t * 3).astype(int) % 6]
    return (np.sin(2 * np.pi * notes * t) * 0.2 * 32767 + np.sin(4 * np.pi * notes * t) * 0.1 * 32767).astype(np.int16)


@pytest.mark.parametrize(
    "sound",
    [np.zeros(6 * RATE, np.int16), _noise(6, 400), _noise(6, 4000), _music(6)],
    ids=["silence", "noise", "loud noise", "music"],
)
def test_where_nobody_speaks_nothing_is_invented_and_the_journal_is_complete(sound, tmp_path):
    path = tmp_path / "nobody.wav"
    write_wav(path, sound, RATE)
    outcome = play(path, tmp_path)
    assert outcome.exit_code == NOTHING_HEARD and "nobody could be understood" in outcome.message
    assert events(outcome, "ConversationEnded") and not events(outcome, "Understood")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"RIFF", "cut short|damaged|WAV"), (b"these are words, not sound" * 20, "WAV")],
    ids=["0 bytes", "cut", "text"],
)
def test_a_file_without_sound_is_refused_in_one_sentence(content, says, tmp_path):
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=says):
        play(path, tmp_path)


def test_the_command_says_what_is_wrong_without_a_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "voice", "demo", "--customer", "Nobody", "--fast", "--out", str(tmp_path)],
        capture_output=True, text=True, check=False, env={**os.environ, "LANG": "en_US.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 2 and "Nobody" in done.stderr and "Traceback" not in done.stderr


def test_a_stereo_44_khz_call_is_taken(tmp_path, models):
    from voice.audio import resample

    sound, rate = read_wav(sample_call("en").path)
    head = sound[: int(3.2 * rate)]
    wide = resample(resample(head, rate, 16000), 16000, 24000)
    path = tmp_path / "stereo.wav"
    write_wav(path, np.stack([wide, wide], axis=1), 24000)
    outcome = play(path, tmp_path)
    assert outcome.exit_code == 0 and outcome.summary["turns"][1]["intent"] == "recommend"


def test_a_call_in_the_other_language_is_answered_in_it(tmp_path):
    sound, rate = read_wav(sample_call("fr").path)
    path = tmp_path / "french.wav"
    write_wav(path, sound[: int(4.3 * rate)], rate)
    outcome = play(path, tmp_path)
    assert outcome.entries[0].event.language == "en"
    assert [row["language"] for row in events(outcome, "LineStarted")][-1] == "fr"


def _stereo(outcome) -> np.ndarray:
    import wave

    with wave.open(str(outcome.files["wav"])) as file:
        assert file.getnchannels() == 2
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)


def _bare(text: str) -> str:
    return re.sub(r"[^\w ]", "", text.lower())
