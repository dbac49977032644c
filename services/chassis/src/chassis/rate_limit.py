"""How often somebody may try: a moving window in Redis that fails open.

Losing the limit for a while is better than losing the login; the counter says that it happened.
"""

from dataclasses import dataclass
from math import ceil
from time import time

from limits import parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chassis.observability.logs import get_logger

_log = get_logger(__name__)
_failures = Counter("longhouse_rate_limit_failures_total", "Checks that passed because Redis did not answer")


@dataclass(frozen=True)
class Allowance:
    """``retry_after`` in whole seconds, 0 when allowed."""

    allowed: bool
    retry_after: int = 0


class RateLimiter:
    """Allows ``rate`` (``"10/5 minutes"``) per key. ``prefix`` begins with the service's name, like its rights."""

    def __init__(self, redis: Redis, rate: str, *, prefix: str) -> None:
        self._item = parse(rate)
        storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=prefix,
            connection_pool=redis.connection_pool,  # type: ignore[arg-type] # documented, but missing in its annotation
        )
        self._window = MovingWindowRateLimiter(storage)

    async def hit(self, key: str) -> Allowance:
        """Count one try of ``key``."""
        try:
            if await self._window.hit(self._item, key):
                return Allowance(allowed=True)
            stats = await self._window.get_window_stats(self._item, key)
        except RedisError as error:
            _failures.inc()
            _log.warning("rate limit not checked", error=type(error).__name__)
            return Allowance(allowed=True)
        return Allowance(allowed=False, retry_after=max(1, ceil(stats.reset_time - time())))

    async def clear(self, key: str) -> None:
        """Forget the tries of ``key``."""
        try:
            await self._window.clear(self._item, key)
        except RedisError as error:
            _failures.inc()
            _log.warning("rate limit not cleared", error=type(error).__name__)
