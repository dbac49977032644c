"""Every event type of the platform with the model of its data."""

from pydantic import BaseModel

from contracts.order_events import ORDER_EVENTS
from contracts.user_events import USER_EVENTS

EVENTS: dict[str, type[BaseModel]] = {**USER_EVENTS, **ORDER_EVENTS}
