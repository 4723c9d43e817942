"""Our own voice taken out of what the microphone hears, so that the assistant doesn't interrupt itself.

The canceller is WebRTC's AEC3 (a partitioned-block frequency-domain adaptive filter with delay estimation and residual
echo suppression), as the `livekit` package builds it. Nothing of that package but its audio processing is used, and
nothing connects to anything.
"""

from __future__ import annotations

import logging
from functools import cache
from types import ModuleType

import numpy as np

from voice.audio import SILENCE_DBFS, AudioError, dbfs

__all__ = ["RATES", "EchoCanceller", "erle"]

RATES = (8_000, 16_000, 32_000, 48_000)
_STEP = 100
"""The canceller works in steps of 1/100 s."""


class EchoCanceller:
    """One a conversation; it forgets nothing but what it learnt of the room.

    Args:
        rate: Hz, one of RATES.
        delay: seconds between giving a frame to the loudspeaker and hearing it, roughly; found by itself from there.
        noise_suppression: also lowers steady noise.

    Raises:
        AudioError: another rate, or the package isn't installed.
    """

    def __init__(self, rate: int, delay: float = 0.1, noise_suppression: bool = False) -> None:
        if rate not in RATES:
            raise AudioError(f"Echo is cancelled at {', '.join(map(str, RATES))} Hz, not at {rate}: resample first.")
        self.rate = rate
        self._step = rate // _STEP
        self._audio = _livekit()
        self._module = self._audio.AudioProcessingModule(
            echo_cancellation=True, noise_suppression=noise_suppression, high_pass_filter=True
        )
        self._delay = round(delay * 1000)

    def process(self, captured: np.ndarray, played: np.ndarray) -> np.ndarray:
        """What is left of the microphone's sound.

        Args:
            captured: (n,) int16, n a multiple of 10 ms.
            played: (n,) int16, what was given to the loudspeaker meanwhile.

        Returns:
            (n,) int16.

        Raises:
            AudioError: of two lengths, or no multiple of 10 ms.
        """
        if len(captured) != len(played) or len(captured) % self._step:
            raise AudioError("The canceller takes the same multiple of 10 ms of both sounds.")
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
