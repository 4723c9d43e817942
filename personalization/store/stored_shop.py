"""A shop whose customers are in a database: the same `Shop` to the floors above, and no customer held in memory."""

from __future__ import annotations

from datetime import date

from personalization.baskets.ranking import BasketRanking
from personalization.consent import Consents
from personalization.customer import Customer
from personalization.shop import Shop
from personalization.store import habits
from personalization.store.recorder import Recorder
from personalization.store.shop_store import ShopStore
from personalization.view import CustomerFile

__all__ = ["StoredShop"]


class StoredShop(Shop):
    """Args:
    store: opened. actor: who looks, for the ledger.
    """

    def __init__(self, store: ShopStore, today: date | None = None, actor: str = "conversation") -> None:
        brand, settings = store.brand()
        super().__init__(brand, store.catalogue(), store.stores(), (), today or date.today(), (), settings)
        self.store_of_customers, self.actor = store, actor
        self._learnt: tuple[tuple[int, int] | None, BasketRanking | None] = (None, None)

    def customer(self, name: str) -> Customer:
        """The customer of this number or name; the look is in the ledger before anything is seen.

        Raises:
            NoSuchCustomer: there is none, or there are several.
        """
        return self._read(self.uid(name))

    def uid(self, name: str) -> bytes:
        """(16,) bytes: what the customer is called in the database. Raises NoSuchCustomer."""
        return self.store_of_customers.find(name)

    def open_file(self, name: str, consents: Consents | None = None) -> CustomerFile:
        """The customer's data behind their consents: those that last, unless others are given.

        Raises:
            NoSuchCustomer: there is none, or there are several.
        """
        uid = self.uid(name)
        customer = self._read(uid)
        standing = consents if consents is not None else self.store_of_customers.consents(uid)
        return CustomerFile(customer, standing, self.today, uid)

    def ranking(self) -> BasketRanking | None:
        """What was learnt from those who allow it (`candide shop learn`), read anew whenever it changed."""
        path = habits.place(self.store_of_customers)
        try:
            found = path.stat()
        except FileNotFoundError:
            self._learnt = (None, None)
            return None
        if self._learnt[0] != (found.st_mtime_ns, found.st_ino):
            model = habits.held(self.store_of_customers)
            self._learnt = (found.st_mtime_ns, found.st_ino), None if model is None else BasketRanking(model)
        return self._learnt[1]

    def recorder(self, name: str) -> Recorder:
        """Keeps lasting consents and the ledger from the journal of a conversation with this customer; close it after.

        Raises:
            NoSuchCustomer: there is none, or there are several.
        """
        return Recorder(self.store_of_customers, self.uid(name), self.actor)

    def _read(self, uid: bytes) -> Customer:
        store = self.store_of_customers
        customer = store.customer(uid)
        store.ledger.record("access", self.actor, {"what": "file"}, subject=uid)
        return customer
