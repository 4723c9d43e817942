"""Law 9: models run beside the conversation, and a slow or failed one leads to a shorter path, never to silence."""

from __future__ import annotations

import threading

import pytest

from personalization.shop import Shop
from tests.voice.calls import Dictated, converse, of, turns
from voice.engines.models import Models
from voice.engines.synthesizer import SynthesisFailed
from voice.speaking.speaker import Speaker
from voice.speaking.voices import Voices, fixed_phrases
from voice.workers import Job, SimulatedWorkers


class BrokenTranscriber:
    """Fails each time."""

    def transcribe(self, *given, **named):
        raise RuntimeError("out of memory")


class StuckHearing(SimulatedWorkers):
    """Its hearing lane takes jobs and never does them."""

    def __init__(self) -> None:
        super().__init__(durations=False)

    def submit(self, lane, work, now):
        return Job(lane) if lane == "hearing" else super().submit(lane, work, now)


class KeptLinesOnly(Voices):
    """A voice whose model fails on everything that isn't kept."""

    def make(self, phrase, speed):
        if phrase.fixed:
            yield from super().make(phrase, speed)
        else:
            raise SynthesisFailed("the model is gone")


class SlowSpeaking(SimulatedWorkers):
    """What its voice makes is there two seconds late."""

    def __init__(self) -> None:
        super().__init__(durations=False)

    def stream(self, lane, work, now, due=None):
        job = super().stream(lane, work, now, due)
        if lane == "speaking":
            job._ready = [(max(at, now) + 2.0, piece) for at, piece in job._ready]
            job._end = now + 2.0
        return job


class Paced(Voices):
    """A voice whose pace is known: seconds that a second of sound takes. What it made isn't there a second time."""

    known = 0.0

    def kept(self, phrase, speed):
        return super().kept(phrase, speed) if phrase.fixed else None

    def pace(self, language):
        return self.known

    def longest_piece(self, language):
        return 4.5


def longest_silence_of_the_assistant(rows) -> float:
    """Seconds between a caller's end of turn and the assistant's next line."""
    waits = []
    for row in of(rows, "EndpointReached"):
        following = [line["at"] for line in of(rows, "LineStarted") if line["at"] >= row["at"]]
        if following:
            waits.append(following[0] - row["at"])
    return max(waits)


def test_a_broken_recogniser_leads_to_the_keypad_and_a_human(tmp_path):
    rows = converse(turns("a", "b"), BrokenTranscriber(), tmp_path)
    assert {row["where"] for row in of(rows, "Trouble")} == {"transcription"}
    assert "understanding.keypad" in [row["phrase"] for row in of(rows, "LineStarted")]
    assert longest_silence_of_the_assistant(rows) < 1.0
    assert rows[-1]["event"] == "ConversationEnded"


def test_a_recogniser_that_never_answers_is_announced_then_given_up(tmp_path):
    rows = converse(turns("a"), Dictated(["never asked"]), tmp_path, workers=StuckHearing())
    assert "opener.wait" in [row["phrase"] for row in of(rows, "LineStarted")]
    assert longest_silence_of_the_assistant(rows) < 1.5
    (over,), (trouble,) = of(rows, "EndpointReached"), of(rows, "Trouble")
    assert trouble["where"] == "transcription" and 7 < trouble["at"] - over["at"] < 9
    after = [row["phrase"] for row in of(rows, "LineStarted") if row["at"] >= trouble["at"]]
    assert after, "the caller is told, not left alone"


def test_a_broken_voice_says_what_it_has_kept_and_claims_nothing_else_was_heard(tmp_path):
    voices = KeptLinesOnly(Models())
    voices.prepare([each for each in fixed_phrases("en", Shop.load().brand) if each.id == "trouble.voice"])
    rows = converse(turns("a"), Dictated(["how much are the coffee filters"]), tmp_path, voices=voices)
    assert "synthesis" in [row["where"] for row in of(rows, "Trouble")]
    heard = " ".join(row["text"] for row in of(rows, "LineHeard") if row["turn"] == 1)
    assert "press zero" in heard and "€" not in heard and "euro" not in heard


@pytest.mark.parametrize(
    ("pace", "opener", "least", "most"),
    [(0.8, "opener.look", 0.0, 0.1), (0.25, "opener.so", 0.0, 0.1), (0.0, "opener.so", 0.45, 0.6)],
    ids=["slow", "a little slow", "not known"],
)
def test_a_line_that_will_take_long_is_led_in_at_once(tmp_path, monkeypatch, pace, opener, least, most):
    monkeypatch.setattr(Speaker, "prepare", lambda *given: None)  # how much was made in a pause depends on the sound
    voices = Paced(Models())
    voices.prepare([each for each in fixed_phrases("en", Shop.load().brand) if each.id in ("opener.so", "opener.look")])
    voices.known = pace
    sound, ears = turns("a", pause=5.0), Dictated(["how much are the coffee filters"])
    rows = converse(sound, ears, tmp_path, voices=voices, workers=SlowSpeaking())
    (replied,) = (row["at"] for row in of(rows, "Replied") if row["turn"] == 1)
    first, second = [row for row in of(rows, "LineStarted") if row["turn"] == 1][:2]
    assert first["phrase"] == opener and not second["phrase"].startswith("opener.")
    assert least <= first["at"] - replied <= most


def test_the_zero_key_reaches_a_human_while_the_recogniser_is_stuck(tmp_path):
    rows = converse(turns("a"), Dictated([]), tmp_path, workers=StuckHearing(), digits=[(3.6, "0")])
    assert any(row["phrase"].startswith(("handoff.", "human.")) for row in of(rows, "LineStarted"))


def test_models_work_outside_the_thread_of_the_conversation():
    from voice.workers import ThreadWorkers

    workers, seen = ThreadWorkers(), []
    done = threading.Event()
    workers.submit("hearing", lambda: (seen.append(threading.current_thread()), done.set()), 0.0)
    assert done.wait(5)
    workers.close()
    assert seen[0] is not threading.current_thread()
