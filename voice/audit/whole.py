"""The whole audit of a shop as one body of figures: what `candide audit` signs, shows and judges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from personalization.audit.compliance import compliance_pack, write_pack
from personalization.audit.finding import SEVERITIES, worst
from personalization.phrases import LANGUAGES
from personalization.shop import Shop
from personalization.store.periods import retention_of
from voice import __version__
from voice.audit.calls import Calls, read_calls
from voice.audit.handoffs import audit_handoffs
from voice.audit.offers import NotAllowed, audit_offers
from voice.audit.promises import count_promises
from voice.audit.recognition import audit_recognition, hear
from voice.audit.security import audit_security
from voice.audit.state_graph import human_everywhere

__all__ = ["Asked", "whole_audit"]


@dataclass(frozen=True)
class Asked:
    """What a person names for the audit of a shop."""

    shop: str | None = None
    """A folder, a database file or address; None is the demo shop."""
    journals: tuple[Path, ...] = ()
    settings: Path | None = None
    logs: tuple[Path, ...] = ()
    backups: Path | None = None
    recordings: Path | None = None
    """A list of labelled recordings."""
    consented: bool = False
    dependencies: bool = True
    states: int = 400
    """States explored from each beginning of a call, at most."""
    master: str | None = None
    keys: str | None = None


def whole_audit(
    asked: Asked, shop: Shop, limits: dict[str, dict[str, Any]], out: Path, told: Callable[[str], None] = print
) -> dict[str, Any]:
    """Every part, and whether all of them hold. The compliance pack is written to `out`.

    Args:
        told: is given the name of each part as it begins.

    Raises:
        JournalError, RecordingsError, StoreError, SettingsError: what is named can't be read.
    """
    parts: dict[str, Any] = {}
    calls = read_calls(asked.journals) if asked.journals else Calls()
    told("promises")
    parts["promises"] = _promises(asked, shop, limits["promises"], calls)
    for name, part in (("security", _security), ("recommendation", _recommendation)):
        told(name)
        parts[name] = part(asked, shop, limits[name])
    told("recognition")
    parts["recognition"] = _recognition(asked, limits["recognition"])
    told("handoffs")
    parts["handoffs"] = _handoffs(shop, limits["handoffs"], calls)
    told("compliance")
    parts["compliance"] = _compliance(asked, shop, out)
    return {
        "audit": 1,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "candide": __version__,
        "brand": shop.brand,
        "thresholds": limits,
        "parts": parts,
        "holds": all(part.get("holds", True) for part in parts.values()),
    }


def _promises(asked: Asked, shop: Shop, limits: dict[str, Any], calls: Calls) -> dict[str, Any]:
    graph = human_everywhere(shop, asked.states)
    counted = count_promises(calls.journals, shop.catalogue, limits, calls.verdicts())
    shares = [*counted, graph.share(**limits["human_in_every_state"])]
    states = {"states": graph.states, "steps": graph.steps, "complete": graph.complete}
    return _shares(shares) | {"journals": len(calls), "graph": states}


def _shares(shares: Sequence[Any]) -> dict[str, Any]:
    return {"shares": [share.as_dict() for share in shares], "holds": all(share.holds for share in shares)}


def _security(asked: Asked, shop: Shop, limits: dict[str, Any]) -> dict[str, Any]:
    found = audit_security(
        asked.shop, limits, settings=asked.settings, logs=asked.logs, backups=asked.backups,
        dependencies=asked.dependencies, master=asked.master, keys=asked.keys,
    )  # fmt: skip
    grave = SEVERITIES.index(worst(found)) > SEVERITIES.index(limits["worst_allowed"])
    return {"findings": [finding.as_dict() for finding in found], "holds": not grave}


def _recommendation(asked: Asked, shop: Shop, limits: dict[str, Any]) -> dict[str, Any]:
    try:
        comparisons, flips = audit_offers(shop, limits, asked.consented or asked.shop is None)
    except NotAllowed as kept:
        return {"not_measured": str(kept), "comparisons": [], "shares": []}
    told = _shares(flips)
    holds = told["holds"] and all(each.holds for each in comparisons)
    return told | {"comparisons": [each.as_dict() for each in comparisons], "holds": holds}


def _recognition(asked: Asked, limits: dict[str, Any]) -> dict[str, Any]:
    if asked.recordings is None:
        return {"not_measured": "no list of labelled recordings was named (--recordings)", "comparisons": []}
    return _comparisons(audit_recognition(hear(asked.recordings), limits))


def _comparisons(found: Sequence[Any]) -> dict[str, Any]:
    return {"comparisons": [each.as_dict() for each in found], "holds": all(each.holds for each in found)}


def _handoffs(shop: Shop, limits: dict[str, Any], calls: Calls) -> dict[str, Any]:
    if not len(calls):
        return {"not_measured": "no journals and no records of calls were named (--journals)", "comparisons": []}
    return _comparisons(audit_handoffs(calls.all_records(shop.catalogue), limits))


def _compliance(asked: Asked, shop: Shop, out: Path) -> dict[str, Any]:
    periods, sealed = retention_of(shop.settings).model_dump(), hasattr(shop, "store_of_customers")
    written = {}
    for language in LANGUAGES:
        pack = compliance_pack(shop.brand, shop.settings, periods, language, date.today(), sealed=sealed)
        for path in write_pack(pack, out):
            written[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"files": written}
