"""Known vulnerabilities of what is installed, told by pip-audit where it is installed too.

What `pip-audit --strict` fails on, a package that couldn't be looked up, is told here package by package: with
--strict pip-audit ends at the first of them and keeps the holes of the others to itself. None looked up at all is no
answer, which an index without the vulnerability service gives too.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from personalization.audit.finding import Finding

__all__ = ["NOT_LOOKED_UP", "audit_dependencies", "findings_of"]

NOT_LOOKED_UP = "what is installed could not be looked up"
"""How a finding begins where there was no answer at all."""

_COMMAND = ("-m", "pip_audit", "--skip-editable", "--format", "json", "--progress-spinner", "off")
_OURS = "distribution marked as editable"
"""What pip-audit says of a source checkout that is installed as it lies: Candide itself."""


def audit_dependencies(seconds: float = 300.0, osv: str | None = None) -> Iterator[Finding]:
    """Asks pip-audit, which asks the vulnerability service of the package index; waits `seconds` at most.

    Args:
        osv: address of an OSV service (https://osv.dev) to ask instead.
    """
    if find_spec("pip_audit") is None:
        yield Finding("low", "dependencies", f"{NOT_LOOKED_UP}: pip-audit isn't installed",
                      "pip install 'candide-voice[audit]', then candide audit dependencies")  # fmt: skip
        return
    service = ("--vulnerability-service", "osv", "--osv-url", osv) if osv else ()
    try:
        done = subprocess.run(
            [sys.executable, *_COMMAND, *service], capture_output=True, text=True, timeout=seconds, errors="replace"
        )
        yield from findings_of(done.stdout, done.stderr)
    except subprocess.TimeoutExpired:
        yield _not_made(f"no answer within {seconds:.0f} s")


def findings_of(answer: str, complaint: str = "") -> Iterator[Finding]:
    """What pip-audit's JSON says; where it isn't any, that the audit could not be made."""
    try:
        packages = [each for each in json.loads(answer)["dependencies"] if each.get("skip_reason") != _OURS]
        skipped = [package for package in packages if "skip_reason" in package]
    except (ValueError, KeyError, TypeError, AttributeError):
        yield _not_made((complaint.strip().splitlines() or ["no answer"])[-1][:200])
        return
    if len(skipped) == len(packages):
        yield _not_made(f"the vulnerability service knows none of {len(packages)} packages, so it isn't there")
        return
    for package in packages:
        for known in package.get("vulns", ()):
            mended = ", ".join(known.get("fix_versions", ())) or "no version that mends it yet"
            yield Finding("high", "dependencies", f"{package['name']} {package['version']}: {known['id']}",
                          f"pip install --upgrade {package['name']} ({mended})")  # fmt: skip
    for package in skipped:
        yield Finding("medium", "dependencies", f"{package['name']} could not be looked up: "
                      f"{package['skip_reason'][:120]}", "look it up by hand, or leave it out")  # fmt: skip


def _not_made(why: str) -> Finding:
    return Finding("medium", "dependencies", f"{NOT_LOOKED_UP}: {why}",
                   "candide audit dependencies where the vulnerability service can be reached")  # fmt: skip
