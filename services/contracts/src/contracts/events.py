"""Every event type of the platform with the model of its data."""

from contracts.message import Message
from contracts.order_events import ORDER_EVENTS
from contracts.user_events import USER_EVENTS

EVENTS: dict[str, type[Message]] = {**USER_EVENTS, **ORDER_EVENTS}
