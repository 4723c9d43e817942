"""How long each kind of data is kept: the shop's settings, checked. Needs no database."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from personalization.store.errors import StoreError

__all__ = ["Retention", "retention_of"]


class Retention(BaseModel):
    """Days, by kind of data; `retention` in the shop's settings changes them."""

    model_config = ConfigDict(extra="forbid")

    purchases: int = Field(3653, ge=1)
    """As long as its accounts (French Code de commerce, art. L123-22): what is owned isn't offered again meanwhile."""
    orders: int = Field(400, ge=1)
    """After the day it was expected."""
    idle_customers: int = Field(1096, ge=1)
    """Without a purchase: erased (CNIL, referential on customer management: three years)."""
    consents: int = Field(730, ge=1)
    """A lasting consent is asked for again after this."""
    ledger: int = Field(1826, ge=1)
    """Limitation of civil actions (French Code civil, art. 2224: five years)."""
    attempts: int = Field(1, ge=1)
    """Failed identifications."""
    handoffs: int = Field(30, ge=1)
    """Summaries for the people who take calls over: as long as a call back may take."""
    staff: int = Field(400, ge=1)
    """Accounts of people who left, after they were closed: a look can still be put to somebody."""
    imports: int = Field(400, ge=1)
    """Reports of imports (counts only)."""
    records: int = Field(400, ge=1)
    """A line of figures a call, without a word that was said: a year can be compared with the one before."""


def retention_of(settings: dict[str, Any]) -> Retention:
    """Raises:
    StoreError: the settings hold a period that can't be.
    """
    try:
        return Retention.model_validate(settings.get("retention") or {})
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise StoreError(f"the shop's settings, retention.{place}: {first['msg']}; write a number of days") from wrong
