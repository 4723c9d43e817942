"""A retailer's own column names, said in a YAML file: which table is which, and which column is what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from personalization.catalogue import CATEGORY_COLUMNS, PRODUCT_COLUMNS, PRODUCT_MORE_COLUMNS
from personalization.store.errors import MappingError

__all__ = ["COLUMNS", "REQUIRED", "Mapping", "TableMapping", "load_mapping"]

COLUMNS: dict[str, tuple[str, ...]] = {
    "categories": tuple(CATEGORY_COLUMNS),
    "products": (*PRODUCT_COLUMNS, *PRODUCT_MORE_COLUMNS),
    "stores": ("id", "name", "address", "phone", "hours"),
    "customers": ("id", "name", "language", "birth_year", "store", "open_case", "story", "phone", "email"),
    "purchases": (
        "customer", "product", "date", "days_ago", "quantity", "price", "returned", "returned_days_ago", "order", "id",
    ),
    "returns": ("customer", "product", "date", "days_ago", "order"),
    "stock": ("product", "stock"),
    "orders": ("customer", "order", "status", "expected", "in_days", "items"),
}  # fmt: skip
"""What Candide knows of each table, in the order it is imported."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "categories": ("id", "name_fr", "form_fr", "name_en", "form_en", "life_cycle"),
    "products": ("id", "category", "name_fr", "form_fr", "name_en", "form_en", "price"),
    "stores": ("id", "name"),
    "customers": ("id", "name"),
    "purchases": ("customer", "product"),
    "returns": ("customer", "product"),
    "stock": ("product", "stock"),
    "orders": ("customer", "order", "status"),
}
"""Columns a table can't do without; a purchase and a return also need `date` or `days_ago`."""


class TableMapping(BaseModel):
    """Where a table's rows are and what its columns are called there."""

    model_config = ConfigDict(extra="forbid")

    file: str | None = None
    """A CSV or Parquet file in the imported folder; by default the table's name with .csv or .parquet."""
    table: str | None = None
    """A table or view of the imported database; by default the table's name."""
    query: str | None = None
    """A SELECT, instead of a table."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Candide's column to theirs; one that isn't named has the same name on both sides."""
    defaults: dict[str, str] = Field(default_factory=dict)
    """What an absent or empty cell stands for."""
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Candide's column to {their value: Candide's value}."""
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    date_format: str | None = None
    """As `strptime` writes it ("%d/%m/%Y"); ISO 8601 by default."""

    @field_validator("defaults", "values", mode="before")
    @classmethod
    def _as_text(cls, told: Any) -> Any:
        """YAML reads 12 as a number and no as false: here they are what would stand in a cell."""
        if not isinstance(told, dict):
            return told
        return {
            _cell(key): cls._as_text(value) if isinstance(value, dict) else _cell(value) for key, value in told.items()
        }


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


class Mapping(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    brand: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    tables: dict[str, TableMapping] = Field(default_factory=dict)

    @field_validator("tables")
    @classmethod
    def _known(cls, tables: dict[str, TableMapping]) -> dict[str, TableMapping]:
        for name, table in tables.items():
            if name not in COLUMNS:
                raise ValueError(f"table {name!r} is unknown: the tables are {', '.join(COLUMNS)}")
            strange = {*table.columns, *table.defaults, *table.values} - set(COLUMNS[name])
            if strange:
                known = ", ".join(COLUMNS[name])
                raise ValueError(f"{name} has no column {', '.join(sorted(strange))}: its columns are {known}")
        return tables

    def of(self, table: str) -> TableMapping:
        return self.tables.get(table, TableMapping())


def load_mapping(path: Path | None) -> Mapping:
    """An empty mapping where there is no file: then names are Candide's own.

    Raises:
        MappingError: it can't be read; the message says where and what to write.
    """
    if path is None:
        return Mapping()
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise MappingError(f"{path}: no such mapping file") from missing
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        raise MappingError(f"{path} isn't well-formed YAML: {str(wrong).splitlines()[0]}") from wrong
    try:
        return Mapping.model_validate(told or {})
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise MappingError(f"{path}, {place}: {first['msg'].removeprefix('Value error, ')}") from wrong
