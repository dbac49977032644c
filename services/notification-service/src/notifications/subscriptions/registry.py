"""Which event makes which message, for whom, over which channels: data, read by the consumer.

The consumer ignores events whose name is not here; another version of a name that is here goes to the dead letters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notifications.notifications.status import Channel


@dataclass(frozen=True)
class Subscription:
    """One message about one event. The paths lead into the event's data (``customer.email``)."""

    template: str
    recipient: str
    addresses: Mapping[Channel, str]


def _customer(template: str) -> Subscription:
    return Subscription(template, recipient="customer.id", addresses={Channel.EMAIL: "customer.email"})


def _account(template: str) -> Subscription:
    return Subscription(template, recipient="user_id", addresses={Channel.EMAIL: "email"})


SUBSCRIPTIONS: Mapping[str, tuple[Subscription, ...]] = {
    "user.registered.v1": (_account("user.registered"),),
    "user.password_changed.v1": (_account("user.password_changed"),),
    "user.password_reset_requested.v1": (_account("user.password_reset_requested"),),
    "order.placed.v1": (_customer("order.placed"),),
    "order.paid.v1": (_customer("order.paid"),),
    "order.shipped.v1": (_customer("order.shipped"),),
    "order.cancelled.v1": (_customer("order.cancelled"),),
}


def follow(path: str, data: Mapping[str, Any]) -> Any:
    """The value at a dotted path; raises `KeyError` naming the path when it is not there."""
    value: Any = data
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            raise KeyError(path)
        value = value[step]
    return value
