"""The real speech model, loaded once for all the tests that hear, or a reason to skip."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.engines.models import ModelDamaged, ModelMissing, Models
from voice.engines.whisper import LocalWhisper


@pytest.fixture(scope="session")
def whisper_folder() -> Path:
    try:
        return Models().ready("whisper-base")
    except (ModelMissing, ModelDamaged) as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def whisper(whisper_folder) -> LocalWhisper:
    return LocalWhisper(whisper_folder)
