"""Known vulnerabilities of what is installed, told by pip-audit where it is installed too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from personalization.audit.finding import Finding

__all__ = ["audit_dependencies", "findings_of"]

_COMMAND = ("-m", "pip_audit", "--strict", "--skip-editable", "--format", "json", "--progress-spinner", "off")
"""Without --strict, a package that couldn't be looked up counts as sound."""


def audit_dependencies(seconds: float = 300.0) -> Iterator[Finding]:
    """Asks pip-audit, which asks the vulnerability service of the package index; waits `seconds` at most."""
    if find_spec("pip_audit") is None:
        yield Finding("low", "dependencies", "what is installed wasn't looked up: pip-audit isn't installed",
                      "pip install 'candide-voice[audit]', then candide audit security again")  # fmt: skip
        return
    try:
        done = subprocess.run([sys.executable, *_COMMAND], capture_output=True, text=True, timeout=seconds)
        yield from findings_of(done.stdout, done.stderr)
    except subprocess.TimeoutExpired:
        yield _not_made(f"no answer within {seconds:.0f} s")


def findings_of(answer: str, complaint: str = "") -> Iterator[Finding]:
    """What pip-audit's JSON says; where it isn't any, that the audit could not be made."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        yield _not_made((complaint.strip().splitlines() or ["no answer"])[-1][:200])
        return
    for package in packages:
        if "skip_reason" in package:
            yield _not_made(f"{package['name']}: {package['skip_reason'][:120]}")
        for known in package.get("vulns", ()):
            mended = ", ".join(known.get("fix_versions", ())) or "no version that mends it yet"
            yield Finding("high", "dependencies", f"{package['name']} {package['version']}: {known['id']}",
                          f"pip install --upgrade {package['name']} ({mended})")  # fmt: skip


def _not_made(why: str) -> Finding:
    return Finding("medium", "dependencies", f"what is installed could not be looked up: {why}",
                   "run pip-audit --strict where the package index can be reached")  # fmt: skip
