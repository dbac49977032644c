"""Users as other services ask for them, kept in Redis as the bytes of the answer.

Two processes may race: one reads the row, the other changes it and writes the new view. Entries carry the row's
version and an older one never replaces a newer one, so the race cannot leave a stale view behind.
"""

import sys
from typing import Any, NamedTuple
from uuid import UUID

from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chassis.observability.logs import get_logger

_failures = Counter("longhouse_user_view_cache_failures_total", "Cache calls that Redis did not answer")
_log = get_logger(__name__)
_DELETED = sys.maxsize

_PUT_IF_NEWER = """
local known = redis.call('GET', KEYS[1])
if known and tonumber(string.match(known, '^(%d+) ')) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'EX', ARGV[3])
return 1
"""


class CachedView(NamedTuple):
    """``body`` is the JSON of a UserView; empty when the user was deleted."""

    version: int
    body: str


class AccountViews:
    """The cache; entries live ``seconds``. Without Redis every question goes to the database."""

    def __init__(self, redis: Redis | None, *, seconds: int) -> None:
        self._redis = redis
        self._seconds = seconds
        self._put_if_newer = redis.register_script(_PUT_IF_NEWER) if redis is not None else None

    async def get(self, user: UUID) -> CachedView | None:
        if self._redis is None:
            return None
        try:
            entry: Any = await self._redis.get(self._key(user))
        except RedisError as error:
            self._failed(error)
            return None
        if entry is None:
            return None
        version, _, body = entry.partition(" ")
        return CachedView(int(version), body)

    async def put(self, user: UUID, view: CachedView) -> None:
        """Keep ``view`` unless a newer one is there."""
        if self._put_if_newer is None:
            return
        try:
            await self._put_if_newer(keys=[self._key(user)], args=[view.version, view.body, self._seconds])
        except RedisError as error:
            self._failed(error)

    async def bury(self, user: UUID) -> None:
        """Remember that the user is gone, also against readers that are still writing what they read."""
        await self.put(user, CachedView(_DELETED, ""))

    @staticmethod
    def _key(user: UUID) -> str:
        return f"user:view:{user}"

    @staticmethod
    def _failed(error: RedisError) -> None:
        _failures.inc()
        _log.warning("user view cache does not answer", error=type(error).__name__)
