"""What is left out under load, in which order: cases of the table, then that the line does it."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.policy import Situation, decide
from tests.line.peers import eventually
from tests.line.test_service import line, loaded, short_choice
from tests.line.test_session import engines
from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.line.degradation import Load, Measures, Recent, plan
from voice.speaking.voices import Voices

__all__ = ["engines", "loaded", "short_choice"]


@pytest.mark.parametrize(
    ("load", "partials", "brief", "refuse"),
    [
        (Load(), True, False, False),
        (Load(calls=6), True, False, False),
        (Load(calls=7), False, False, False),
        (Load(calls=8), False, False, True),
        (Load(calls=1, most=1), True, False, True),
        (Load(calls=4, most=4), True, False, True),
        (Load(calls=3, answer=1.1), True, False, False),
        (Load(calls=3, answer=1.2), False, False, False),
        (Load(calls=3, answer=1.5), False, True, False),
        (Load(calls=3, answer=2.5), False, True, True),
    ],
)
def test_the_table(load, partials, brief, refuse):
    found = plan(load)
    assert (not found.no_partials, found.brief, found.refuse) == (partials, brief, refuse)


@pytest.mark.parametrize(
    ("load", "plain"),
    [
        (Load(calls=7), False),
        (Load(calls=2, slow_voice=True), False),
        (Load(calls=3, slow_voice=True), True),
        (Load(calls=1, answer=1.2), True),
    ],
)
def test_who_is_spoken_to_by_the_plain_voice(load, plain):
    assert plan(load).plain_voice == plain


loads = st.builds(Load, st.integers(0, 40), st.integers(1, 40), st.floats(0, 10), st.booleans())


@given(loads, st.integers(0, 5), st.floats(0, 3))
def test_more_load_never_brings_anything_back(load, calls, seconds):
    less, more = plan(load), plan(Load(load.calls + calls, load.most, load.answer + seconds, load.slow_voice))
    for measure in ("no_partials", "plain_voice", "brief", "refuse"):
        assert getattr(more, measure) or not getattr(less, measure)


@given(st.floats(0, 10))
def test_answers_get_short_only_once_the_partials_are_gone_and_callers_are_refused_last(seconds):
    found = plan(Load(1, 8, seconds))
    assert found.no_partials or not found.brief
    assert found.brief or not found.refuse


def test_a_few_slow_answers_are_no_busy_machine_and_old_ones_are_forgotten():
    recent = Recent()
    for _ in range(3):
        recent.add(0.0, 9.0)
    assert recent.percentile(1.0) == 0.0
    recent.add(1.0, 9.0)
    assert recent.percentile(1.0) == 9.0
    assert recent.percentile(62.0) == 0.0


def test_short_answers_are_one_sentence_without_additions():
    behaviour = decide(Situation(line_busy=True))
    assert behaviour.one_sentence and behaviour.no_extra and not behaviour.uses_cues


def test_the_line_does_what_the_table_says(loaded):
    told: list[str] = []
    service = line(loaded, told=told)
    for _ in range(4):
        service._note_answer(3.0)
    assert service.measures() == Measures(True, True, True, True, service.measures().because)
    assert service._engines.transcriber.no_partials
    assert told == ["load: answers slow down, answers are late, answers are far too late"]
    service._recent = Recent()
    service._apply()
    assert not service._engines.transcriber.no_partials and told[-1] == "load: as usual again"


def test_a_new_caller_is_refused_when_answers_are_far_too_late(loaded):
    from tests.line.caller import Caller, by_audiosocket
    from tests.line.test_service import run, seconds_of_sound

    told: list[str] = []
    service = line(loaded, told=told)

    async def talk(port):
        for _ in range(4):
            service._note_answer(3.0)
        caller = Caller([])
        await by_audiosocket(port, caller, 25)
        return caller

    assert seconds_of_sound(run(service, talk)) > 3
    assert any(sentence.endswith(": full") for sentence in told)


def test_a_new_caller_hears_the_plain_voice_for_the_whole_call(loaded):
    from tests.line.caller import Caller, by_audiosocket
    from tests.line.test_service import run

    service = line(loaded, {"language": "fr"})
    plain = Voices(Models(), names={"fr": "pico-fr"})
    try:
        plain.voice("fr")
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))
    service._engines = dataclasses.replace(service._engines, plain=plain)
    found = []

    async def talk(port):
        for _ in range(4):
            service._note_answer(1.3)
        caller = Caller([])
        calling = asyncio.ensure_future(by_audiosocket(port, caller, 12))
        await eventually(lambda: service.calls)
        found.append(next(iter(service._sessions)).engines.voices)
        service._recent = Recent()
        service._apply()
        await calling
        return caller

    caller = run(service, talk)
    assert found == [plain]
    assert plain._memory, "its lines were made"
    assert caller.first_sound is not None


def test_partials_are_given_up_while_the_plan_says_so():
    from voice.engines.local import SharedTranscriber
    from voice.hearing.transcriber import Hypothesis

    class Engine:
        def transcribe_all(self, requests, known):
            return [Hypothesis("heard", language="en") for _ in requests]

    shared = SharedTranscriber(Engine())
    try:
        import numpy as np

        pcm = np.zeros(160, np.int16)
        shared.no_partials = True
        assert shared.transcribe(pcm, "en", final=False).refused == "too late"
        assert shared.transcribe(pcm, "en").text == "heard"
        shared.no_partials = False
        shared._resting_until = 0.0
        assert shared.transcribe(pcm, "en", final=False).text == "heard"
    finally:
        shared.close()
