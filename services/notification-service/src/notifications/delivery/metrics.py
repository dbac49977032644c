"""What is counted about deliveries, and what is looked up at each scrape."""

from collections.abc import Sequence

import sqlalchemy as sa
from prometheus_client import Counter, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from chassis.resources import Resources

attempts = Counter("longhouse_delivery_attempts_total", "Attempts by how they ended", ["channel", "outcome"])
deliveries = Counter(
    "longhouse_deliveries_total", "Deliveries that came to an end, by channel and status", ["channel", "status"]
)
delivery_seconds = Histogram(
    "longhouse_delivery_seconds",
    "From the fact (an order placed) to the other side's receipt of its message",
    ["channel", "template"],
    buckets=(0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0),
)

_OPEN = sa.text(
    "SELECT channel, count(*), coalesce(max(extract(epoch FROM now() - next_attempt_at)), 0)::float8"
    " FROM delivery WHERE status IN ('pending', 'sending') GROUP BY channel"
)


async def open_deliveries(resources: Resources) -> Sequence[Metric]:
    """How many deliveries wait or are under way, and how long the oldest due one has been due (seconds)."""
    assert resources.database is not None  # noqa: S101 - the catalogue gives this service a database
    depth = GaugeMetricFamily("longhouse_deliveries_open", "Deliveries not at their end", labels=["channel"])
    due = GaugeMetricFamily("longhouse_delivery_overdue_seconds", "Wait of the oldest that is due", labels=["channel"])
    async with resources.database.read_engine.connect() as connection:
        for channel, count, overdue in await connection.execute(_OPEN):
            depth.add_metric([channel], count)
            due.add_metric([channel], max(0.0, overdue))
    return [depth, due]
