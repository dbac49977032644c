"""``/metrics`` on a port of its own, answered by whichever web worker takes the connection.

No process more: a worker sums up the files of all processes of its colour, those of the fleet too, in a thread. The
public socket does not know the path, so the edge cannot reach it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.observability.logs import get_logger
from chassis.settings import ServiceSettings

Sample = Callable[[], Awaitable[Sequence[Metric]]]
"""Looks something up at each scrape, such as the depth of a table."""

SAMPLE_SECONDS = 2.0
_log = get_logger(__name__)


class _Everything(Collector):
    """The processes' files, then what was just looked up."""

    def __init__(self, folders: Sequence[Path], sampled: Sequence[Metric]) -> None:
        self._files = [str(file) for folder in folders for file in sorted(folder.glob("*.db"))]
        self._sampled = sampled

    def collect(self) -> Iterator[Metric]:
        yield from MultiProcessCollector.merge(self._files)  # type: ignore[no-untyped-call]
        yield from self._sampled


def render(folders: Sequence[Path], sampled: Sequence[Metric]) -> bytes:
    """All series in Prometheus' text format; without folders (tests, a developer's shell) those of this process."""
    registry = CollectorRegistry()
    registry.register(_Everything(folders, sampled))
    own = b"" if folders else generate_latest(REGISTRY)
    return own + generate_latest(registry)


class MetricsEndpoint:
    """Answers on ``settings.metrics_port`` and hands every other connection on."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, samples: Sequence[Sample]) -> None:
        self._app = app
        self._port = settings.metrics_port
        self._folders = settings.metrics_folders
        self._identity = GaugeMetricFamily(
            "longhouse_build_info", "Which release this is; always 1", labels=["version"]
        )
        self._identity.add_metric([settings.release], 1)
        self._samples = samples

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A unix socket has no port, so the public way never gets here.
        if scope["type"] != "http" or not self._port or (scope.get("server") or ("", 0))[1] != self._port:
            await self._app(scope, receive, send)
            return
        body, status = b"only /metrics is here\n", 404
        if scope["path"] == "/metrics":
            sampled = [self._identity, *await self._sample()]
            body, status = await asyncio.to_thread(render, self._folders, sampled), 200
        headers = [(b"content-type", CONTENT_TYPE_LATEST.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _sample(self) -> list[Metric]:
        found: list[Metric] = []
        for sample in self._samples:
            try:
                async with asyncio.timeout(SAMPLE_SECONDS):
                    found += await sample()
            except Exception as error:
                # Absent says "unknown"; a zero would say "all is well".
                _log.warning("metric not sampled", sample=sample.__qualname__, error=repr(error))
        return found
