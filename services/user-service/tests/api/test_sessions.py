"""Staying logged in, and ending it: refresh, logout, sessions."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx2
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

from chassis.testing.clocks import FrozenClock
from chassis.testing.tokens import TokenMint
from users.sessions.refresh_tokens import RefreshToken

PASSWORD = "a long enough secret 42"
Client = httpx2.AsyncClient
Join = Callable[[], Awaitable[Any]]


async def refresh(client: Client, token: str) -> httpx2.Response:
    return await client.post("/api/auth/refresh", json={"refresh_token": token})


async def status_of(client: Client, person: Any, headers: dict[str, str] | None = None) -> int:
    return (await client.get(person.url, headers=headers or person.headers)).status_code


@pytest.fixture
def clock(app: FastAPI, client: Client) -> Any:
    """Lets the sessions' time jump; the tokens themselves keep to the real time."""
    store = app.state.sessions
    real = store._clock
    store._clock = FrozenClock(real.now())
    yield store._clock
    store._clock = real


async def test_refresh_answers_a_new_pair_that_works(client: Client, join: Join) -> None:
    person = await join()
    response = await refresh(client, person.refresh_token)
    assert response.status_code == 200
    pair = response.json()
    assert pair["refresh_token"] != person.refresh_token
    assert await status_of(client, person, {"Authorization": f"Bearer {pair['access_token']}"}) == 200
    assert (await refresh(client, pair["refresh_token"])).status_code == 200


async def test_a_lost_answer_is_repeated(client: Client, join: Join, clock: FrozenClock) -> None:
    person = await join()
    first = await refresh(client, person.refresh_token)
    clock.advance(10)
    assert (await refresh(client, person.refresh_token)).json() == first.json()
    assert (await refresh(client, first.json()["refresh_token"])).status_code == 200


async def test_refreshing_twice_at_once_gives_one_answer(client: Client, join: Join) -> None:
    person = await join()
    answers: list[Any] = []

    async def attempt() -> None:
        answers.append((await refresh(client, person.refresh_token)).json())

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(attempt)
    assert all(answer == answers[0] for answer in answers)
    assert "refresh_token" in answers[0]


async def test_reuse_after_the_grace_ends_the_session_at_once(client: Client, join: Join, clock: FrozenClock) -> None:
    person = await join()
    pair = (await refresh(client, person.refresh_token)).json()
    clock.advance(11)
    reused = await refresh(client, person.refresh_token)
    assert reused.status_code == 401
    assert reused.json()["type"] == "urn:longhouse:problem:session-over"
    assert (await refresh(client, pair["refresh_token"])).status_code == 401
    assert await status_of(client, person) == 401
    assert await status_of(client, person, {"Authorization": f"Bearer {pair['access_token']}"}) == 401


async def test_an_older_token_ends_the_session_even_within_the_grace(client: Client, join: Join) -> None:
    person = await join()
    second = (await refresh(client, person.refresh_token)).json()["refresh_token"]
    third = (await refresh(client, second)).json()["refresh_token"]
    assert (await refresh(client, person.refresh_token)).status_code == 401
    assert (await refresh(client, third)).status_code == 401


async def test_a_made_up_token_of_a_known_session_does_not_end_it(client: Client, join: Join) -> None:
    person = await join()
    session = RefreshToken.parse(person.refresh_token)
    assert session is not None
    forged = RefreshToken.issue(session.session, "00" * 16).text
    assert (await refresh(client, forged)).status_code == 401
    assert (await refresh(client, person.refresh_token)).status_code == 200


@pytest.mark.parametrize("token", ["x", "x" * 200, "=" * 88, "A" * 88, "ä" * 88])
async def test_what_is_no_token_is_401(client: Client, token: str) -> None:
    assert (await refresh(client, token)).status_code == 401


@pytest.mark.parametrize("token", ["", "x" * 201, None, 5])
async def test_malformed_is_422(client: Client, token: object) -> None:
    response = await client.post("/api/auth/refresh", json={"refresh_token": token})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "refresh_token"


async def test_redis_holds_no_refresh_token(app: FastAPI, client: Client, join: Join) -> None:
    person = await join()
    pair = (await refresh(client, person.refresh_token)).json()
    issued = RefreshToken.parse(pair["refresh_token"])
    assert issued is not None
    stored = await app.state.resources.state.hgetall(f"user:session:{issued.session}")
    assert issued.secret.hex() not in str(stored)
    assert pair["refresh_token"] not in str(stored)


async def test_logout_is_over_at_once(client: Client, join: Join) -> None:
    person = await join()
    response = await client.post("/api/auth/logout", headers=person.headers)
    assert (response.status_code, response.content) == (204, b"")
    assert await status_of(client, person) == 401
    assert (await refresh(client, person.refresh_token)).status_code == 401
    assert (await client.post("/api/auth/logout", headers=person.headers)).status_code == 401


async def test_lists_own_sessions_and_ends_one(client: Client, join: Join) -> None:
    person, other = await join(), await join()
    login = await client.post(
        "/api/auth/login",
        json={"email": person.email, "password": PASSWORD},
        headers={"User-Agent": "Phone/1.0", "X-Real-IP": "192.0.2.7"},
    )
    phone = {"Authorization": f"Bearer {login.json()['access_token']}"}
    page = (await client.get("/api/auth/sessions", headers=person.headers)).json()
    assert page["next_cursor"] is None
    by_device = {item["device"]: item for item in page["items"]}
    assert len(page["items"]) == 2
    assert by_device["Phone/1.0"]["address"] == "192.0.2.7"
    assert [item["current"] for item in page["items"]].count(True) == 1
    assert by_device["Phone/1.0"]["current"] is False

    url = f"/api/auth/sessions/{by_device['Phone/1.0']['id']}"
    assert (await client.delete(url, headers=other.headers)).status_code == 404
    assert await status_of(client, person, phone) == 200
    assert (await client.delete(url, headers=person.headers)).status_code == 204
    assert await status_of(client, person, phone) == 401
    assert await status_of(client, person) == 200
    assert (await client.delete(url, headers=person.headers)).status_code == 404
    assert (await client.delete("/api/auth/sessions/x", headers=person.headers)).status_code == 422


async def test_the_oldest_sessions_end_beyond_the_limit(app: FastAPI, client: Client, join: Join) -> None:
    person = await join()
    store = app.state.sessions
    limit, store._per_account = store._per_account, 2
    try:
        for _ in range(2):
            await client.post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
    finally:
        store._per_account = limit
    assert len(await store.owned_by(person.id)) == 2
    assert await status_of(client, person) == 401


@pytest.mark.parametrize("path", ["/api/auth/sessions", "/api/users"])
async def test_needs_a_token(client: Client, path: str, mint: TokenMint) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
        response = await client.get(path, headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")
        assert response.headers["content-type"] == "application/problem+json"


async def test_without_the_session_store_nobody_passes(
    app: FastAPI, client: Client, join: Join, unreachable_redis: Redis
) -> None:
    from chassis.security.revocation import EndedSessions

    person = await join()
    real = app.state.ended_sessions
    app.state.ended_sessions = EndedSessions(unreachable_redis)
    try:
        response = await client.get(person.url, headers=person.headers)
    finally:
        app.state.ended_sessions = real
    assert response.status_code == 503
    assert response.headers["retry-after"]
