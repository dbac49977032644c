"""Ask another service, and know within the deadline."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from chassis.observability.context import trace_context
from chassis.upstream.breaker import Breaker, BreakerOpen
from chassis.upstream.retry import attempts_within

DEADLINE_SECONDS = 0.8
ATTEMPT_SECONDS = 0.35

# The service behind the answer is not there or not able; its word is no answer to our question.
_NO_ANSWER = frozenset({429, 500, 502, 503, 504})


class UpstreamUnavailable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The service gave no answer within the deadline; ``retry_after`` in seconds says when asking may help."""

    def __init__(self, reason: str, *, retry_after: float = 1.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class _AttemptFailed(Exception):  # noqa: N818 - a state of the world, not a mistake
    """One attempt failed in a way that another may not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said: any status below 500, and its JSON body (None when it has none)."""

    status: int
    body: Any


class UpstreamClient:
    """Calls one service in the name of our own caller. ``base_url`` has no trailing slash."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        breaker: Breaker,
        *,
        deadline: float = DEADLINE_SECONDS,
        attempt: float = ATTEMPT_SECONDS,
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._breaker = breaker
        self._deadline = deadline
        self._attempt = aiohttp.ClientTimeout(total=attempt)

    async def get(self, path: str, *, token: str) -> Answer:
        """GET ``path`` with the bearer ``token``; raises `UpstreamUnavailable` within the deadline."""
        try:
            async with asyncio.timeout(self._deadline):
                async for attempt in attempts_within(self._deadline, on=_AttemptFailed):
                    with attempt:
                        return await self._guarded(path, token)
        except BreakerOpen as error:
            raise UpstreamUnavailable(str(error), retry_after=error.retry_after) from error
        except (_AttemptFailed, TimeoutError) as error:
            raise UpstreamUnavailable(str(error) or "no answer within the deadline") from error
        raise AssertionError("attempts end with an answer or an error")

    async def _guarded(self, path: str, token: str) -> Answer:
        self._breaker.permit()
        try:
            answer = await self._ask(path, token)
        except _AttemptFailed:
            self._breaker.failed()
            raise
        except asyncio.CancelledError:
            # Our deadline (after attempts that did count) or a client that went away: nothing new was learnt.
            self._breaker.abandoned()
            raise
        self._breaker.succeeded()
        return answer

    async def _ask(self, path: str, token: str) -> Answer:
        try:
            async with self._session.get(
                f"{self._base_url}{path}", headers=_headers(token), timeout=self._attempt, allow_redirects=False
            ) as response:
                content = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _AttemptFailed(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        if status in _NO_ANSWER:
            raise _AttemptFailed(f"answered {status}")
        return Answer(status=status, body=_json(content))


def _headers(token: str) -> Mapping[str, str]:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    if trace_context.request_id:
        headers["X-Request-Id"] = trace_context.request_id
    if traceparent := trace_context.traceparent():
        headers["traceparent"] = traceparent
    return headers


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None
