"""Sessions that were ended before their access tokens expired.

user-service writes the mark, every service reads it: one GET per request, because "logged out" has to mean now.
"""

from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chassis.observability.logs import get_logger
from chassis.problems import Unavailable

_log = get_logger(__name__)
# Longer than any verifier's leeway, so that the mark outlives the last token.
MARGIN_SECONDS = 30


def ended_key(session: UUID) -> str:
    """Return the Redis key (instance ``state``) that marks ``session`` as ended."""
    return f"shared:ended:{session}"


class EndedSessions:
    """Reads the marks. Redis not answering means we do not know, and not knowing means no (503)."""

    def __init__(self, state: Redis) -> None:
        self._state = state

    async def contains(self, session: UUID) -> bool:
        try:
            return await self._state.get(ended_key(session)) is not None
        except RedisError as error:
            _log.warning("cannot tell whether a session ended", error=type(error).__name__)
            raise Unavailable("sessions cannot be checked right now") from error
