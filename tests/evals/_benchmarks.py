"""Public intent benchmarks, read from a folder the user names: CLINC150 and Banking77."""

from __future__ import annotations

import csv
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Benchmark", "folder", "load"]

HOW_TO_GET = (
    "set CANDIDE_DATA to a folder with clinc150.json (data_full.json of github.com/clinc/oos-eval) and "
    "banking77-train.csv, banking77-test.csv (github.com/PolyAI-LDN/task-specific-datasets)"
)
Rows = list[tuple[str, str]]
"""(sentence, intent)."""


@dataclass(frozen=True)
class Benchmark:
    name: str
    train: Rows
    test: Rows
    out_of_scope: Rows
    """Of the test; empty where the benchmark has none."""
    published: dict[str, str]
    """What papers report, by the figure's name."""

    def few(self, each: int) -> Benchmark:
        """With so many training sentences an intent, drawn once."""
        draw, by_intent = random.Random(1), {}
        for row in self.train:
            by_intent.setdefault(row[1], []).append(row)
        chosen = [row for rows in by_intent.values() for row in draw.sample(rows, min(each, len(rows)))]
        return Benchmark(self.name, chosen, self.test, self.out_of_scope, self.published)


def folder() -> Path | None:
    """The folder CANDIDE_DATA names, if there is one."""
    named = os.environ.get("CANDIDE_DATA")
    return Path(named).expanduser() if named and Path(named).expanduser().is_dir() else None


def load() -> tuple[list[Benchmark], str | None]:
    """The benchmarks that are there, and what is missing."""
    where = folder()
    if where is None:
        return [], f"CLINC150 and Banking77 skipped: {HOW_TO_GET}"
    found, missing = [], []
    for read, names in ((_clinc, ("clinc150.json",)), (_banking, ("banking77-train.csv", "banking77-test.csv"))):
        paths = [where / name for name in names]
        if all(path.exists() for path in paths):
            found.append(read(*paths))
        else:
            missing += names
    return found, f"{', '.join(missing)} skipped: {HOW_TO_GET}" if missing else None


def _clinc(path: Path) -> Benchmark:
    data = {key: [(text, intent) for text, intent in rows] for key, rows in json.loads(path.read_text("utf-8")).items()}
    return Benchmark(
        "CLINC150", data["train"] + data["oos_train"], data["test"], data["oos_test"],
        {"accuracy": "fine-tuned BERT 0.96-0.97 (Larson et al. 2019; Casanueva et al. 2020)"},
    )  # fmt: skip


def _banking(train: Path, test: Path) -> Benchmark:
    def rows(path: Path) -> Rows:
        with path.open(encoding="utf-8", newline="") as lines:
            return [(row["text"], row["category"]) for row in csv.DictReader(lines)]

    published = {"accuracy": "fine-tuned BERT 0.93-0.94 (Casanueva et al. 2020)"}
    return Benchmark("Banking77", rows(train), rows(test), [], published)
