"""The caller speaks while the assistant does: real voice stops it, a legal script first ends its line."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.calls import Dictated, converse, of, turns
from voice.hearing.transcriber import Hypothesis, Word

RATE = 8_000


def over(*placed: tuple[float, np.ndarray], seconds: float) -> np.ndarray:
    """Sounds at their seconds, silence elsewhere."""
    out = np.zeros(int(seconds * RATE), np.int16)
    for at, sound in placed:
        out[int(at * RATE) : int(at * RATE) + len(sound)] = sound
    return out


@pytest.fixture
def voice() -> np.ndarray:
    return turns("a", pause=0.0)[: int(1.6 * RATE)]


def test_speech_stops_the_answer_and_the_journal_keeps_the_words_heard(voice, tmp_path):
    sound = over((5.0, voice), (8.4, voice), seconds=16)
    rows = converse(sound, Dictated(["what can you do", "stop"]), tmp_path, listens=False)
    second = of(rows, "SpeechStarted")[1]
    stopped = next(row for row in of(rows, "Interrupted") if row["at"] >= second["at"])
    assert stopped["at"] - second["at"] < 0.5
    heard = next(row for row in of(rows, "LineHeard") if row["at"] == stopped["at"])
    said = next(r for r in of(rows, "LineStarted") if (r["turn"], r["line"]) == (heard["turn"], heard["line"]))
    assert not heard["complete"]
    assert said["text"].startswith(heard["text"]) and len(heard["text"]) < len(said["text"])


def test_the_opening_is_finished_though_the_caller_speaks_into_it(voice, tmp_path):
    rows = converse(over((1.0, voice), seconds=8), Dictated(["hello"]), tmp_path, listens=False)
    opening = of(rows, "LineHeard")[0]
    assert opening["complete"] and "an AI" in opening["text"]
    assert [row["turn"] for row in of(rows, "Replied")] == [0, 1], "what was said into it is answered"


def test_a_click_or_a_cough_does_not_stop_it(voice, tmp_path):
    click = (np.random.default_rng(1).normal(0, 6000, int(0.12 * RATE))).astype(np.int16)
    sound = over((5.0, voice), (8.4, click), (9.6, click), seconds=16)
    rows = converse(sound, Dictated(["what can you do"]), tmp_path, listens=False)
    during = [row for row in of(rows, "Interrupted") + of(rows, "LineHeard") if row["at"] < 15]
    assert len(during) >= 3 and all(row.get("complete") for row in during)


@pytest.mark.parametrize("said", ["Mm-hm.", "Okay, right."])
def test_a_word_of_attention_lets_the_answer_go_on_where_it_was(said, voice, tmp_path):
    sound = over((5.0, voice), (8.4, voice[: int(0.9 * RATE)]), seconds=22)
    rows = converse(sound, Dictated(["what can you do", said]), tmp_path, listens=False)
    (resumed,) = of(rows, "Resumed")
    assert [row["turn"] for row in of(rows, "Replied") if row["at"] < 15] == [0, 1], "it isn't answered"
    line = next(r for r in of(rows, "LineStarted") if (r["turn"], r["line"]) == (resumed["turn"], resumed["line"]))
    heard = [r for r in of(rows, "LineHeard") if (r["turn"], r["line"]) == (resumed["turn"], resumed["line"])]
    assert heard[-1]["complete"] and heard[-1]["text"] == line["text"]


def test_a_word_that_takes_the_floor_is_answered_at_once(voice, tmp_path):
    sound = over((5.0, voice), (8.4, voice[: int(0.9 * RATE)]), seconds=16)
    rows = converse(sound, Dictated(["what can you do", "agent"]), tmp_path, listens=False)
    assert not of(rows, "Resumed")
    assert any(row["turn"] == 2 for row in of(rows, "Replied"))


class Quick(Dictated):
    """Its partials give the same words at once."""

    def __init__(self, texts, partial: str) -> None:
        super().__init__(texts)
        self._partial = partial

    def transcribe(self, pcm, language, prefix="", hotwords=(), final=True, misheard=None, wanted=None):
        if final:
            return super().transcribe(pcm, language, wanted=wanted)
        words = tuple(Word(each, 0.0, 0.1, 0.9) for each in self._partial.split())
        return Hypothesis(self._partial, words, language="en")


def test_two_words_stop_the_answer_as_soon_as_they_are_read(voice, tmp_path):
    sound = over((5.0, voice), (8.4, voice), seconds=16)
    rows = converse(sound, Quick(["what can you do", "no stop that"], "no stop"), tmp_path, listens=False)
    second = of(rows, "SpeechStarted")[1]
    stopped = next(row for row in of(rows, "Interrupted") if row["at"] >= second["at"])
    assert stopped["at"] - second["at"] < 0.35


def test_attention_that_is_read_in_time_stops_nothing_and_is_not_answered(voice, tmp_path):
    sound = over((5.0, voice), (8.4, voice[: int(0.8 * RATE)]), seconds=22)
    rows = converse(sound, Quick(["what can you do", "Okay, right."], "okay right"), tmp_path, listens=False)
    during = [row for row in rows if row["at"] < 15]
    assert of(during, "Interrupted") == [] and [row["turn"] for row in of(during, "Replied")] == [0, 1]
    assert len(of(rows, "Utterance")) == 2


def test_a_short_word_of_attention_is_not_answered_though_nothing_was_stopped(voice, tmp_path):
    sound = over((5.0, voice), (8.4, voice[: int(0.35 * RATE)]), seconds=22)
    rows = converse(sound, Dictated(["what can you do", "Mm-hm."]), tmp_path, listens=False)
    during = [row for row in rows if row["at"] < 15]
    assert of(during, "Interrupted") == [] and [row["turn"] for row in of(during, "Replied")] == [0, 1]
    assert len(of(rows, "Utterance")) == 2
