"""What one web worker holds open: opened once in the lifespan, closed in reverse."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from chassis.clock import Clock, SystemClock
from chassis.database.engines import Database
from chassis.settings import ServiceSettings

if TYPE_CHECKING:
    import aiohttp


class NotConfiguredError(RuntimeError):
    """A route asked for a resource that this service's settings do not name."""


@dataclass
class Resources:
    """The open resources of one process. ``cache`` and ``state`` answer text (``decode_responses``)."""

    settings: ServiceSettings
    clock: Clock
    database: Database | None = None
    cache: Redis | None = None
    state: Redis | None = None
    _http: "aiohttp.ClientSession | None" = field(default=None, repr=False)

    @property
    def http(self) -> "aiohttp.ClientSession":
        """The session for calls to other services; aiohttp is loaded by the first service that calls one."""
        if self._http is None:
            import aiohttp  # noqa: PLC0415 - 8 MiB that a worker without upstreams does not pay

            self._http = aiohttp.ClientSession(auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar())
        return self._http

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
        for redis in (self.cache, self.state):
            if redis is not None:
                await redis.aclose()
                await redis.connection_pool.disconnect()
        if self.database is not None:
            await self.database.close()


def open_redis(url: str, settings: ServiceSettings, *, timeout: float) -> Redis:
    """Return a client for ``url``; ``timeout`` in seconds bounds connecting and reading.

    One immediate retry hides the connections that a restart of Redis leaves dead. The pool does not wait: a waiting
    pool costs a third more per command, and a local Redis bears more connections than a worker has requests.
    """
    password = settings.redis_password.get_secret_value() if settings.redis_password else None
    pool = ConnectionPool.from_url(
        url,
        username=settings.redis_username or None,
        password=password,
        decode_responses=True,
        max_connections=200,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis(connection_pool=pool)


@asynccontextmanager
async def open_resources(
    settings: ServiceSettings, *, clock: Callable[[], Clock] = SystemClock
) -> AsyncIterator[Resources]:
    """Open what ``settings`` names; connections themselves are made on first use."""
    resources = Resources(settings=settings, clock=clock())
    if settings.database_url:
        name = f"{settings.service}-{settings.colour}"
        resources.database = Database(settings.database_url, pool=settings.database_pool, application_name=name)
    if settings.redis_cache_url:
        resources.cache = open_redis(settings.redis_cache_url, settings, timeout=0.3)
    if settings.redis_state_url:
        resources.state = open_redis(settings.redis_state_url, settings, timeout=1.0)
    try:
        yield resources
    finally:
        await resources.close()
