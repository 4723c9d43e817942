"""Threads that give way: on Linux a priority is a thread's own, elsewhere nothing is changed.

Models take what processor time there is; the thread that paces the sound of all calls needs little, but at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

__all__ = ["give_way", "others_give_way"]


def give_way(by: int) -> None:
    """The calling thread, and threads it starts, are `by` steps nicer from now on (setpriority(2): at most 19)."""
    _nicer(threading.get_native_id(), by)


def others_give_way(by: int) -> None:
    """All threads of this process there are now, those of the models' libraries too, but for the calling one and those
    that give way to it already."""
    own = threading.get_native_id()
    for thread in _threads():
        with contextlib.suppress(OSError):
            if thread != own and os.getpriority(os.PRIO_PROCESS, thread) <= os.getpriority(os.PRIO_PROCESS, own):
                _nicer(thread, by)


def _threads() -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from sorted(int(each.name) for each in Path("/proc/self/task").iterdir())


def _nicer(thread: int, by: int) -> None:
    if by and sys.platform == "linux":
        with contextlib.suppress(OSError):  # it has ended, or the system allows no change
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + by)
