"""Writes what an event is to cause: notifications and their deliveries, in the consumer's own transaction."""

from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter, ValidationError

from chassis.identifiers import derived_uuid7, uuid7
from chassis.messaging.envelope import Event, Undecodable
from chassis.observability.logs import get_logger
from notifications.notifications.status import Channel
from notifications.subscriptions.registry import SUBSCRIPTIONS, Subscription, follow
from notifications.templates.fields import TEMPLATES, Line

_address = TypeAdapter[str](Line)
_recipient = TypeAdapter(UUID)

log = get_logger(__name__)


def record_event(connection: psycopg.Connection[Any], event: Event) -> int:
    """Write the notifications that ``event`` causes; returns how many deliveries are new.

    Raises `Undecodable` when the event lacks what a subscription needs. Applied twice, the second time changes
    nothing.
    """
    return sum(_record(connection, event, subscription) for subscription in SUBSCRIPTIONS.get(event.type, ()))


def _record(connection: psycopg.Connection[Any], event: Event, subscription: Subscription) -> int:
    try:
        fields = TEMPLATES[subscription.template].model_validate(event.data).model_dump(mode="json")
        recipient = _recipient.validate_python(follow(subscription.recipient, event.data))
        addresses = _addresses(event, subscription)
    except KeyError as error:
        raise Undecodable(f"data.{error.args[0]} is missing") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Undecodable(f"data.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if not addresses:
        return 0
    notification_id = uuid7()
    written = connection.execute(
        _INSERT_NOTIFICATION,
        (
            notification_id,
            event.id,
            event.type,
            event.time,
            subscription.template,
            recipient,
            Jsonb(fields),
            event.requestid,
            event.traceparent,
        ),
    ).rowcount
    if not written:
        return 0
    for channel, address in addresses.items():
        # Derived, because the Message-ID is made of it: an event replayed after its rows were lost repeats the email
        # under the id that mail systems have seen.
        delivery_id = derived_uuid7(event.id, f"{subscription.template}/{channel}")
        connection.execute(_INSERT_DELIVERY, (delivery_id, notification_id, channel, address))
    log.info("notification recorded", notification=notification_id, template=subscription.template)
    return len(addresses)


def _addresses(event: Event, subscription: Subscription) -> dict[Channel, str]:
    # Null is an answer: a deleted customer's orders go on without anybody to tell.
    found = {channel: follow(path, event.data) for channel, path in subscription.addresses.items()}
    return {channel: _address.validate_python(to) for channel, to in found.items() if to is not None}


_INSERT_NOTIFICATION = """
INSERT INTO notification
    (id, event_id, event_type, event_time, template, recipient_id, data, request_id, traceparent)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (event_id, template) DO NOTHING
"""
_INSERT_DELIVERY = "INSERT INTO delivery (id, notification_id, channel, address) VALUES (%s, %s, %s, %s)"
