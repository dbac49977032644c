"""The customer check against a user-service over HTTP and a real Redis."""

import contextlib
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from chassis.identifiers import uuid7
from chassis.observability.context import trace_context
from chassis.resources import open_redis
from chassis.security.principal import Principal
from chassis.settings import ServiceSettings
from chassis.upstream.breaker import Breaker, BreakerState
from chassis.upstream.client import UpstreamClient
from orders.customers.cache import CustomerCache, customer_key
from orders.customers.user_service import UserService
from orders.orders.errors import CustomerRefused, CustomerUnknown
from orders.orders.order import Customer


@pytest.fixture
async def redis(order_settings: ServiceSettings) -> AsyncIterator[Redis]:
    redis = open_redis(order_settings.redis_cache_url, order_settings, timeout=0.3)
    yield redis
    await redis.aclose()
    await redis.connection_pool.disconnect()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(time.monotonic, open_seconds=0.3)


@pytest.fixture
def directory(user_service: Any, http: aiohttp.ClientSession, redis: Redis, breaker: Breaker) -> UserService:
    return UserService(UpstreamClient(http, user_service.url, breaker), CustomerCache(redis))


@pytest.fixture
def caller() -> Principal:
    return Principal(subject=uuid7(), role="user", session=uuid7(), token="the.callers.token")


async def test_the_question_is_asked_in_the_callers_name_and_within_the_trace(
    directory: UserService, caller: Principal, user_service: Any
) -> None:
    with trace_context.bind(trace_id="a" * 32, request_id="request-1"):
        assert await directory.check(caller) == Customer(caller.subject, "ada@example.com", "Ada")
    (headers,) = user_service.asked
    assert headers["authorization"] == "Bearer the.callers.token"
    assert headers["x-request-id"] == "request-1"
    assert headers["traceparent"].startswith(f"00-{'a' * 32}-")


async def test_an_answer_is_remembered_for_a_minute(
    directory: UserService, caller: Principal, user_service: Any, redis: Redis
) -> None:
    await directory.check(caller)
    user_service.status = 503
    assert (await directory.check(caller)).name == "Ada"
    assert len(user_service.asked) == 1
    assert 0 < await redis.ttl(customer_key(caller.subject)) <= 60
    await redis.delete(customer_key(caller.subject))
    with pytest.raises(CustomerUnknown):
        await directory.check(caller)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_who_is_gone_cannot_order(
    status: int, directory: UserService, caller: Principal, user_service: Any
) -> None:
    user_service.status = status
    with pytest.raises(CustomerRefused):
        await directory.check(caller)


async def test_who_is_disabled_cannot_order_and_is_not_remembered(
    directory: UserService, caller: Principal, user_service: Any, redis: Redis
) -> None:
    user_service.body = {"enabled": False}
    with pytest.raises(CustomerRefused):
        await directory.check(caller)
    assert await redis.get(customer_key(caller.subject)) is None


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 302, 418])
async def test_no_answer_is_an_honest_503(
    status: int, directory: UserService, caller: Principal, user_service: Any
) -> None:
    user_service.status = status
    with pytest.raises(CustomerUnknown) as caught:
        await directory.check(caller)
    assert int(caught.value.headers["Retry-After"]) >= 1


async def test_a_silent_user_service_costs_less_than_a_second(
    directory: UserService, caller: Principal, user_service: Any
) -> None:
    user_service.delay = 5
    started = time.monotonic()
    with pytest.raises(CustomerUnknown):
        await directory.check(caller)
    assert time.monotonic() - started < 0.95


async def test_one_failed_attempt_is_hidden_by_the_next(
    directory: UserService, caller: Principal, user_service: Any
) -> None:
    user_service.failures = 1
    assert (await directory.check(caller)).name == "Ada"
    assert len(user_service.asked) == 2


async def test_a_user_service_that_is_down_is_left_alone_and_found_again(
    directory: UserService, caller: Principal, user_service: Any, breaker: Breaker
) -> None:
    user_service.status = 503
    for _ in range(3):
        with pytest.raises(CustomerUnknown):
            await directory.check(caller)
    assert breaker.state is BreakerState.OPEN
    asked = len(user_service.asked)
    started = time.monotonic()
    with pytest.raises(CustomerUnknown):
        await directory.check(caller)
    assert time.monotonic() - started < 0.1
    assert len(user_service.asked) == asked
    user_service.status = 200
    deadline = time.monotonic() + 2
    found = None
    while found is None and time.monotonic() < deadline:
        with contextlib.suppress(CustomerUnknown):
            found = await directory.check(caller)
    assert found is not None
    assert found.name == "Ada"


async def test_without_redis_every_check_asks(
    user_service: Any, http: aiohttp.ClientSession, breaker: Breaker, gone_redis: Redis, caller: Principal
) -> None:
    directory = UserService(UpstreamClient(http, user_service.url, breaker), CustomerCache(gone_redis))
    for _ in range(2):
        assert (await directory.check(caller)).name == "Ada"
    assert len(user_service.asked) == 2


async def test_a_redis_that_hangs_costs_little(
    *, user_service: Any, http: aiohttp.ClientSession, breaker: Breaker, caller: Principal, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "redis.sock"))
        silent.listen()
        redis = Redis(unix_socket_path=str(tmp_path / "redis.sock"), socket_timeout=5)
        directory = UserService(UpstreamClient(http, user_service.url, breaker), CustomerCache(redis))
        started = time.monotonic()
        assert (await directory.check(caller)).name == "Ada"
        assert time.monotonic() - started < 0.3
        user_service.delay = 5
        started = time.monotonic()
        with pytest.raises(CustomerUnknown):
            await directory.check(caller)
        assert time.monotonic() - started < 1.0
        await redis.aclose()


async def test_a_spoilt_entry_is_asked_again(
    directory: UserService, caller: Principal, user_service: Any, redis: Redis
) -> None:
    await redis.set(customer_key(caller.subject), "not json", ex=60)
    assert (await directory.check(caller)).name == "Ada"
    assert len(user_service.asked) == 1
