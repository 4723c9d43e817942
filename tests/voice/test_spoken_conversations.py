"""Scripted conversations as sound, end to end: the caller's turns spoken, through G.711, heard and answered.

The callers are synthetic voices (those the models bring): a pass says that the path works, not how people are heard.
"""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from nlu.dialogue import Dialogue
from nlu.understanding import Understanding
from tests.nlu.scripted import scripts
from tests.voice.calls import TUESDAY, of
from voice.audio import resample, ulaw_decode, ulaw_encode
from voice.channels.wav import RecordedCall
from voice.conversation import Conversation
from voice.engines.loading import Engines
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.engines.synthesizer import synthesizer_for
from voice.engines.whisper import LocalWhisper
from voice.journal import Journal
from voice.speaking.voices import Voices
from voice.workers import SimulatedWorkers

RATE = 8_000
SPOKEN = [script for script in scripts() if "sound" in script]


def _expected(script):
    """A script whose turns are known not to be heard right is expected to fail, with the reason it gives."""
    why = script.get("not_heard")
    return pytest.param(script, id=script["name"], marks=[pytest.mark.xfail(reason=why, strict=False)] if why else [])


LONG = [_expected(script) for script in SPOKEN if script["sound"] == "long"]


@pytest.fixture(scope="module")
def engines():
    """Recogniser, voices and the callers' voices, loaded once."""
    models = Models()
    try:
        ears = LocalWhisper(models.ready("whisper-base"), threads=2)
        callers = {language: synthesizer_for(language) for language in ("fr", "en")}
        voices = Voices(models)
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    return ears, voices, callers


def caller(turns: list[str], voice) -> np.ndarray:
    """(n,) int16 at 8 kHz: the turns through G.711, with room for an answer after each."""
    quiet = np.zeros(int(1.2 * RATE), np.int16)
    pieces = [quiet]
    for text in turns:
        spoken = resample(np.concatenate(list(voice.synthesize(text))), voice.rate, RATE)
        pieces += [ulaw_decode(ulaw_encode(spoken)), quiet]
    return np.concatenate([*pieces, quiet])


def converse(script, engines, path) -> list[dict]:
    from personalization.shop import Shop

    ears, voices, callers = engines
    language = script["language"]
    shop = Shop.load(today=TUESDAY.date())
    file = shop.open_file(script["customer"]) if "customer" in script else None
    dialogue = Dialogue(shop, file, language, "phone", TUESDAY, authenticated=file is not None)
    understanding = Understanding(shop.catalogue, {each.id: each.name for each in shop.stores}, (language,))
    sound = caller([turn["caller"] for turn in script["turns"]], callers[language])
    journal = Journal(path / "journal.jsonl")
    call = Conversation(
        RecordedCall(sound, RATE, paced=False), dialogue, Engines(ears, understanding, voices),
        SimulatedWorkers(durations=False), journal, detect_language=False,
    )  # fmt: skip
    try:
        asyncio.run(call.run())
    finally:
        journal.close()
    return [entry.as_dict() for entry in journal.entries]


def check(script, rows) -> list[str]:
    """What each turn's answer lacks or says too much, beside what was heard."""
    heard = [row for row in of(rows, "Utterance")]
    if len(heard) != len(script["turns"]):
        return [f"{len(script['turns'])} turns were spoken, {len(heard)} heard: {[row['text'] for row in heard]}"]
    faults = []
    for turn, utterance in zip(script["turns"], heard, strict=True):
        number = utterance["turn"]
        said = " ".join(row["text"] for row in of(rows, "Replied") if row["turn"] == number).casefold()
        ids = [row["phrase"] for row in of(rows, "LineStarted") if row["turn"] == number]
        did = {name for row in of(rows, "Replied") if row["turn"] == number for name in row["actions"]}

        def there(what: str, said=said, ids=ids) -> bool:
            return what.casefold() in said or any(id == what or (what[-1] == "." and id.startswith(what)) for id in ids)

        faults += [f"must say {what!r}" for what in turn.get("must", ()) if not there(what)]
        faults += [f"must not say {what!r}" for what in turn.get("must_not", ()) if there(what)]
        faults += [f"must do {what}" for what in set(turn.get("actions", ())) - did]
        faults += [f"must not do {what}" for what in set(turn.get("must_not_actions", ())) & did]
        if faults:
            return [*faults, f"heard {utterance['text']!r} for {turn['caller']!r}, said {said!r} {ids}"]
    return []


def test_twelve_conversations_are_spoken_in_both_languages():
    heard = [script for script in SPOKEN if "not_heard" not in script]
    assert len(heard) >= 12 and {script["language"] for script in heard} == {"fr", "en"}


@pytest.mark.parametrize("script", [each for each in SPOKEN if each["sound"] == "quick"], ids=lambda each: each["name"])
def test_a_spoken_conversation_goes_as_written(script, engines, tmp_path):
    faults = check(script, converse(script, engines, tmp_path))
    assert not faults, "\n".join(faults)


@pytest.mark.long
@pytest.mark.parametrize("script", LONG)
def test_the_other_spoken_conversations_go_as_written(script, engines, tmp_path):
    faults = check(script, converse(script, engines, tmp_path))
    assert not faults, "\n".join(faults)
