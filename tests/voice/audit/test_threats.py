"""The threat model names a test for every threat, and every test it names is there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import yaml

from personalization.assets import asset

ROOT = Path(__file__).resolve().parents[3]
STRIDE = {
    "spoofing", "tampering", "repudiation", "information disclosure", "denial of service", "elevation of privilege",
}  # fmt: skip
FLOWS = yaml.safe_load(asset("audit", "threats.yaml").read_text(encoding="utf-8"))
THREATS = [threat for flow in FLOWS for threat in flow["threats"]]


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    named = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, named))


def test_every_threat_has_a_test_that_exists():
    missing = []
    for threat in THREATS:
        assert threat["stride"] in STRIDE and threat["threat"] and threat["answer"] and threat["tests"]
        for named in threat["tests"]:
            path, _, name = named.partition("::")
            if not (ROOT / path).is_file() or name not in functions_of(path):
                missing.append(named)
    assert not missing


def test_each_letter_of_stride_is_thought_of():
    assert {threat["stride"] for threat in THREATS} == STRIDE
    assert len(FLOWS) >= 8 and all(flow["flow"] and len(flow["threats"]) >= 2 for flow in FLOWS)
