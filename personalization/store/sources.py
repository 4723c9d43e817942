"""Reads a retailer's tables: CSV or Parquet files in a folder, or a database. Row by row, whatever their size."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

from personalization.catalogue import CatalogueError
from personalization.store.database import open_database, read
from personalization.store.errors import ExtraMissing, MappingError, NoShop
from personalization.store.mapping import COLUMNS, REQUIRED, Mapping, TableMapping

__all__ = ["Source", "Table", "open_source"]

_LONGEST_LINE = 1_000_000
"""Characters. A longer line isn't a row: without this, a gigabyte without a line end would fill the memory."""

Row = tuple[int, list[str]]
"""Line number, counting from 1, and the values in the order of `COLUMNS`, stripped; absent ones are empty."""


@dataclass
class Table:
    """One table, ready to be read once.

    Attributes:
        name: Candide's. where: the file's name or the table's, for messages. size: bytes or rows in all.
        present: Candide's columns that it has or that have a default.
        done: how much of `size` has been read.
    """

    name: str
    where: str
    size: int
    present: frozenset[str]
    rows: Iterator[Row]
    done: Callable[[], int]


class Source(Protocol):
    def table(self, name: str, mapping: TableMapping) -> Table | None:
        """None where the source has no such table.

        Raises:
            CatalogueError: it is there and can't be read.
        """
        ...


def open_source(named: str) -> Source:
    """A folder, or a database's address.

    Raises:
        NoShop: it isn't there.
    """
    if "://" in named:
        return _Database(named)
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise NoShop(f"{named}: no such folder; name the folder with the shop's files, or a database's address")
    return _Folder(folder)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def table(self, name: str, mapping: TableMapping) -> Table | None:
        if mapping.file:
            path = self._folder / mapping.file
            if not path.is_file():
                raise MappingError(f"the mapping names {mapping.file} for {name} and there is none in the folder")
        else:
            found = [self._folder / f"{name}{suffix}" for suffix in (".csv", ".parquet")]
            path = next((each for each in found if each.is_file()), None)
            if path is None:
                return None
        return (_parquet if path.suffix == ".parquet" else _csv)(path, name, mapping)


class _Layout:
    """Puts a source's columns in Candide's order."""

    def __init__(self, name: str, where: str, header: list[str], mapping: TableMapping) -> None:
        self.wanted, self.where, self.width = COLUMNS[name], where, len(header)
        places = {title.strip(): place for place, title in enumerate(header)}
        self.indexes: list[int] = []
        for column in self.wanted:
            theirs = mapping.columns.get(column, column)
            if column in mapping.columns and theirs not in places:
                raise CatalogueError(where, 1, f"column {theirs} is missing, which the mapping names for {column}")
            self.indexes.append(places.get(theirs, -1))
        self.present = frozenset(
            column for column, index in zip(self.wanted, self.indexes, strict=True)
            if index >= 0 or column in mapping.defaults
        )  # fmt: skip
        missing = [column for column in REQUIRED[name] if column not in self.present]
        if missing:
            raise CatalogueError(
                where, 1, f"column {', '.join(missing)} is missing: add it, or say in a mapping file what it is called"
            )
        self._pick = itemgetter(*self.indexes)
        self._changes = [
            (place, mapping.values.get(column), mapping.defaults.get(column, ""))
            for place, column in enumerate(self.wanted)
            if column in mapping.values or column in mapping.defaults
        ]

    def ordered(self, cells: list[str]) -> list[str]:
        """Cells of the file to values of Candide's columns."""
        cells.append("")  # what an absent column reads
        values = [cell.strip() for cell in self._pick(cells)]
        for place, meanings, default in self._changes:
            value = values[place]
            if meanings and value in meanings:
                value = meanings[value]
            values[place] = value or default
        return values


def _csv(path: Path, name: str, mapping: TableMapping) -> Table:
    try:
        file = path.open(encoding=mapping.encoding, newline="")
    except LookupError as unknown:
        raise MappingError(f"encoding {mapping.encoding!r} is unknown: write utf-8, cp1252, latin-1...") from unknown
    lines = _lines(file, path.name)
    if len(mapping.delimiter) != 1:
        raise MappingError(f"delimiter {mapping.delimiter!r} isn't one character")
    reader = csv.reader(lines, delimiter=mapping.delimiter)
    try:
        header = next(reader, None)
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise CatalogueError(path.name, 1, f"this is no CSV text ({_reason(wrong)}): save it as CSV UTF-8") from wrong
    if not header:
        raise CatalogueError(path.name, 1, "the file is empty: its first line names the columns")
    layout = _Layout(name, path.name, header, mapping)

    def rows() -> Iterator[Row]:
        with file:
            try:
                for cells in reader:
                    if not cells:
                        continue
                    if len(cells) < layout.width:
                        cells += [""] * (layout.width - len(cells))
                    yield reader.line_num, layout.ordered(cells)
            except (UnicodeDecodeError, csv.Error) as wrong:
                line = reader.line_num + 1
                raise CatalogueError(
                    path.name, line, f"this is no CSV text ({_reason(wrong)}): save it as CSV UTF-8"
                ) from wrong

    raw = file.buffer
    return Table(
        name, path.name, os.stat(path).st_size, layout.present, rows(), lambda: 0 if raw.closed else raw.tell()
    )


def _lines(file, where: str) -> Iterator[str]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE and line[-1] not in "\r\n":
            raise CatalogueError(where, number, f"longer than {_LONGEST_LINE:,} characters: this is no CSV file")
        yield line


def _reason(wrong: Exception) -> str:
    if isinstance(wrong, UnicodeDecodeError):
        return f"a byte that isn't {wrong.encoding}"
    return str(wrong)


def _parquet(path: Path, name: str, mapping: TableMapping) -> Table:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as missing:
        raise ExtraMissing("pyarrow", "parquet") from missing
    try:
        file = pyarrow.parquet.ParquetFile(path)
    except (pyarrow.ArrowInvalid, OSError) as wrong:
        raise CatalogueError(path.name, 0, "not a Parquet file, or cut short: export it again") from wrong
    layout = _Layout(name, path.name, list(file.schema_arrow.names), mapping)
    total, seen = file.metadata.num_rows, 0

    def rows() -> Iterator[Row]:
        nonlocal seen
        try:
            for batch in file.iter_batches(batch_size=20_000):
                columns = [list(map(_text, column.to_pylist())) for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    seen += 1
                    yield seen, layout.ordered(list(cells))
        except (pyarrow.ArrowInvalid, OSError) as wrong:
            raise CatalogueError(
                path.name, seen + 1, "the Parquet file is damaged from here: export it again"
            ) from wrong

    return Table(name, path.name, total, layout.present, rows(), lambda: seen)


class _Database:
    def __init__(self, url: str) -> None:
        self._engine = open_database(url)

    def table(self, name: str, mapping: TableMapping) -> Table | None:
        from sqlalchemy import MetaData, func, inspect, select, text
        from sqlalchemy import Table as Found

        with read(self._engine) as connection:
            if mapping.query:
                asked, where = text(mapping.query), f"query of {name}"
                header = list(connection.execute(asked).keys())
                total = 0
            else:
                schema, _, plain = (mapping.table or name).rpartition(".")
                if not (inspect(connection).has_table(plain, schema=schema or None)):
                    if mapping.table:
                        raise MappingError(f"the mapping names {mapping.table} for {name}: there is no such table")
                    return None
                found = Found(plain, MetaData(), schema=schema or None, autoload_with=connection)
                asked, where, header = select(found), plain, list(found.columns.keys())
                total = connection.scalar(select(func.count()).select_from(found))
        layout = _Layout(name, where, header, mapping)
        seen = 0

        def rows() -> Iterator[Row]:
            nonlocal seen
            with read(self._engine) as connection:
                for cells in connection.execution_options(yield_per=5000).execute(asked):
                    seen += 1
                    yield seen, layout.ordered([_text(cell) for cell in cells])

        return Table(name, where, total, layout.present, rows(), lambda: seen)


def _text(value: Any) -> str:
    """A typed value as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return str(value)


def tables_of(source: Source, mapping: Mapping) -> Iterator[Table]:
    """Every table the source has, in the order it is imported."""
    for name in COLUMNS:
        table = source.table(name, mapping.of(name))
        if table is not None:
            yield table
