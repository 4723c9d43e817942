"""What a shop learns from baskets: from customers who allow improvement statistics for good, sealed beside the cache.

Nobody else's purchases feed another customer's offer. An erasure throws the whole file away with all that is derived
(`personalization.store.derived`); a consent taken back takes the customer's rows out of it at once.
"""

from __future__ import annotations

import hmac
import os
import pickle
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select

from personalization.baskets.history import Baskets
from personalization.baskets.model import LEAST_BASKETS, LEAST_USERS, BasketModel
from personalization.baskets.signals import GROUPS
from personalization.catalogue import Catalogue
from personalization.purposes import Purpose
from personalization.store import schema
from personalization.store.database import read
from personalization.store.derived import derived_dir
from personalization.store.errors import KeyGone
from personalization.store.shop_store import ShopStore

__all__ = ["forget", "held", "learn", "place"]

_NONCE = 12
_WHAT = ("candide baskets: " + ", ".join(name for names in GROUPS.values() for name in names)).encode()
"""Sealed with the model: one that weighs other signals, of another version, doesn't open."""


def place(store: ShopStore) -> Path:
    """Where the model is kept; it may not be there."""
    return derived_dir(store.name) / "baskets.model"


def learn(
    store: ShopStore, today: date | None = None, least: tuple[int, int] = (LEAST_USERS, LEAST_BASKETS)
) -> BasketModel:
    """Learns from those who allow it, and keeps what it learnt. Each look is in the ledger, as one entry.

    Args:
        least: customers and baskets it takes.

    Raises:
        TooFew: fewer allow it; what was learnt before is thrown away, for it may know somebody who no longer does.
    """
    today = today or datetime.now(UTC).date()
    catalogue = store.catalogue()
    place(store).unlink(missing_ok=True)
    baskets = _allowed(store, catalogue, today)
    store.ledger.record("access", "learning", {"what": "baskets", "customers": len(baskets.users)})
    model = BasketModel.fit(baskets, {product.id: product.category for product in catalogue}, least)
    _keep(store, model)
    return model


def held(store: ShopStore) -> BasketModel | None:
    """What was learnt; None where nothing was, or it can't be opened any more (it is made again by `learn`)."""
    try:
        sealed = place(store).read_bytes()
        # Only bytes that this shop's own key sealed are ever unpickled.
        return pickle.loads(AESGCM(_key(store)).decrypt(sealed[:_NONCE], sealed[_NONCE:], _WHAT))
    except (OSError, InvalidTag, ValueError, AttributeError, ImportError, pickle.UnpicklingError):
        return None


def forget(store: ShopStore, uid: bytes) -> bool:
    """Takes one customer's rows out of what was learnt; whether they were in it."""
    model = held(store)
    if model is None:
        place(store).unlink(missing_ok=True)
        return False
    if uid not in model.rows:
        return False
    _keep(store, model.without([uid]))
    return True


def _key(store: ShopStore) -> bytes:
    return hmac.digest(store.keys.shop_key("lookup"), b"model of baskets", "sha256")


def _keep(store: ShopStore, model: BasketModel) -> None:
    nonce, path = os.urandom(_NONCE), place(store)
    sealed = nonce + AESGCM(_key(store)).encrypt(nonce, pickle.dumps(model, protocol=5), _WHAT)
    made = path.with_suffix(".new")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(sealed)
    made.replace(path)


def _allowed(store: ShopStore, catalogue: Catalogue, today: date) -> Baskets:
    """The baskets of those whose consent stands, without returns and without anything sensitive."""
    open_ = [product.id for product in catalogue if catalogue.sensitive(product) is None]
    known, user, day, item = set(open_), [], [], []
    with read(store.engine) as connection:
        uids = connection.scalars(select(schema.customers.c.uid).order_by(schema.customers.c.uid)).all()
    for uid in uids:
        try:
            if not store.consents(uid).granted(Purpose.IMPROVEMENT_STATISTICS):
                continue
            bought = store.customer(uid).purchases
        except (KeyGone, LookupError):  # erased meanwhile
            continue
        for each in bought:
            if each.returned is None and each.sensitive is None and each.product in known and each.date <= today:
                user.append(uid)
                day.append(each.date.toordinal())
                item.append(each.product)
    # NumPy's own bytes lose trailing zeros: a uid is kept as an object.
    users = np.empty(len(user), object)
    users[:] = user
    return Baskets.of(users, np.array(day, np.int64), np.array(item, str), items=open_)
