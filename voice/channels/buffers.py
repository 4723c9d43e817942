"""Sound that comes unevenly, given out evenly: 20 ms each 20 ms, whatever the network does.

`JitterBuffer` is for packets that may be lost, late, doubled or out of order (RTP). `StreamBuffer` is for a connection
that only delays (TCP, WebSocket). Both hold a short delay against unevenness, fill holes (see `concealment`), and
shorten a delay that has grown by leaving out quiet frames, never speech.
"""

from __future__ import annotations

import numpy as np

from voice.audio import dbfs
from voice.channels.channel import FRAME_SECONDS
from voice.channels.concealment import Concealment

__all__ = ["JitterBuffer", "StreamBuffer"]

_QUIET = -45.0
"""dBFS under which a frame may be left out."""


class StreamBuffer:
    """For sound that comes in order and whole.

    Args:
        rate: Hz.
        delay: seconds held before the first frame is given out.
        most: seconds kept at most; older sound is dropped (`lost` counts it).
    """

    def __init__(self, rate: int, delay: float = 0.04, most: float = 3.0) -> None:
        self.size = int(rate * FRAME_SECONDS)
        self.lost = 0
        """Frames filled in or dropped since the first came."""
        self._delay, self._most = int(rate * delay), int(rate * most)
        self._sound = np.zeros(0, np.int16)
        self._concealment = Concealment(rate)
        self._flowing = False
        self._began = False

    def push(self, pcm: np.ndarray) -> None:
        """(n,) int16, any length."""
        self._sound = np.concatenate([self._sound, pcm])
        over = len(self._sound) - self._most
        if over > 0:
            self._sound = self._sound[over:]
            self.lost += over // self.size

    def pull(self) -> np.ndarray:
        """The next frame, (rate * 0.02,) int16."""
        if not self._flowing:
            if len(self._sound) < self._delay + self.size:
                self.lost += self._began
                return self._concealment.fill(self.size)
            self._flowing = self._began = True
        if len(self._sound) < self.size:
            self._flowing = False  # gather the delay anew before going on
            self.lost += 1
            return self._concealment.fill(self.size)
        frame = self._take()
        if len(self._sound) >= self._delay + 4 * self.size and dbfs(frame) < _QUIET:
            frame = self._take()
        return self._concealment.good(frame)

    def _take(self) -> np.ndarray:
        frame, self._sound = self._sound[: self.size], self._sound[self.size :]
        return frame


_WINDOW = 4.0
"""Seconds of the jitter buffer's ring."""
_LATE_TO_GROW = 2
"""Late packets that make the delay a frame longer."""
_LATE_IN_A_ROW = 8
"""Late packets in a row after which the sender's clock is taken to have moved."""
_SHRINK_AFTER = 250
"""Frames (5 s) after which a delay that was never needed is shortened."""


class JitterBuffer:
    """For packets with timestamps (RFC 3550), of any length, in any order.

    Args:
        rate: Hz, of the timestamps and the sound.
        delay: seconds held at first; it grows with late packets up to `longest` and shrinks again.
    """

    def __init__(self, rate: int, delay: float = 0.04, longest: float = 0.24) -> None:
        self.size = int(rate * FRAME_SECONDS)
        self.lost = 0
        """Frames filled in, whole or in part; a hole counts once the sound goes on after it."""
        self.late = 0
        """Packets that came after their moment."""
        self._ring = np.zeros(int(rate * _WINDOW), np.int16)
        self._there = np.zeros(len(self._ring), bool)
        self._concealment = Concealment(rate)
        self._first_delay, self._delay, self._longest = int(rate * delay), int(rate * delay), int(rate * longest)
        self._play: int | None = None
        """Extended timestamp of the next sample given out."""
        self._newest = 0
        """Extended timestamp after the newest sample."""
        self._late_lately = self._late_in_a_row = 0
        self._frames = self._spare = self._hole = 0
        self._began = False

    def push(self, timestamp: int, pcm: np.ndarray) -> None:
        """A packet's sound, (n,) int16, at its RTP timestamp (32 bits)."""
        if not 0 < len(pcm) <= len(self._ring) // 4:
            return
        if self._play is None:
            self._restart(timestamp)
        at = self._extended(timestamp)
        if at >= self._play + len(self._ring) - len(pcm) or at < self._play - len(self._ring):
            self._restart(timestamp)
            at = timestamp
        if at + len(pcm) <= self._play:
            return self._came_late(timestamp, pcm)
        self._late_in_a_row = 0
        if at < self._play:
            self._note_late()
            pcm, at = pcm[self._play - at :], self._play
        index = np.arange(at, at + len(pcm)) % len(self._ring)
        self._ring[index], self._there[index] = pcm, True
        self._newest = max(self._newest, at + len(pcm))

    def pull(self) -> np.ndarray:
        """The next frame, (rate * 0.02,) int16."""
        if self._play is None:
            return np.zeros(self.size, np.int16)
        frame, there = self._take()
        if self._adapts(frame, there):
            frame, there = self._take()
        if there.all():
            self.lost += self._hole if self._began else 0
            self._hole, self._began = 0, True
            return self._concealment.good(frame)
        self._hole += 1
        filled = self._concealment.fill(self.size)
        if not there.any():
            return filled
        return np.where(there, frame, filled)

    def restart(self) -> None:
        """A new sender, whose timestamps have nothing to do with the ones before."""
        self._play = None

    def _take(self) -> tuple[np.ndarray, np.ndarray]:
        start = self._play % len(self._ring)
        index = np.arange(start, start + self.size) % len(self._ring)
        frame, there = self._ring[index], self._there[index]
        self._there[index] = False
        self._play += self.size
        return frame, there

    def _adapts(self, frame: np.ndarray, there: np.ndarray) -> bool:
        """Whether this frame is left out, to shorten a delay that wasn't needed for 5 s."""
        ahead = self._newest - self._play
        self._spare = ahead if self._frames == 0 else min(self._spare, ahead)
        self._frames += 1
        if self._frames < _SHRINK_AFTER:
            return False
        if self._spare > self._first_delay + self.size and there.all() and dbfs(frame) < _QUIET:
            self._delay = max(self._first_delay, self._delay - self.size)
            self._frames = self._late_lately = 0
            return True
        if self._frames > 2 * _SHRINK_AFTER:
            self._frames = self._late_lately = 0
        return False

    def _came_late(self, timestamp: int, pcm: np.ndarray) -> None:
        self._note_late()
        self._late_in_a_row += 1
        if self._late_in_a_row >= _LATE_IN_A_ROW:
            self._restart(timestamp)
            self.push(timestamp, pcm)

    def _note_late(self) -> None:
        self.late += 1
        self._late_lately += 1
        if self._late_lately >= _LATE_TO_GROW and self._delay < self._longest:
            self._late_lately, self._frames = 0, 0
            self._delay += self.size
            self._play -= self.size  # the next frame is a filled-in one, and all after it have 20 ms more

    def _extended(self, timestamp: int) -> int:
        """The 32-bit timestamp as a count that doesn't wrap, nearest to the one being played."""
        near = self._play + ((timestamp - self._play + (1 << 31)) % (1 << 32)) - (1 << 31)
        return near

    def _restart(self, timestamp: int) -> None:
        self._there[:] = False
        self._play = timestamp - self._delay
        self._newest = timestamp
        self._late_in_a_row = self._late_lately = self._frames = 0
