"""Our own voice taken out of what the microphone hears, so that the assistant doesn't interrupt itself.

Two cancellers work beside each other. WebRTC's AEC3 (as the `livekit` package builds it; nothing of that package but
its audio processing is used, and nothing connects to anything) suppresses what it can't subtract, and so is quiet from
the first second; but while both speak it suppresses the caller as well: half of their words or more were misheard
behind it. A filter that only subtracts (`voice.kiosk.room_filter`) leaves the caller as they are, 2 to 4 words in a
hundred misheard, and takes two or three seconds to learn a room. It is listened to from then on.
"""

from __future__ import annotations

import logging
from functools import cache
from types import ModuleType

import numpy as np

from voice.audio import SILENCE_DBFS, AudioError, dbfs
from voice.kiosk.room_filter import RoomFilter

__all__ = ["RATES", "EchoCanceller", "erle"]

RATES = (8_000, 16_000, 32_000, 48_000)
_STEP = 100
"""AEC3 works in steps of 1/100 s, the filter in twice as long ones."""
_SCALE = 32768


class EchoCanceller:
    """One a conversation; it forgets nothing but what it learnt of the room.

    Args:
        rate: Hz, one of RATES.
        delay: seconds between giving a frame to the loudspeaker and hearing it, roughly; found by itself from there.

    Raises:
        AudioError: another rate, or the package isn't installed.
    """

    def __init__(self, rate: int, delay: float = 0.1) -> None:
        if rate not in RATES:
            raise AudioError(f"Echo is cancelled at {', '.join(map(str, RATES))} Hz, not at {rate}: resample first.")
        self.rate = rate
        self._room = RoomFilter(rate)
        self._step = rate // _STEP
        self._audio = _livekit()
        self._module = self._audio.AudioProcessingModule(echo_cancellation=True, high_pass_filter=True)
        self._delay = round(delay * 1000)
        self._learnt = self.changed = False

    @property
    def found(self) -> bool:
        """The room is learnt: a caller who speaks into our voice is left as they are."""
        return self._room.found

    def lost(self) -> None:
        """Sound was torn: the echo is later, or sooner, than it was."""
        self._room.forget()

    def process(self, captured: np.ndarray, played: np.ndarray) -> np.ndarray:
        """What is left of the microphone's sound.

        Args:
            captured: (n,) int16, n a multiple of 20 ms.
            played: (n,) int16, what was given to the loudspeaker meanwhile.

        Returns:
            (n,) int16.

        Raises:
            AudioError: of two lengths, or no multiple of 20 ms.
        """
        if len(captured) != len(played) or len(captured) % self._room.size:
            raise AudioError("The canceller takes the same multiple of 20 ms of both sounds.")
        left = np.empty_like(captured)
        self.changed = False
        for at in range(0, len(captured), self._room.size):
            span = slice(at, at + self._room.size)
            suppressed = self.suppressed(captured[span], played[span])
            subtracted = self._room.left(_real(captured[span]), _real(played[span])) * _SCALE
            self.changed |= self._room.found != self._learnt
            self._learnt = self._room.found
            if self._learnt:
                left[span] = np.clip(np.rint(subtracted), -_SCALE, _SCALE - 1)
            else:
                left[span] = suppressed
        return left

    def suppressed(self, captured: np.ndarray, played: np.ndarray) -> np.ndarray:
        """What AEC3 alone leaves of it: the same arguments, in multiples of 10 ms."""
        left = np.empty_like(captured)
        for at in range(0, len(captured), self._step):
            span = slice(at, at + self._step)
            self._module.process_reverse_stream(self._frame(played[span]))
            self._module.set_stream_delay_ms(self._delay)
            frame = self._frame(captured[span])
            self._module.process_stream(frame)
            left[span] = np.frombuffer(frame.data, np.int16)
        return left

    def _frame(self, sound: np.ndarray):
        return self._audio.AudioFrame(bytearray(sound.astype(np.int16).tobytes()), self.rate, 1, self._step)


def _real(sound: np.ndarray) -> np.ndarray:
    return sound.astype(np.float32) / _SCALE


@cache
def _livekit() -> ModuleType:
    try:
        import livekit.rtc.apm
    except ImportError as missing:
        raise AudioError("Echo cancellation needs one more package: pip install 'candide-voice[kiosk]'") from missing
    logging.getLogger("livekit").setLevel(logging.ERROR)
    module = ModuleType("livekit_audio")
    module.AudioProcessingModule = livekit.rtc.apm.AudioProcessingModule
    module.AudioFrame = livekit.rtc.AudioFrame
    return module


def erle(captured: np.ndarray, left: np.ndarray) -> float:
    """Echo return loss enhancement, dB (ITU-T G.168): how much lower the sound is after the canceller.

    Args:
        captured, left: (n,) int16, the microphone before and after, while only the loudspeaker was heard.
    """
    before, after = dbfs(captured), dbfs(left)
    return before - max(after, SILENCE_DBFS)
