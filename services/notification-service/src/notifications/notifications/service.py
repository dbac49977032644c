"""Sending by hand: check everything that can be checked before promising to send."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from chassis.database.sessions import WriteSession
from chassis.identifiers import uuid7
from chassis.observability.audit import put_on_record
from chassis.observability.context import trace_context
from chassis.problems import InvalidInput
from chassis.security.principal import Principal
from notifications.notifications.addresses import InvalidAddressError, valid_address
from notifications.notifications.schemas import DeliveryView, NotificationView, SendRequest
from notifications.notifications.status import DeliveryStatus
from notifications.notifications.tables import Delivery, Notification
from notifications.templates.fields import TEMPLATES


async def accept(db: WriteSession, caller: Principal, request: SendRequest) -> NotificationView:
    """Write the notification and its delivery. The dispatcher sees it within a second; the broker is not asked here.

    Raises 422 problems that name the field.
    """
    try:
        address = valid_address(request.channel, request.to)
    except InvalidAddressError as error:
        raise InvalidInput("to", str(error)) from error
    trace = trace_context.current()
    notification = Notification(
        id=uuid7(),
        template=request.template,
        data=_checked(request.template, request.data),
        request_id=trace.request_id or None,
        traceparent=trace.traceparent or None,
    )
    db.add(notification)
    await db.flush()
    delivery = Delivery(id=uuid7(), notification_id=notification.id, channel=request.channel, address=address)
    db.add(delivery)
    await db.flush()
    await db.refresh(notification, ["created_at"])
    # Not to whom and what: an address outlives its account in the journal.
    what = {"channel": request.channel, "template": request.template}
    await put_on_record(caller, "notification.send", f"notification/{notification.id}", **what)
    return NotificationView(
        id=notification.id,
        template=notification.template,
        event_id=None,
        event_type=None,
        recipient_id=None,
        created_at=notification.created_at,
        deliveries=[
            DeliveryView(
                id=delivery.id,
                channel=request.channel,
                to=address,
                status=DeliveryStatus.PENDING,
                attempts=0,
                last_error=None,
                next_attempt_at=notification.created_at,
                sent_at=None,
            )
        ],
    )


def _checked(template: str, data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return TEMPLATES[template].model_validate(data).model_dump(mode="json")
    except ValidationError as error:
        # Told like any other body error, with the place inside the body.
        faults = [{**fault, "loc": ("body", "data", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error
