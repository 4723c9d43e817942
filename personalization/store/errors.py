"""What can go wrong with a shop's database, each as a sentence that says what to do."""

from __future__ import annotations

__all__ = [
    "Busy",
    "Damaged",
    "ExtraMissing",
    "Full",
    "ImportRefused",
    "KeyGone",
    "MappingError",
    "MasterKeyMissing",
    "MasterKeyWrong",
    "NoShop",
    "StoreError",
    "Unreachable",
]


class StoreError(Exception):
    """The user or the shop's administrator can mend it; the message says how. Nothing was written."""


class ExtraMissing(StoreError):
    """A library of the `store` extra isn't installed."""

    def __init__(self, library: str, extra: str = "store") -> None:
        super().__init__(f"{library} is not installed: run pip install 'candide-voice[{extra}]'")


class NoShop(StoreError):
    """There is no shop there, or not one this version can read."""


class Busy(StoreError):
    """Somebody else is writing and didn't finish in time."""


class Full(StoreError):
    """The disk has no room."""


class Damaged(StoreError):
    """The database, or a sealed record in it, isn't what was written."""


class Unreachable(StoreError):
    """The database server doesn't answer, or refuses."""


class MasterKeyMissing(StoreError):
    """No master key where one is expected."""


class MasterKeyWrong(StoreError):
    """The master key is not the one the data keys are wrapped under."""


class KeyGone(StoreError):
    """The customer's data key was destroyed: what was sealed under it can't be read by anybody (an erasure)."""


class MappingError(StoreError):
    """The mapping file doesn't say what it should."""


class ImportRefused(StoreError):
    """Some rows can't be used; nothing was imported.

    Attributes:
        problems: the first of them, with file and line. count: how many in all.
    """

    def __init__(self, problems: tuple[Exception, ...], count: int) -> None:
        self.problems, self.count = problems, count
        super().__init__(
            f"{count} row{'s' if count > 1 else ''} can't be used, so nothing was imported: correct them, or import "
            "the others with --skip-bad"
        )
