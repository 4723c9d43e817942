"""Three packages, three floors: an import never goes up, and each floor stands without those above it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("personalization", "nlu", "voice")
SOUND = ("onnxruntime", "ctranslate2", "faster_whisper", "piper", "webrtcvad")


def modules() -> list[Path]:
    return [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_an_import_never_goes_up_a_floor(path):
    own = FLOORS.index(path.relative_to(ROOT).parts[0])
    assert not imported(path) & set(FLOORS[own + 1 :])


@pytest.mark.parametrize("floor", FLOORS[:2])
def test_meaning_and_the_customer_need_no_sound(floor):
    code = (
        f"import importlib, pkgutil, sys, {floor}\n"
        f"for found in pkgutil.walk_packages({floor}.__path__, '{floor}.'):\n"
        "    importlib.import_module(found.name)\n"
        f"print(sorted(name for name in {SOUND!r} + ('voice',) if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
