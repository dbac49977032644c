"""What processes count. Rules, dashboards and the console read these names: renaming one breaks all of them.

With PROMETHEUS_MULTIPROC_DIR set (units set it), every process keeps its numbers in files there and the web unit sums
them up (chassis.observability.exposition). Labels take few values: route templates, event types, never ids.
"""

from prometheus_client import Counter, Histogram

# Dense around what people feel as slow; the 0.5 s bound is the latency objective of the rules.
_HTTP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WAY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

http_seconds = Histogram(
    "longhouse_http_request_seconds",
    "Time from the request to the last byte of its answer",
    ["method", "route", "status"],
    buckets=_HTTP_BUCKETS,
)
events_published = Counter(
    "longhouse_events_published_total", "Events handed to the broker, by what it said", ["type", "verdict"]
)
events_applied = Counter(
    "longhouse_events_applied_total", "Events taken from the queue, by what came of them", ["type", "outcome"]
)
event_age_seconds = Histogram(
    "longhouse_event_age_seconds", "Age of an event when it has been applied", ["type"], buckets=_WAY_BUCKETS
)
tasks = Counter("longhouse_tasks_total", "Celery tasks by how they ended", ["task", "outcome"])
task_seconds = Histogram("longhouse_task_seconds", "Time a Celery task took", ["task"], buckets=_WAY_BUCKETS)

_request_series: dict[tuple[str, str, int], Histogram] = {}


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request. ``route`` is the template, empty when none matched; a status of 0 is a broken-off answer."""
    key = (method, route, status // 100)
    series = _request_series.get(key)
    if series is None:
        # Looking a series up by its labels costs as much as the observation itself.
        series = http_seconds.labels(
            method if method in _METHODS else "other", route or "unmatched", f"{status // 100 or 5}xx"
        )
        if method in _METHODS:
            _request_series[key] = series
    series.observe(seconds)
