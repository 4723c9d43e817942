"""What the listener asks of the recogniser while a caller speaks, pauses and goes on."""

from __future__ import annotations

import numpy as np
import pytest

from tests.voice.calls import Dictated, turns
from voice.hearing.vad import FRAME
from voice.listening import Listener
from voice.workers import SimulatedWorkers

RATE = 8_000


class Asked(Dictated):
    """Keeps, of each final text that was asked for, the question whether it is still wanted."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        super().__init__(texts)
        self.wanted = []

    def transcribe(self, *given, **named):
        if named["final"]:
            self.wanted.append(named["wanted"])
        return super().transcribe(*given, **named)


def test_what_was_prepared_in_a_pause_is_not_wanted_any_more_once_the_caller_goes_on():
    ears = Asked(("I am looking for",))
    listener = Listener(RATE, ears, lambda text, language: None, SimulatedWorkers(durations=False), "en")
    sound = turns("", "", pause=0.5)  # long enough to prepare a text, too short to end a turn after "for"
    size, answers = FRAME * RATE // 16_000, []
    for at in range(0, len(sound) - size, size):
        listener.push(sound[at : at + size], (at + size) / RATE)
        answers.append([asked() for asked in ears.wanted])
    listener.push(np.zeros(size, np.int16), len(sound) / RATE)
    steps = [answer for answer, before in zip(answers, [None, *answers[:-1]], strict=True) if answer != before]
    assert steps == [[], [True], [False], [False, True]]


def test_what_was_learnt_of_an_echo_is_forgotten_when_another_is_left():
    listener = Listener(RATE, Dictated(()), lambda text, language: None, SimulatedWorkers(durations=False), "en")
    listener.overlapping = True
    hum = np.random.default_rng(1).normal(0, 20, FRAME * RATE // 16_000).astype(np.int16)
    for number in range(150):
        listener.push(hum, number * 0.02)
    assert listener.echo_known
    listener.forget_echo()
    assert not listener.echo_known


@pytest.mark.parametrize(("language", "is_asked"), [("en", True), ("fr", False), (None, True)])
def test_a_melody_is_asked_only_where_it_tells_something(language, is_asked):
    asked = []

    def melody(sound: np.ndarray) -> float:
        asked.append(len(sound))
        return 0.5

    workers = SimulatedWorkers(durations=False)
    listener = Listener(RATE, Dictated(("a lamp.",)), lambda text, language: None, workers, language, melody)
    sound, size = turns(""), FRAME * RATE // 16_000
    for at in range(0, len(sound) - size, size):
        listener.push(sound[at : at + size], (at + size) / RATE)
    assert bool(asked) is is_asked
