"""Models give way to the thread that paces sound."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from voice.workers import ThreadWorkers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a thread has no priority of its own here")


def nice(thread: int | None = None) -> int:
    return os.getpriority(os.PRIO_PROCESS, thread or threading.get_native_id())


def test_a_lane_of_nice_workers_is_nicer_than_who_made_it():
    workers, usual = ThreadWorkers(nice=3), nice()
    job = workers.submit("hearing", nice, 0.0)
    workers.close(5.0)
    assert job.take(0.0) == [usual + 3] and nice() == usual


_OTHERS = """
import os, threading
from voice.priority import give_way, others_give_way
nice = lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
usual, over, seen = nice(), threading.Event(), {}
begun = threading.Barrier(3)
def wait(name, by):
    give_way(by)
    begun.wait(10)
    over.wait(10)
    seen[name] = nice() - usual
threads = [threading.Thread(target=wait, args=each) for each in (("like the caller", 0), ("nicer", 5))]
for thread in threads: thread.start()
begun.wait(10)
others_give_way(2)
others_give_way(2)
over.set()
for thread in threads: thread.join()
print(sorted(seen.items()), nice() - usual)
"""


def test_the_other_threads_give_way_once_and_the_calling_one_does_not():
    done = subprocess.run([sys.executable, "-c", _OTHERS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[('like the caller', 2), ('nicer', 5)] 0"
