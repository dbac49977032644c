"""What order-service does when user-service tells of a change: handlers of order-consumer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

import psycopg

from chassis.messaging.application import AfterCommit, Handler
from chassis.messaging.envelope import Event
from contracts.user_events import USER_DELETED, USER_UPDATED, UserDeletedV1, UserUpdatedV1
from orders.orders.lifecycle import FINISHED

# No event of the account comes after its deletion; a stale or replayed one must not bring the person back.
_LAST_VERSION = 2_147_483_647
NOBODY = "deleted customer"

_REFRESH = """
UPDATE orders SET customer_email = %s, customer_name = %s, customer_version = %s
 WHERE customer_id = %s AND customer_version < %s AND status <> ALL(%s)
"""
_ANONYMISE = """
UPDATE orders SET customer_email = NULL, customer_name = %s, customer_version = %s WHERE customer_id = %s
"""
# Answers kept for replays hold no name or email, but they are the person's: they go as well.
_FORGET = "DELETE FROM idempotency WHERE owner = %s"

DropFromCache = Callable[[UUID], object]


def user_event_handlers(drop: DropFromCache) -> Mapping[str, Handler]:
    """Handlers by event type; ``drop`` removes a customer from the cache and may fail."""

    def refresh(connection: psycopg.Connection[Any], event: Event) -> Iterable[AfterCommit]:
        user = UserUpdatedV1.model_validate(event.data)
        finished = [status.value for status in FINISHED]
        connection.execute(_REFRESH, (user.email, user.name, user.version, user.user_id, user.version, finished))
        return [lambda: drop(user.user_id)]

    def anonymise(connection: psycopg.Connection[Any], event: Event) -> Iterable[AfterCommit]:
        user = UserDeletedV1.model_validate(event.data)
        connection.execute(_ANONYMISE, (NOBODY, _LAST_VERSION, user.user_id))
        connection.execute(_FORGET, (user.user_id,))
        return [lambda: drop(user.user_id)]

    return {USER_UPDATED: refresh, USER_DELETED: anonymise}
