"""What the broker's role declares for the notification service on a host."""

from typing import Any

from chassis.messaging import topology
from notifications.delivery.reminders import TASKS_EXCHANGE, queue_of
from notifications.notifications.status import Channel

EVENTS_QUEUE = topology.events_queue("notification")


def declare_topology(channel: Any) -> None:
    """Declare the queues and empty them."""
    topology.declare(channel, {"notification": ["user.*", "order.*"]})
    channel.exchange_declare(TASKS_EXCHANGE, "topic", durable=True, auto_delete=False)
    names = [queue_of(each) for each in Channel]
    for name in names:
        channel.queue_declare(name, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        channel.queue_bind(name, TASKS_EXCHANGE, name)
    for name in [*names, EVENTS_QUEUE]:
        channel.queue_purge(name)
