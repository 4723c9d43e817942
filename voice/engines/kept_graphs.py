"""ONNX graphs made on this machine from a model's weights: once, then kept in the cache under the weights' own hash."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from voice.engines.user_cache import cache_dir

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession

__all__ = ["graphs_of", "kept_session", "session"]

log = logging.getLogger(__name__)


def graphs_of(model: Path, *names: str) -> list[Path]:
    """Where the graphs made from a model's file are kept; another file, another place."""
    with model.open("rb") as file:
        key = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return [cache_dir() / "graphs" / f"{key}-{name}.onnx" for name in names]


def kept_session(path: Path, make: Callable[[], ModelProto], threads: int) -> InferenceSession:
    """From the cache; what isn't there, or is damaged, is made."""
    if path.is_file():
        try:
            return session(path, threads)
        except Exception as error:  # ONNX Runtime's own kinds
            log.warning("%s is made anew: %s", path.name, error)
    graph = make().SerializeToString()
    _keep(path, graph)
    return session(graph, threads)


def session(graph: Path | bytes, threads: int) -> InferenceSession:
    """`threads` cores at most, none of them kept busy by waiting."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False
    # Threads that spin between two passes take the core from whoever speaks or listens meanwhile.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    given = graph if isinstance(graph, bytes) else str(graph)
    return InferenceSession(given, options, providers=["CPUExecutionProvider"])


def _keep(path: Path, graph: bytes) -> None:
    """Whole or not at all; a cache that can't be written costs the making at the next start, no more."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(graph)
        os.replace(file.name, path)
    except OSError as error:
        log.warning("a model's graph can't be kept: %s", error)
