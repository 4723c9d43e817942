"""Where a customer's data is read, and the only place: through a view for a purpose granted now (law 1)."""

from __future__ import annotations

from collections.abc import Hashable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date

from personalization.consent import ConsentRequired, Consents
from personalization.customer import Customer, Order, Purchase
from personalization.purposes import Purpose, Scope

__all__ = ["ConsentRequired", "CustomerFile", "CustomerView", "Known", "ServiceView"]


@dataclass(frozen=True)
class CustomerView:
    """What one purpose allows to see. Scoring takes this or None, never a `Customer`."""

    purpose: Purpose
    purchases: tuple[Purchase, ...] = ()
    """Oldest first. Purchases of a sensitive kind are left out: they never feed a score (GDPR art. 9)."""
    age: int | None = None
    """Years, where the customer gave their year of birth."""
    open_case: str | None = None
    store: str = ""
    row: Hashable = field(default=None, repr=False, compare=False)
    """What a model of all baskets calls this customer: nobody is a neighbour of themselves."""

    def without(self, gone: frozenset[Purchase] | set[Purchase]) -> CustomerView:
        """The same view, had these purchases never been made."""
        return replace(self, purchases=tuple(each for each in self.purchases if each not in gone))


@dataclass(frozen=True)
class ServiceView:
    """What answering the customer's own request about an order takes (GDPR art. 6(1)(b): the contract)."""

    orders: tuple[Order, ...]
    open_case: str | None


@dataclass(frozen=True)
class Known:
    """What is held, told to the customer at their own request (GDPR art. 15)."""

    purchases: int
    since: date | None
    """Day of the oldest purchase."""
    orders: int
    consents: dict[Purpose, Scope]


class CustomerFile:
    """One customer's data behind their consents.

    The raw customer can't be had back from here; `view` is refused, purpose by purpose, until it is granted.
    """

    def __init__(
        self,
        customer: Customer,
        consents: Consents | None = None,
        today: date | None = None,
        row: Hashable = None,
    ) -> None:
        self.__customer = customer
        self.__today = today or date.today()
        self.__row = row
        self.consents = consents if consents is not None else Consents()

    @property
    def name(self) -> str:
        """What to call the customer; whoever opened the file knew it already."""
        return self.__customer.name

    def view(self, purpose: Purpose) -> CustomerView:
        """What `purpose` allows to see now.

        Raises:
            ConsentRequired: the purpose isn't granted.
        """
        self.consents.require(purpose)
        customer = self.__customer
        if purpose is Purpose.PURCHASES:
            seen = tuple(each for each in customer.purchases if each.sensitive is None)
            age = customer.age(self.__today)
            return CustomerView(purpose, seen, age, customer.open_case, customer.store, self.__row)
        if purpose is Purpose.LOCATION:
            return CustomerView(purpose, store=customer.store)
        if purpose is Purpose.IMPROVEMENT_STATISTICS:
            return CustomerView(purpose, age=customer.age(self.__today), store=customer.store)
        return CustomerView(purpose)

    def advice(self) -> CustomerView | None:
        """The purchases where they may be used to advise, else None: advice does without."""
        return self.view(Purpose.PURCHASES) if self.consents.granted(Purpose.PURCHASES) else None

    def service(self) -> ServiceView:
        """Orders, for a customer who asks about their own: the line that speaks of them uses `DataKind.ORDERS`."""
        return ServiceView(self.__customer.orders, self.__customer.open_case)

    def known(self) -> Known:
        """What is held, for a customer who asks: the line that speaks of it uses `DataKind.PURCHASES`."""
        bought = self.__customer.purchases
        since = min((each.date for each in bought), default=None)
        return Known(len(bought), since, len(self.__customer.orders), self.consents.all())

    def export(self) -> dict[str, object]:
        """A copy of everything held, in plain types (GDPR art. 15(3), 20), for the customer alone."""
        customer = self.__customer
        return {
            "name": customer.name,
            "language": customer.language,
            "birth_year": customer.birth_year,
            "store": customer.store,
            "purchases": [
                {
                    "product": each.product,
                    "date": each.date.isoformat(),
                    "quantity": each.quantity,
                    "price": str(each.price),
                    "returned": each.returned.isoformat() if each.returned else None,
                    "order": each.order,
                }
                for each in customer.purchases
            ],
            "orders": [
                {
                    "order": each.id,
                    "status": each.status.value,
                    "expected": each.expected.isoformat() if each.expected else None,
                    "items": list(each.items),
                }
                for each in customer.orders
            ],
            "open_case": customer.open_case,
            "consents": {purpose.value: scope.value for purpose, scope in self.consents.all().items()},
        }

    def __deepcopy__(self, memo: dict) -> CustomerFile:
        """Consents of its own over the same data: what a rehearsal decides changes nothing here."""
        return CustomerFile(self.__customer, deepcopy(self.consents, memo), self.__today, self.__row)

    def __repr__(self) -> str:
        return "CustomerFile(...)"  # a log or a traceback must not show whose it is
