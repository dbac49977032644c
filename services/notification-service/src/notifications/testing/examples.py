"""One example of every event we tell people about, made from the contracts."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from chassis.messaging.envelope import Event
from chassis.observability.context import trace_context
from chassis.security.sealing import seal
from contracts.events import EVENTS
from contracts.order_events import OrderCustomer, OrderItem
from contracts.user_events import (
    UserDeletedV1,
    UserPasswordChangedV1,
    UserPasswordResetRequestedV1,
    UserRegisteredV1,
    reset_purpose,
)

USER = UUID("01980000-0000-7000-8000-00000000000a")
ORDER = UUID("01980000-0000-7000-8000-0000000000b0")
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
REQUEST_ID = "req-0123456789"
TOLD = (
    "user.registered.v1",
    "user.password_changed.v1",
    "user.password_reset_requested.v1",
    "order.placed.v1",
    "order.paid.v1",
    "order.shipped.v1",
    "order.cancelled.v1",
)
# What the example of a reset holds sealed, and the pair of keys for it.
TOKEN = "an-example-of-a-one-time-token-0123456789ab"  # noqa: S105
_PRIVATE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
SEALING_KEY = urlsafe_b64encode(_PRIVATE.private_bytes_raw()).decode()


def data_of(type_: str, *, name: str = "Ada Lovelace", email: str | None = "ada@example.com") -> Any:
    """The contract model of ``type_``, filled."""
    if type_ == "user.registered.v1":
        return UserRegisteredV1(user_id=USER, email=email or "", name=name)
    if type_ == "user.password_changed.v1":
        return UserPasswordChangedV1(user_id=USER, email=email or "", name=name, changed_at=datetime.now(UTC))
    if type_ == "user.password_reset_requested.v1":
        return UserPasswordResetRequestedV1(
            user_id=USER,
            email=email or "",
            name=name,
            sealed_token=sealed_token(),
            expires_at=datetime.now(UTC) + timedelta(minutes=30),
        )
    if type_ == "user.deleted.v1":
        return UserDeletedV1(user_id=USER)
    return EVENTS[type_](
        order_id=ORDER,
        customer=OrderCustomer(id=USER, email=email, name=name),
        status="pending" if type_ == "order.placed.v1" else type_.split(".")[1],
        currency="EUR",
        total=123_450,
        items=[
            OrderItem(sku="A-1", name="Analytical engine", quantity=1, unit_price=120_000),
            OrderItem(sku="C-7", name="Punched cards <blank>", quantity=3, unit_price=1_150),
        ],
        version=1,
    )


def sealed_token(*, user: UUID = USER) -> str:
    """`TOKEN` as user-service would send it."""
    x = urlsafe_b64encode(_PRIVATE.public_key().public_bytes_raw()).decode().rstrip("=")
    key = {"kty": "OKP", "crv": "X25519", "use": "enc", "kid": "notification", "x": x}
    with NamedTemporaryFile("w", suffix=".json") as jwks:
        json.dump({"keys": [key]}, jwks)
        jwks.flush()
        return seal(TOKEN, to="notification", purpose=reset_purpose(user), jwks_file=Path(jwks.name))


def event(type_: str, **details: Any) -> Event:
    """A fresh event of ``type_``."""
    with trace_context.bind(trace_id=TRACE_ID, request_id=REQUEST_ID):
        return Event.of(
            type_,
            data_of(type_, **details),
            service=type_.split(".", maxsplit=1)[0],
            subject=ORDER if type_.startswith("order") else USER,
            now=datetime.now(UTC),
            version=1,
        )
