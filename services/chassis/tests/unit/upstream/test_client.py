"""The client against a server that misbehaves on purpose."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chassis.upstream.breaker import Breaker, BreakerState
from chassis.upstream.client import UpstreamClient, UpstreamUnavailable


class Target:
    """Does what the test says, request by request."""

    def __init__(self) -> None:
        self.plan: list[int | float | str] = []
        self.asked = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        step = self.plan[min(self.asked, len(self.plan) - 1)]
        self.asked += 1
        if isinstance(step, float):
            await asyncio.sleep(step)
            step = 200
        if step == "cut":
            assert request.transport is not None
            request.transport.close()
            step = 200
        if step == "garbage":
            return web.Response(body=b"<html>", content_type="text/html")
        return web.json_response({"n": self.asked}, status=int(step))


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(time.monotonic, threshold=50)


@pytest.fixture
async def patient(target: Target, breaker: Breaker) -> AsyncIterator[UpstreamClient]:
    """For tests that are not about time, on a machine that may be busy."""
    app = web.Application()
    app.router.add_get("/{path:.*}", target.answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield UpstreamClient(session, str(server.make_url("/")), breaker, deadline=20, attempt=10)


@pytest.fixture
async def client(target: Target, breaker: Breaker) -> AsyncIterator[UpstreamClient]:
    app = web.Application()
    app.router.add_get("/{path:.*}", target.answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield UpstreamClient(session, str(server.make_url("/")), breaker)


@pytest.mark.parametrize("plan", [[503, 200], [502, 504, 200], ["cut", 200], [0.5, 200]])
async def test_it_tries_again_within_the_deadline(
    plan: list[int | float | str], client: UpstreamClient, target: Target
) -> None:
    target.plan = plan
    started = time.monotonic()
    answer = await client.get("/x", token="t")
    assert (answer.status, answer.body) == (200, {"n": len(plan)})
    assert time.monotonic() - started < 0.85


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 422])
async def test_an_answer_is_an_answer(status: int, patient: UpstreamClient, target: Target, breaker: Breaker) -> None:
    target.plan = [status]
    assert (await patient.get("/x", token="t")).status == status
    assert target.asked == 1
    assert breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize("plan", [[10.0], [500], [503], ["cut"]])
async def test_no_answer_is_known_within_the_deadline(
    plan: list[int | float | str], client: UpstreamClient, target: Target
) -> None:
    target.plan = plan
    started = time.monotonic()
    with pytest.raises(UpstreamUnavailable):
        await client.get("/x", token="t")
    assert time.monotonic() - started < 0.9
    # Three attempts; aiohttp itself repeats a GET whose connection was cut.
    assert 2 <= target.asked <= 6


async def test_an_answer_that_is_no_json_has_no_body(patient: UpstreamClient, target: Target) -> None:
    target.plan = ["garbage"]
    assert (await patient.get("/x", token="t")).body is None


async def test_a_caller_that_goes_away_is_not_the_services_fault(
    client: UpstreamClient, target: Target, breaker: Breaker
) -> None:
    target.plan = [10.0]
    call = asyncio.create_task(client.get("/x", token="t"))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert breaker.state is BreakerState.CLOSED


async def test_an_open_breaker_answers_without_asking(target: Target) -> None:
    async with aiohttp.ClientSession() as session:
        breaker = Breaker(time.monotonic, threshold=1, open_seconds=7)
        client = UpstreamClient(session, "http://127.0.0.1:9", breaker)
        with pytest.raises(UpstreamUnavailable):
            await client.get("/x", token="t")
        with pytest.raises(UpstreamUnavailable) as caught:
            await client.get("/x", token="t")
    assert caught.value.retry_after == pytest.approx(7, abs=0.5)
