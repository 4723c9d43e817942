"""What an audit of security found, how grave it is, and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["SEVERITIES", "Finding", "worst"]

SEVERITIES = ("info", "low", "medium", "high")


@dataclass(frozen=True)
class Finding:
    severity: str
    """One of `SEVERITIES`; "info" asks for nothing now."""
    check: str
    """What was looked at: "permissions", "keys", "ledger", "backups", "ports", "tls", "secrets", "dependencies",
    "staff"."""
    what: str
    to_do: str

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"{self.severity!r} is no severity: use one of {', '.join(SEVERITIES)}")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def worst(findings: tuple[Finding, ...]) -> str:
    """ "info" where there is nothing."""
    return max((finding.severity for finding in findings), key=SEVERITIES.index, default="info")
