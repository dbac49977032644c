"""The port: who may order. Fakes in tests stand here."""

from typing import Protocol

from chassis.security.principal import Principal
from orders.orders.order import Customer


class CustomerDirectory(Protocol):
    """Knows whether the account behind a token may order."""

    async def check(self, caller: Principal) -> Customer:
        """The caller as a customer.

        Raises `CustomerRefused` (403) when the account is gone or disabled, `CustomerUnknown` (503) when nobody can
        say within a second.
        """
        ...
