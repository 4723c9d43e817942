"""Jobs are done beside the conversation, and the clock decides when their results are there."""

from __future__ import annotations

import threading
import time

import pytest

from voice.workers import SimulatedWorkers, ThreadWorkers


def wait_for(job, seconds=5.0):
    until = time.monotonic() + seconds
    while not job.ended(0.0):
        assert time.monotonic() < until, "the job never ended"
        time.sleep(0.002)


def test_a_simulated_result_is_there_only_after_its_own_duration():
    workers = SimulatedWorkers()
    job = workers.submit("hearing", lambda: time.sleep(0.05) or "words", now=10.0)
    assert job.take(10.0) == [] and not job.ended(10.0)
    assert job.take(10.0 + job.seconds + 0.001) == ["words"]
    assert job.seconds >= 0.05


def test_simulated_jobs_of_a_lane_follow_each_other_and_lanes_dont_wait_for_each_other():
    workers = SimulatedWorkers()
    first = workers.submit("hearing", lambda: time.sleep(0.03), now=0.0)
    second = workers.submit("hearing", lambda: time.sleep(0.03), now=0.0)
    other = workers.submit("speaking", lambda: None, now=0.0)
    assert second.ended(first.seconds + second.seconds + 0.001)
    assert not second.ended(second.seconds - 0.001)
    assert other.ended(other.seconds + 0.001)


def test_without_durations_everything_is_there_at_once():
    workers = SimulatedWorkers(durations=False)
    job = workers.stream("speaking", lambda: iter([1, 2, 3]), now=4.0)
    assert job.take(4.0) == [1, 2, 3] and job.ended(4.0) and not workers.busy("speaking", 4.0)


def test_a_stream_gives_its_first_result_before_its_last():
    workers = SimulatedWorkers()

    def slow():
        for number in range(3):
            time.sleep(0.02)
            yield number

    job = workers.stream("speaking", slow, now=0.0)
    assert job.take(0.03) == [0]
    assert job.take(1.0) == [1, 2]


@pytest.mark.parametrize("workers", [ThreadWorkers(), SimulatedWorkers(durations=False)], ids=["threads", "simulated"])
def test_a_failure_ends_the_job_and_spares_the_conversation(workers):
    job = workers.submit("hearing", lambda: 1 / 0, now=0.0)
    wait_for(job)
    assert isinstance(job.error, ZeroDivisionError) and job.take(0.0) == []
    after = workers.submit("hearing", lambda: "still working", now=0.0)
    wait_for(after)
    assert after.take(0.0) == ["still working"]
    workers.close()


def test_a_cancelled_job_that_has_not_begun_never_begins():
    workers = ThreadWorkers()
    gate = threading.Event()
    first = workers.submit("hearing", gate.wait, now=0.0)
    second = workers.submit("hearing", lambda: "unwanted", now=0.0)
    second.cancel()
    gate.set()
    wait_for(first)
    wait_for(second)
    assert second.take(0.0) == []
    workers.close()


def test_what_is_needed_soonest_is_done_first_and_equals_as_they_were_asked():
    workers, done = ThreadWorkers(), []
    gate, begun = threading.Event(), threading.Event()
    workers.submit("speaking", lambda: begun.set() or gate.wait(), now=0.0)
    assert begun.wait(5.0)
    jobs = [
        workers.stream("speaking", lambda name=name: iter([done.append(name)]), 0.0, (lambda at=at: at) if at else None)
        for name, at in (("late", 3.0), ("soon", 0.5), ("now", None), ("soon too", 0.5))
    ]
    gate.set()
    for job in jobs:
        wait_for(job)
    assert done == ["now", "soon", "soon too", "late"]
    workers.close()


def test_a_lane_may_have_several_threads():
    workers = ThreadWorkers({"speaking": 2})
    both = threading.Barrier(2)
    jobs = [workers.submit("speaking", lambda: both.wait(5.0) >= 0, now=0.0) for _ in range(2)]
    for job in jobs:
        wait_for(job)
        assert job.take(0.0) == [True]
    workers.close()


def test_a_lane_is_busy_while_a_job_waits_or_works():
    workers = ThreadWorkers()
    gate = threading.Event()
    job = workers.submit("hearing", gate.wait, now=0.0)
    assert workers.busy("hearing", 0.0) and not workers.busy("speaking", 0.0)
    gate.set()
    wait_for(job)
    assert not workers.busy("hearing", 0.0)
    workers.close()
