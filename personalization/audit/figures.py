"""A share with how sure it is, and the threshold it must hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

__all__ = ["Share", "wilson"]

_Z = 1.959964
"""The 97.5th percentile of the normal distribution: a 95 % interval."""


def wilson(count: int, n: int, z: float = _Z) -> tuple[float, float]:
    """The score interval of a proportion (Wilson, JASA 1927): right too where the count is 0 or n. n of 0: (0, 1)."""
    if n == 0:
        return 0.0, 1.0
    p, spread = count / n, z * z / n
    middle = (p + spread / 2) / (1 + spread)
    half = z * sqrt(p * (1 - p) / n + spread / (4 * n)) / (1 + spread)
    return (0.0 if count == 0 else middle - half), (1.0 if count == n else middle + half)


@dataclass(frozen=True)
class Share:
    """`count` of `n`, and where it went wrong."""

    name: str
    count: int
    n: int
    at_least: float | None = None
    """The share that must be reached; None where `at_most` bounds it."""
    at_most: float | None = None
    broken: tuple[str, ...] = ()
    """Each place that broke it, for a person to look at."""

    @property
    def value(self) -> float | None:
        return self.count / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 %."""
        return wilson(self.count, self.n)

    @property
    def holds(self) -> bool:
        """Nothing to count breaks nothing."""
        if self.value is None:
            return True
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    def as_dict(self) -> dict[str, Any]:
        low, high = self.interval
        told = {"value": self.value, "low": round(low, 4), "high": round(high, 4), "holds": self.holds}
        return asdict(self) | told | {"broken": list(self.broken)}
