"""What is read from how the caller speaks: measures against their own start of the call, never an emotion (law 7)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cues"]


@dataclass(frozen=True)
class Cues:
    """Measures of one utterance. Relative values compare with the caller's own first seconds; None: not known yet."""

    level_dbfs: float | None = None
    """Speech level, dB below full scale (RMS of voiced frames)."""
    pitch_hz: float | None = None
    """Median fundamental frequency, Hz."""
    pitch_range_semitones: float | None = None
    """10th to 90th percentile of the pitch, in semitones."""
    rate_syllables_s: float | None = None
    """Syllables per second of speech, pauses left out."""
    voiced_share: float | None = None
    """Share of the speech that has a pitch: half or more of it in a voice, next to nothing in a whisper."""
    pause_ratio: float | None = None
    """Share of the utterance that is pause, 0 to 1."""
    level_change_db: float | None = None
    """Level minus the caller's own start of the call, dB."""
    pitch_change_semitones: float | None = None
    rate_change: float | None = None
    """Rate divided by the caller's own start of the call."""
    usual_rate: float | None = None
    """Syllables per second at their own start of the call."""
    pause_change: float | None = None
    """Pause ratio minus the caller's own start of the call."""
    repeated: bool = False
    """The caller said much the same as in an earlier turn."""

    @property
    def raised_voice(self) -> bool:
        """At least 6 dB over their own start of the call."""
        return self.level_change_db is not None and self.level_change_db >= 6.0

    @property
    def hurried(self) -> bool:
        """Speaks at least 30 % faster than at their own start of the call."""
        return self.rate_change is not None and self.rate_change >= 1.3

    @property
    def hesitant(self) -> bool:
        """Pauses fill at least 15 points more of the turn than at their own start of the call, and a third of it."""
        return self.pause_change is not None and self.pause_change >= 0.15 and (self.pause_ratio or 0.0) >= 0.33

    @property
    def slow(self) -> bool:
        """Under three syllables a second from their own start of the call on: recordings of French and English callers
        and announcers have 4.3 to 4.7 at the median and 3.0 to 3.8 at the fifth percentile."""
        return self.usual_rate is not None and self.usual_rate < 3.0

    @property
    def whispering(self) -> bool:
        """Speech without a pitch."""
        return self.voiced_share is not None and self.voiced_share < 0.1
