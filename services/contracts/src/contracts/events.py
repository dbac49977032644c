"""Every event type of the platform with the model of its data."""

from pydantic import BaseModel

from contracts import user_events as user
from contracts.order_events import ORDER_EVENTS

EVENTS: dict[str, type[BaseModel]] = {
    user.USER_REGISTERED: user.UserRegisteredV1,
    user.USER_UPDATED: user.UserUpdatedV1,
    user.USER_DELETED: user.UserDeletedV1,
    **ORDER_EVENTS,
}
