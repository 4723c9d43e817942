"""Which failures are the user's to mend: those whose message says what to do."""

from __future__ import annotations

__all__ = ["explained"]

_OF_THE_STORE = ("alembic", "argon2", "cryptography", "psycopg", "sqlalchemy")


def explained(error: BaseException) -> str | None:
    """One sentence for the user, or None for a failure that is a defect of ours (its traceback is wanted)."""
    from personalization.assets import AssetMissing
    from personalization.catalogue import CatalogueError
    from personalization.shop import UnknownCustomer
    from personalization.store.errors import ExtraMissing, StoreError
    from voice.audio import AudioError
    from voice.channels.live import PortTaken
    from voice.engines.models import ModelDamaged, ModelMissing
    from voice.line.settings import SettingsError

    mendable = (
        AssetMissing, AudioError, CatalogueError, ModelDamaged, ModelMissing, PortTaken, SettingsError, UnknownCustomer,
        PermissionError, StoreError,
    )  # fmt: skip
    if isinstance(error, mendable):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in _OF_THE_STORE:
        return str(ExtraMissing(error.name))
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return None
