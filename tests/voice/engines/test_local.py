"""Many calls, one model: finals first, partials given up, nothing mixed up between callers."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nlu.entities.perhaps import Perhaps
from tests.voice.hearing.recordings import each_prompt
from voice.audit.recordings import spoken_words, word_errors
from voice.engines.local import SharedTranscriber, _Waiting
from voice.engines.whisper import LocalWhisper
from voice.engines.whisper_turns import Request, Turn, of_like_length
from voice.hearing.transcriber import Hypothesis

LONG = 30.0


class SlowEngine:
    """Not a recogniser: answers with the length of what it was given, when it is let go."""

    def __init__(self) -> None:
        self.go, self.busy = threading.Event(), threading.Event()
        self.batches: list[list[tuple[int, bool]]] = []
        self.hurried: dict[int, bool] = {}

    def transcribe_all(self, requests, known):
        self.hurried |= {len(each.pcm): each.hurried for each in requests}
        self.busy.set()
        assert self.go.wait(LONG)
        self.batches.append([(len(each.pcm), each.final) for each in requests])
        if any(len(each.pcm) == 13 for each in requests):
            raise ValueError("thirteen samples")
        return [Hypothesis(str(len(each.pcm))) for each in requests]


@pytest.fixture
def pool():
    with ThreadPoolExecutor(40) as threads:
        yield threads


def waiting(shared: SharedTranscriber, count: int) -> None:
    """Until that many requests are in the queues."""
    pause = threading.Event()
    for _ in range(int(LONG / 0.002)):
        if len(shared._finals) + len(shared._partials) >= count:
            return
        pause.wait(0.002)
    raise AssertionError(f"{len(shared._finals)} finals and {len(shared._partials)} partials wait, not {count}")


def busy(pool, clock=lambda: 0.0):
    """An engine at work on a first final in its one lane, so that what follows has to wait."""
    engine = SlowEngine()
    shared = SharedTranscriber(engine, clock, lanes=1)
    first = pool.submit(shared.transcribe, np.zeros(1, np.int16), "fr")
    assert engine.busy.wait(LONG)
    return engine, shared, first


def ask(pool, shared, samples: int, final: bool):
    return pool.submit(shared.transcribe, np.zeros(samples, np.int16), "fr", final=final)


def test_finals_that_wait_together_are_one_batch_and_each_gets_its_own(pool):
    engine, shared, first = busy(pool)
    asked = {samples: ask(pool, shared, samples, True) for samples in (2, 3, 4)}
    waiting(shared, 3)
    engine.go.set()
    assert {samples: answer.result(LONG).text for samples, answer in asked.items()} == {2: "2", 3: "3", 4: "4"}
    assert first.result(LONG).text == "1"
    assert sorted(engine.batches[1]) == [(2, True), (3, True), (4, True)]
    shared.close()


def test_under_load_partials_are_dropped_and_finals_never(pool):
    engine, shared, _ = busy(pool)
    partials = [ask(pool, shared, 5, False) for _ in range(10)]
    finals = [ask(pool, shared, 20 + each, True) for each in range(20)]
    assert {answer.result(LONG).refused for answer in partials} == {"too late"}  # as soon as a final waits
    waiting(shared, 20)
    engine.go.set()
    assert [answer.result(LONG).text for answer in finals] == [str(20 + each) for each in range(20)]
    assert shared.dropped == 10
    assert all(final for batch in engine.batches for _, final in batch)
    shared.close()


def test_finals_are_searched_widely_unless_others_wait(pool):
    engine, shared, _ = busy(pool)
    together = [ask(pool, shared, samples, True) for samples in (2, 3)]
    waiting(shared, 2)
    engine.go.set()
    assert [answer.result(LONG).text for answer in together] == ["2", "3"]
    assert ask(pool, shared, 4, True).result(LONG).text == "4"
    assert engine.hurried == {1: False, 2: True, 3: True, 4: False}
    shared.close()


def test_a_final_beside_another_one_at_work_is_hurried(pool):
    engine = SlowEngine()
    shared = SharedTranscriber(engine, lanes=2)
    first = ask(pool, shared, 1, True)
    assert engine.busy.wait(LONG)
    engine.busy.clear()
    second = ask(pool, shared, 2, True)
    assert engine.busy.wait(LONG)
    engine.go.set()
    assert (first.result(LONG).text, second.result(LONG).text) == ("1", "2")
    assert engine.hurried == {1: False, 2: True}
    shared.close()


def test_a_hurried_final_is_what_the_likeliest_words_are(whisper, whisper_folder):
    narrow, as_drafted = LocalWhisper(whisper_folder, beam=1), 0
    for number, prompt in enumerate(each_prompt(4)):
        language = "fr" if number < 4 else "en"
        greedy = narrow.transcribe(prompt.pcm, language)
        assert whisper.transcribe_all([Request(prompt.pcm, language, others_wait=lambda: True)])[0].text == greedy.text
        drafted = Request(prompt.pcm, language, prefix=greedy.text, others_wait=lambda: True)
        found = whisper.transcribe_all([drafted])[0]
        as_drafted += found.text == greedy.text
        assert found.mean_logprob > greedy.mean_logprob - 0.1
    # A draft is scored in one pass: in 8 bits, of two words that are about as likely the other one may come first.
    assert as_drafted >= 4


def test_a_partial_that_waited_too_long_is_dropped(pool):
    now = [0.0]
    engine, shared, _ = busy(pool, lambda: now[0])
    old = ask(pool, shared, 5, False)
    waiting(shared, 1)
    now[0] = 0.5
    young = ask(pool, shared, 6, False)
    assert old.result(LONG).refused == "too late"
    engine.go.set()
    assert young.result(LONG).text == "6"
    shared.close()


def test_a_final_nobody_wants_any_more_is_not_made_and_its_caller_waits_no_longer(pool):
    engine, shared, _ = busy(pool)
    wanted = threading.Event()
    wanted.set()
    sound = np.zeros(21, np.int16)
    answer = pool.submit(shared.transcribe, sound, "en", wanted=wanted.is_set)
    other = ask(pool, shared, 22, True)
    waiting(shared, 2)
    wanted.clear()
    assert answer.result(LONG) == Hypothesis("", language="en", refused="superseded")
    engine.go.set()
    assert other.result(LONG).text == "22"
    assert engine.batches == [[(1, True)], [(22, True)]]
    shared.close()


def test_closing_does_not_wait_for_what_nobody_wants(pool):
    engine, shared, first = busy(pool)
    answer = pool.submit(shared.transcribe, np.zeros(21, np.int16), "fr", wanted=lambda: False)
    waiting(shared, 1)
    engine.go.set()
    shared.close()
    assert first.result(LONG).text == "1" and answer.result(LONG).refused == "superseded"
    assert engine.batches == [[(1, True)]]


def test_partials_never_make_a_long_batch(pool):
    engine, shared, _ = busy(pool)
    partials = [ask(pool, shared, 5 + each, False) for each in range(3)]
    waiting(shared, 3)
    engine.go.set()
    assert [answer.result(LONG).text for answer in partials] == ["5", "6", "7"]
    assert [len(batch) for batch in engine.batches[1:]] == [2, 1]
    shared.close()


def test_after_a_partial_the_finals_have_their_share_of_the_time(pool):
    now = [0.0]
    engine, shared, first = busy(pool, lambda: now[0])
    ask(pool, shared, 5, False)
    waiting(shared, 1)
    engine.go.set()
    assert first.result(LONG).text == "1"
    shared._resting_until = 1.0  # as after a partial that took a third of a second
    now[0] = 0.9
    assert ask(pool, shared, 6, False).result(LONG).refused == "too late"
    assert ask(pool, shared, 7, True).result(LONG).text == "7"
    now[0] = 1.1
    assert ask(pool, shared, 8, False).result(LONG).text == "8"
    shared.close()


class Gate:
    """Not a recogniser: partials wait until they are let go, finals don't; counts what is in work at once."""

    def __init__(self) -> None:
        self.go, self.began = threading.Event(), threading.Event()
        self.partials = self.most = 0
        self.lock = threading.Lock()

    def transcribe_all(self, requests, known):
        if not requests[0].final:
            with self.lock:
                self.partials += 1
                self.most = max(self.most, self.partials)
            self.began.set()
            assert self.go.wait(LONG)
            with self.lock:
                self.partials -= 1
        return [Hypothesis(str(len(each.pcm))) for each in requests]


def test_a_final_text_never_waits_for_partials(pool):
    gate = Gate()
    shared = SharedTranscriber(gate, lambda: 0.0, lanes=2)
    partials = [ask(pool, shared, 5 + each, False) for each in range(3)]
    assert gate.began.wait(LONG)
    assert ask(pool, shared, 9, True).result(LONG).text == "9"
    assert not partials[0].done()
    gate.go.set()
    assert all(answer.result(LONG) for answer in partials)
    assert gate.most == 1
    shared.close()


@pytest.mark.parametrize(("free", "waiting_finals", "taken"), [(2, 6, 3), (2, 5, 3), (1, 6, 6), (2, 40, 8), (3, 1, 1)])
def test_what_waits_is_shared_among_the_lanes_that_are_free(free, waiting_finals, taken):
    shared = SharedTranscriber(SlowEngine(), lambda: 0.0, lanes=0)  # this test is the lane
    shared._free = free
    shared._finals.extend(_Waiting(Request(np.zeros(1, np.int16), "fr"), 0.0) for _ in range(waiting_finals))
    assert len(shared._next_finals()) == taken
    assert shared._free == free - 1
    assert len(shared._finals) == waiting_finals - taken


class InTwoSteps:
    """Not a recogniser: knows its first request at once and the others when it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def transcribe_all(self, requests, known):
        found = [Hypothesis(str(len(each.pcm))) for each in requests]
        known(0, found[0])
        assert self.go.wait(LONG)
        return found


def test_who_is_understood_first_waits_for_nobody(pool):
    engine = InTwoSteps()
    shared = SharedTranscriber(engine, lanes=0)
    two = [ask(pool, shared, samples, True) for samples in (2, 3)]
    waiting(shared, 2)
    shared._free = 1
    batch = shared._next_finals()
    done = pool.submit(shared._transcribe, batch)
    assert batch[0].answer.result(LONG).text == str(len(batch[0].request.pcm))
    assert not batch[1].answer.done()
    engine.go.set()
    done.result(LONG)
    assert {answer.result(LONG).text for answer in two} == {"2", "3"}
    shared.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a priority is a whole process's")
def test_partials_are_made_at_a_low_priority(pool):
    found = {}

    class Engine:
        def transcribe_all(self, requests, known):
            found[requests[0].final] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
            return [Hypothesis("heard") for _ in requests]

    shared = SharedTranscriber(Engine(), lambda: 0.0)
    for final in (False, True):
        assert ask(pool, shared, 5, final).result(LONG).text == "heard"
    assert found[True] == os.getpriority(os.PRIO_PROCESS, 0)
    assert found[False] == min(19, found[True] + 18)
    shared.close()


def test_an_engine_that_fails_is_heard_of_by_its_batch_and_works_on(pool):
    engine, shared, _ = busy(pool)
    bad = ask(pool, shared, 13, True)
    waiting(shared, 1)
    engine.go.set()
    with pytest.raises(ValueError, match="thirteen"):
        bad.result(LONG)
    assert ask(pool, shared, 7, True).result(LONG).text == "7"
    shared.close()


def test_closed_means_closed():
    engine = SlowEngine()
    shared = SharedTranscriber(engine)
    shared.close()
    with pytest.raises(RuntimeError, match="closed"):
        shared.transcribe(np.zeros(1, np.int16), "fr")


@pytest.mark.parametrize(
    ("frames", "groups"),
    [
        ([], []),
        ([300, 100, 110], [[100, 110], [300]]),
        ([100] * 5, [[100] * 4, [100]]),
        ([100, 120, 140], [[100, 120], [140]]),
    ],
)
def test_sounds_of_like_length_are_encoded_together(frames, groups):
    turns = [Turn(Request(np.zeros(0, np.int16), "fr"), None, np.zeros(0, np.int16), each) for each in frames]
    assert [[turn.frames for turn in group] for group in of_like_length(turns)] == groups


def test_only_who_is_doubtful_waits_for_the_full_window(whisper, monkeypatch):
    found = each_prompt(2)[:3]
    told: list[int] = []
    decided = whisper._decode_full_window
    monkeypatch.setattr(whisper, "_doubtful", lambda decoded: decoded is first[0])
    first = [None]
    searched = whisper._search

    def search(turns):
        searched(turns)
        first[0] = turns[0].decoded

    def window(turn):
        told.append(-1)
        decided(turn)

    monkeypatch.setattr(whisper, "_search", search)
    monkeypatch.setattr(whisper, "_decode_full_window", window)
    heard = whisper.transcribe_all(
        [Request(each.pcm, "fr") for each in found], lambda place, hypothesis: told.append(place)
    )
    assert told == [1, 2, -1, 0]
    assert [each.how for each in heard] == ["full", "short", "short"]


@pytest.mark.parametrize("asked", [1, 2, 3])
def test_a_text_is_given_up_at_the_next_step_once_nobody_wants_it(whisper, asked, monkeypatch):
    searched, times = whisper._search, []

    def search(turns):
        times.append(len(turns))
        searched(turns)

    monkeypatch.setattr(whisper, "_search", search)
    recording, answers = each_prompt(2)[0], iter([True] * (asked - 1))
    given_up = Request(recording.pcm, "fr", wanted=lambda: next(answers, False))
    left, kept = whisper.transcribe_all([given_up, Request(recording.pcm, "fr")])
    assert left.refused == "superseded" and not left.text and kept.text
    assert times == [1 if asked == 1 else 2]


def test_a_name_in_mind_is_heard_again_and_kept_only_where_it_is_there(whisper):
    recording = next(each for each in each_prompt(6)[6:] if len(spoken_words(each.text, "en")) > 5)
    plain = whisper.transcribe(recording.pcm, "en").text
    asked = []

    def misheard(text, language):
        asked.append((text, language))
        names = ["Zorgonia Quilt", "Vermandel Toaster"]
        return [Perhaps(name, f"{text[:-4]} {name}", 0.7) for name in names]

    assert whisper.transcribe(recording.pcm, "en", misheard=misheard).text == plain
    assert asked[0] == (plain, "en")
    times = len(asked)
    assert whisper.transcribe(recording.pcm, "en", final=False, misheard=misheard).text
    assert len(asked) == times  # not of a partial


def test_a_name_that_was_said_is_understood_the_second_time(whisper):
    from voice.audio import resample
    from voice.engines.synthesizer import synthesizer_for

    voice = synthesizer_for("en")
    pcm = resample(np.concatenate(list(voice.synthesize("Do you have the Ollazio Azure toaster?"))), voice.rate, 16_000)
    name = "Ollazio Azure toaster"
    assert name.casefold() not in whisper.transcribe(pcm, "en").text.casefold()
    names = [name, "Quinrivik Star rug", "Ollavik Azure toaster"]
    said = [Perhaps(each, f"Do you have the {each}?", 0.7) for each in names]
    found = whisper.transcribe(pcm, "en", misheard=lambda text, language: said)
    assert name.casefold() in found.text.casefold()


def test_texts_are_weighed_by_what_the_decoder_finds_of_each_token(whisper):
    from voice.engines.whisper_search import likelihoods

    recording = each_prompt(6)[6]
    turn = whisper._turn(Request(recording.pcm, "en"))
    whisper._encode([turn])
    turn.decode_in = "en"
    prompt, heard = whisper._prompt(turn), whisper.transcribe(recording.pcm, "en").text
    texts = [whisper._written(each) for each in (heard, f"{heard} Thank you.", f"Well, {heard}", "Something else.")]
    together = likelihoods(whisper._model, turn.memory, prompt, texts * 3)
    assert int(np.argmax(together)) == 0 and together[:4] == pytest.approx(together[4:8], abs=0.3)
    assert together[0] > -5 > max(together[1:4])
    pairs = [likelihoods(whisper._model, turn.memory, prompt, [texts[0], each]) for each in texts[1:]]
    for (first, other), each in zip(pairs, together[1:4], strict=True):
        # Activations are quantized a tensor at a time, so what else is in a pass moves a number a little.
        assert first - other == pytest.approx(together[0] - each, rel=0.1, abs=1.0)


def test_a_batch_of_callers_is_heard_as_one_by_one(whisper):
    found = each_prompt(6)
    languages = ["fr"] * 6 + ["en"] * 6
    alone = [whisper.transcribe(each.pcm, language) for each, language in zip(found, languages, strict=True)]
    together = whisper.transcribe_all(
        [Request(each.pcm, language) for each, language in zip(found, languages, strict=True)]
        + [Request(np.zeros(8_000, np.int16), "fr")]
    )
    assert together[-1].refused == "no speech"
    words = [(spoken_words(a.text, lang), spoken_words(b.text, lang)) for a, b, lang in
             zip(alone, together, languages, strict=False)]  # fmt: skip
    different = sum(word_errors(one, other) for one, other in words)
    assert different <= 0.1 * sum(len(one) for one, _ in words)  # padding and rounding move a word now and then
