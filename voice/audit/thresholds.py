"""What a shop is held to: assets/audit/thresholds.yaml, which a shop may replace (CANDIDE_ASSETS)."""

from __future__ import annotations

from typing import Any

import yaml

from personalization.assets import asset

__all__ = ["ThresholdError", "thresholds"]


class ThresholdError(ValueError):
    """The file can't be used; the message says what to correct."""


def thresholds() -> dict[str, dict[str, Any]]:
    """By part of the audit.

    Raises:
        ThresholdError: a part is missing or isn't a list of limits.
    """
    path = asset("audit", "thresholds.yaml")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as wrong:
        raise ThresholdError(f"{path}: not well-formed YAML: {str(wrong).splitlines()[0]}") from wrong
    for part in ("promises", "security", "recommendation", "handoffs", "recognition"):
        if not isinstance(found, dict) or not isinstance(found.get(part), dict):
            raise ThresholdError(f"{path}: {part!r} is missing: put its limits back")
    return found
