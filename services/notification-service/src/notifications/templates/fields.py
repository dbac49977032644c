"""What each template needs to know, as models: the part of an event's data, or of an administrator's request, it uses.

Read tolerantly: what a template does not use is dropped before it is stored.
"""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chassis.text import NO_NUL, Paragraph

# Wider than what the API takes (an event that was accepted once must not fail here), but bounded: rendering must not
# be the way to exhaust a worker. Line breaks in a Line are harmless, the renderer folds them.
Line = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
Amount = Annotated[int, Field(ge=-(10**15), le=10**15)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Fields(BaseModel):
    """Base of all template data."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class WelcomeFields(Fields):
    """Data of ``user.registered``."""

    name: Line
    email: Line


class PasswordChangedFields(Fields):
    """Data of ``user.password_changed``."""

    name: Line
    changed_at: AwareDatetime


class PasswordResetFields(Fields):
    """Data of ``user.password_reset_requested``: what is kept of it. The token stays sealed until it is sent."""

    user_id: UUID
    name: Line
    sealed_token: Annotated[str, StringConstraints(max_length=500, pattern=r"^[A-Za-z0-9_-]+$")]
    expires_at: AwareDatetime


class Customer(Fields):
    """The person an order belongs to."""

    name: Line


class OrderLine(Fields):
    """One line of an order; ``unit_price`` in minor units."""

    name: Line
    quantity: Annotated[int, Field(ge=1, le=10**9)]
    unit_price: Amount


class OrderFields(Fields):
    """Data of the ``order.*`` templates; ``total`` in minor units of ``currency``."""

    order_id: UUID
    customer: Customer
    currency: Currency
    total: Amount
    items: Annotated[list[OrderLine], Field(max_length=1000)]


class MessageFields(Fields):
    """Data of ``message``, the free text an administrator sends."""

    subject: Annotated[Line, Field(min_length=1)]
    text: Paragraph


TEMPLATES: dict[str, type[Fields]] = {
    "message": MessageFields,
    "order.cancelled": OrderFields,
    "order.paid": OrderFields,
    "order.placed": OrderFields,
    "order.shipped": OrderFields,
    "user.password_changed": PasswordChangedFields,
    "user.password_reset_requested": PasswordResetFields,
    "user.registered": WelcomeFields,
}
