"""What counts as said is what was played."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.disclosure import DisclosureGate, Line
from personalization.phrases import Phrase, Phrases
from voice.journal import Interrupted, LineHeard, LineStarted, Resumed
from voice.speaking.speaker import Speaker
from voice.workers import SimulatedWorkers

RATE = 8000
WORD = 800
"""Samples a word lasts in these tests: 0.1 s."""


class ToneVoices:
    """A fake voice: a tenth of a second of tone per word, so that tests know every sample."""

    rate = RATE
    seconds_a_second = 0.0

    def __init__(self, kept: bool = False) -> None:
        self._kept = kept

    def kept(self, phrase, speed):
        return (self._sound(phrase), RATE) if self._kept else None

    def voice(self, language):
        return self

    def pace(self, language):
        return self.seconds_a_second

    def longest_piece(self, language):
        return 4.5

    def make(self, phrase, speed):
        for word in phrase.text.split():
            yield np.full(WORD, 100 + len(word), np.int16)

    def _sound(self, phrase):
        return np.concatenate(list(self.make(phrase, 1.0)))


class KeptAtTheUsualSpeed(ToneVoices):
    def kept(self, phrase, speed):
        return (self._sound(phrase), RATE) if speed == 1.0 and phrase.text == "Well," else None


def lines(*texts: str, script: bool = False):
    phrases = [Phrase(text, f"test.{number}", 1, "en", script) for number, text in enumerate(texts)]
    return DisclosureGate().release([Line(phrase) for phrase in phrases], Phrases("en"))


def speaker(kept: bool = True) -> Speaker:
    return Speaker(RATE, ToneVoices(kept), SimulatedWorkers(durations=False))


def play(speaker: Speaker, seconds: float, begin: float = 0.0):
    """Plays; returns (sound, events)."""
    sound, events = [np.zeros(0, np.int16)], []
    for number in range(round(seconds / 0.02)):
        frame, spoken = speaker.frame(begin + number * 0.02)
        sound.append(np.zeros(160, np.int16) if frame is None else frame)
        events += spoken
    return np.concatenate(sound), events


def test_a_line_is_played_whole_and_recorded_at_its_first_and_last_sample():
    one = speaker()
    one.say(1, lines("three short words"), 0.0)
    sound, events = play(one, 1.0)
    assert np.count_nonzero(sound) == 3 * WORD
    assert [(round(item.at, 3), type(item.event)) for item in events] == [(0.0, LineStarted), (0.3, LineHeard)]
    assert events[1].event.text == "three short words" and events[1].event.complete
    assert not one.active


def test_lines_follow_each_other_with_a_short_silence():
    one = speaker(kept=False)
    one.say(1, lines("one", "two"), 0.0)
    sound, events = play(one, 1.0)
    starts = [item.at for item in events if isinstance(item.event, LineStarted)]
    assert np.allclose(starts, [0.0, 0.25])
    assert not sound[WORD : WORD + 1200].any()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=4), st.integers(0, 60))
def test_an_interruption_records_no_word_that_was_not_played(lengths, frames):
    one = speaker()
    one.say(1, lines(*(" ".join("word" for _ in range(count)) for count in lengths)), 0.0)
    sound, events = play(one, frames * 0.02)
    events += one.interrupt(frames * 0.02)
    heard = sum(len(item.event.text.split()) for item in events if isinstance(item.event, LineHeard))
    assert abs(heard - np.count_nonzero(sound) / WORD) <= 0.5
    assert not one.active


def test_after_a_false_alarm_the_answer_goes_on_where_it_was():
    one = speaker()
    one.say(1, lines("a b c d e f"), 0.0)
    before, _ = play(one, 0.2)
    stopped = one.interrupt(0.2)
    assert [type(item.event) for item in stopped] == [LineHeard, Interrupted]
    silence, _ = play(one, 0.3, 0.2)
    assert not silence.any()
    assert [type(item.event) for item in one.resume(0.5)] == [Resumed]
    after, events = play(one, 1.0, 0.5)
    assert np.count_nonzero(before) + np.count_nonzero(after) == 6 * WORD
    assert events[-1].event.complete


def test_a_legal_script_finishes_its_sentence_and_nothing_more():
    one = speaker()
    one.say(1, lines("this must be said", "and this may wait", script=True), 0.0)
    play(one, 0.1)
    assert one.interrupt(0.1) == []
    _, events = play(one, 2.0, 0.1)
    heard = [item.event.text for item in events if isinstance(item.event, LineHeard)]
    assert heard == ["this must be said"] and isinstance(events[-1].event, Interrupted)
    assert not one.active


def test_what_a_barge_in_left_unsaid_is_forgotten_by_the_next_answer():
    one = speaker()
    one.say(1, lines("one two three four"), 0.0)
    play(one, 0.1)
    one.interrupt(0.1)
    one.say(2, lines("new"), 0.2)
    _, events = play(one, 1.0, 0.2)
    assert [item.event.text for item in events if isinstance(item.event, LineHeard)] == ["new"]
    assert one.resume(2.0) == []


class Slow(SimulatedWorkers):
    """Each word of a line is there half a second after the one before."""

    def stream(self, lane, work, now, due=None):
        job = super().stream(lane, work, now, due)
        job._ready = [(now + 0.5 * number, result) for number, (_, result) in enumerate(job._ready)]
        job._end = job._ready[-1][0]
        return job


def test_a_late_synthesizer_is_silence_and_a_recorded_gap_never_a_wrong_sound():
    one = Speaker(RATE, ToneVoices(), Slow(durations=False))
    one.say(1, lines("one two"), 0.0)
    sound, events = play(one, 1.5)
    assert np.count_nonzero(sound) == 2 * WORD and one.gaps
    assert events[-1].event.complete


def test_silence_before_the_next_line_of_a_reply_is_a_gap_too_and_before_a_reply_it_is_not():
    one = Speaker(RATE, ToneVoices(), Slow(durations=False))
    one.say(1, lines("one"), 0.0)
    play(one, 0.2)
    one.say(2, lines("two"), 0.2)
    play(one, 0.2, 0.2)
    assert not one.gaps and not one.active
    one.say(3, lines("three", "four five"), 1.0)
    play(one, 2.0, 1.0)
    assert one.gaps


def test_a_line_waits_until_the_rest_of_it_will_be_there_in_time():
    voices = ToneVoices()
    voices.seconds_a_second = 5.0  # as measured: what comes in a tenth of a second takes half a second
    one = Speaker(RATE, voices, Slow(durations=False))
    one.say(1, lines("one two six"), 0.0)
    sound, events = play(one, 2.0)
    began = next(item.at for item in events if isinstance(item.event, LineStarted))
    assert began == pytest.approx(1.0, abs=0.05) and not one.gaps
    assert np.count_nonzero(sound) == 3 * WORD


def test_of_all_calls_the_line_that_is_needed_soonest_is_made_first():
    workers = Recorded(durations=False)
    calls = [Speaker(RATE, ToneVoices(), workers) for _ in range(2)]
    calls[0].say(1, lines("the first of two lines", "the second of two lines"), 0.0)
    calls[1].say(1, lines("another caller waits"), 0.0)
    first, second, other = workers.due
    assert first() == other() < second()
    play(calls[0], 2.05)
    assert second() < other(), "after what has begun to be heard, a silence would be a gap"


class Recorded(Slow):
    """Remembers when each job's result is needed."""

    def __init__(self, durations: bool) -> None:
        super().__init__(durations)
        self.jobs = []

    def stream(self, lane, work, now, due=None):
        self.jobs.append(super().stream(lane, work, now, due))
        return self.jobs[-1]

    @property
    def due(self):
        return [job.due for job in self.jobs]


def test_louder_is_louder_and_never_wraps_around():
    one = speaker()
    one.gain = 400.0
    one.say(1, lines("loud"), 0.0)
    sound, _ = play(one, 0.2)
    assert sound.max() == 32767 and sound.min() >= 0


def test_an_opener_that_is_not_kept_at_the_speed_asked_for_is_said_at_the_usual_one():
    one = Speaker(RATE, KeptAtTheUsualSpeed(), SimulatedWorkers(durations=False))
    one.speed = 0.85
    (opener,) = lines("Well,")
    assert not one.cover(opener), "there is nothing to cover"
    one.say(1, lines("That costs ten euros"), 0.0)
    assert one.cover(opener)
    _, events = play(one, 2.0)
    started = [spoken.event.text for spoken in events if isinstance(spoken.event, LineStarted)]
    assert started == ["Well,", "That costs ten euros"]
