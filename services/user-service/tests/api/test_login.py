"""POST /api/auth/login."""

import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import jwt
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from chassis.testing.clients import running
from users.application import build_application
from users.settings import UserSettings

PASSWORD = "a long enough secret 42"
Client = httpx2.AsyncClient
Join = Callable[[], Awaitable[Any]]


async def log_in(client: Client, email: str, password: str = PASSWORD) -> httpx2.Response:
    return await client.post("/api/auth/login", json={"email": email, "password": password})


async def test_answers_a_pair_of_tokens(client: Client, join: Join) -> None:
    person = await join()
    response = await log_in(client, person.email.upper())
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    pair = response.json()
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 600)
    assert len(pair["refresh_token"]) >= 43


async def test_the_access_token_is_verifiable_with_the_published_keys(client: Client, join: Join) -> None:
    person = await join()
    token = person.headers["Authorization"].removeprefix("Bearer ")
    header = jwt.get_unverified_header(token)
    keys = jwt.PyJWKSet.from_dict((await client.get("/.well-known/jwks.json")).json())
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    claims = jwt.decode(
        token, keys[header["kid"]], algorithms=["EdDSA"], audience="longhouse", issuer="https://longhouse.test"
    )
    assert set(claims) == {"iss", "aud", "sub", "sid", "role", "jti", "iat", "exp"}
    assert (claims["sub"], claims["role"], claims["exp"] - claims["iat"]) == (str(person.id), "user", 600)


async def test_one_answer_for_unknown_address_and_wrong_password(
    client: Client, join: Join, fresh_email: Callable[[], str]
) -> None:
    person = await join()
    wrong = await log_in(client, person.email, "not the password at all")
    unknown = await log_in(client, fresh_email(), "not the password at all")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.headers["www-authenticate"] == unknown.headers["www-authenticate"] == "Bearer"
    same = [{k: v for k, v in r.json().items() if k != "request_id"} for r in (wrong, unknown)]
    assert same[0] == same[1]


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    client: Client, join: Join, fresh_email: Callable[[], str]
) -> None:
    person = await join()

    async def seconds(email: str) -> float:
        started = time.perf_counter()
        await log_in(client, email, "not the password at all")
        return time.perf_counter() - started

    wrong, unknown = [], []
    for _ in range(8):
        wrong.append(await seconds(person.email))
        unknown.append(await seconds(fresh_email()))
    # Without a hash to compare the answer would come within a tenth of the time.
    assert statistics.median(unknown) > 0.5 * statistics.median(wrong)


async def test_a_disabled_account_cannot_log_in(client: Client, join: Join, admin: dict[str, str]) -> None:
    person = await join()
    change = {"email": person.email, "name": "Ada", "enabled": False}
    changed = await client.put(person.url, json=change, headers={**admin, "If-Match": person.etag})
    assert changed.status_code == 200, changed.text
    response = await log_in(client, person.email)
    assert response.status_code == 401
    assert response.json()["type"] == "urn:longhouse:problem:wrong-credentials"


async def test_throttles_an_account_and_says_when_to_come_back(client: Client, join: Join) -> None:
    person = await join()
    statuses = [(await log_in(client, person.email, "wrong password")).status_code for _ in range(10)]
    assert statuses == [401] * 10
    refused = await log_in(client, person.email)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 300
    assert refused.json()["type"] == "urn:longhouse:problem:too-many-logins"


async def test_an_unknown_account_is_throttled_alike(client: Client, fresh_email: Callable[[], str]) -> None:
    email = fresh_email()
    for _ in range(10):
        await log_in(client, email, "wrong password")
    assert (await log_in(client, email.upper(), "wrong password")).status_code == 429


async def test_logging_in_forgets_the_failures(client: Client, join: Join) -> None:
    person = await join()
    for _ in range(3):
        for _ in range(9):
            await log_in(client, person.email, "wrong password")
        assert (await log_in(client, person.email)).status_code == 200


async def test_more_logins_than_threads_are_refused_at_once(user_settings: UserSettings) -> None:
    settings = user_settings.model_copy(update={"password_threads": 1, "password_queue": 1})
    app = build_application(settings)
    async with running(app) as client:
        import anyio

        statuses: list[int] = []

        async def attempt(number: int) -> None:
            response = await log_in(client, f"crowd{number}@example.com")
            statuses.append(response.status_code)
            if response.status_code == 503:
                assert response.headers["retry-after"]

        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(attempt, number)
    assert set(statuses) == {401, 503}


async def test_the_throttle_fails_open_and_counts_it(
    app: FastAPI, client: Client, join: Join, unreachable_redis: Redis
) -> None:
    from chassis.rate_limit import RateLimiter

    def failures() -> float:
        return REGISTRY.get_sample_value("longhouse_rate_limit_failures_total") or 0

    person = await join()
    guesses = app.state.login._guesses
    before, limiter = failures(), guesses._limiter
    guesses._limiter = RateLimiter(unreachable_redis, "1/minute", prefix="user:limits")
    try:
        assert (await log_in(client, person.email)).status_code == 200
        assert (await log_in(client, person.email)).status_code == 200
    finally:
        guesses._limiter = limiter
    assert failures() > before


async def test_outdated_hashes_are_renewed_without_a_trace(app: FastAPI, client: Client, join: Join) -> None:
    from argon2 import PasswordHasher
    from sqlalchemy import text

    person = await join()
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    engine = app.state.resources.database.write_engine
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE users SET password_hash = :hash WHERE id = :id"), {"hash": weak, "id": person.id}
        )
    assert (await log_in(client, person.email)).status_code == 200
    async with engine.begin() as connection:
        row = (
            await connection.execute(
                text("SELECT password_hash, version, updated_at = created_at FROM users WHERE id = :id"),
                {"id": person.id},
            )
        ).one()
    assert row[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (row[1], row[2]) == (1, True)
    assert (await log_in(client, person.email)).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "x"),
        ("email", None),
        ("password", ""),
        ("password", "x" * 129),
        ("password", "\x00" * 12),
        ("otp", "1"),
    ],
)
async def test_names_the_refused_field(client: Client, field: str, value: object) -> None:
    response = await client.post("/api/auth/login", json={"email": "a@example.com", "password": PASSWORD, field: value})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]
