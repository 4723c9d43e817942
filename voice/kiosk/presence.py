"""Is anybody still there? A pure count of seconds, told frame by frame; it asks no clock.

In a public place the next person must find nothing of the last one: after a while in which nobody spoke or touched
anything the conversation is over and the customer forgotten. It is said beforehand, on the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Attendance", "Presence"]


class Attendance(StrEnum):
    HERE = "here"
    LEAVING = "leaving"
    """Nobody has shown themselves for a while: the screen asks."""
    GONE = "gone"


@dataclass
class Presence:
    """
    Args:
        timeout: seconds in which nobody speaks or touches anything, after which the customer is gone.
        warning: seconds before that in which the screen asks; at most half of the timeout.

    Raises:
        ValueError: a timeout that isn't positive.
    """

    timeout: float = 45.0
    warning: float = 15.0
    _alone: float = 0.0
    _gone: bool = False

    def __post_init__(self) -> None:
        if not self.timeout > 0:
            raise ValueError("the presence timeout is a number of seconds above 0")
        self.warning = min(self.warning, self.timeout / 2)

    def passes(self, seconds: float, shown: bool, assistant: bool = False) -> Attendance:
        """`seconds` more have passed.

        Args:
            shown: somebody spoke or touched something meanwhile.
            assistant: the assistant was speaking; a listener owes nothing, so this time doesn't count.
        """
        if shown:
            self._alone = 0.0
        elif not assistant:
            self._alone += seconds
        self._gone = self._gone or self._alone >= self.timeout - 1e-9
        return self.attendance

    @property
    def attendance(self) -> Attendance:
        if self._gone:
            return Attendance.GONE
        return Attendance.LEAVING if self.left <= self.warning else Attendance.HERE

    @property
    def left(self) -> float:
        """Seconds until the customer counts as gone."""
        return max(0.0, self.timeout - self._alone)
