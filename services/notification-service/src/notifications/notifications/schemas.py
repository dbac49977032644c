"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.text import ONE_LINE
from notifications.notifications.status import Channel, DeliveryStatus

# All that a person may send; what holds a one-time token is sent by its event alone.
TemplateName = Literal[
    "message",
    "order.cancelled",
    "order.paid",
    "order.placed",
    "order.shipped",
    "user.password_changed",
    "user.registered",
]


class SendRequest(BaseModel):
    """A message an administrator wants sent."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "channel": "email",
                    "to": "ada@example.com",
                    "template": "message",
                    "data": {"subject": "Hello", "text": "The house is open again."},
                }
            ]
        },
    )

    channel: Channel
    to: Annotated[
        str,
        StringConstraints(min_length=1, max_length=254, pattern=ONE_LINE),
        Field(description="email: an address; sms: a number like +491701234567; push: a device or topic name"),
    ]
    template: TemplateName
    data: dict[str, Any] = Field(description="What the template needs; a missing or wrong field is named in the 422")


class DeliveryView(BaseModel):
    """One delivery. ``next_attempt_at`` only while one is to come."""

    id: UUID
    channel: Channel
    to: str
    status: DeliveryStatus
    attempts: int
    last_error: str | None
    next_attempt_at: datetime | None
    sent_at: datetime | None


class NotificationView(BaseModel):
    """One notification with its deliveries. ``event_id`` and ``recipient_id`` are null for messages sent by hand."""

    id: UUID
    template: str
    event_id: UUID | None
    event_type: str | None
    recipient_id: UUID | None
    created_at: datetime
    deliveries: list[DeliveryView]
