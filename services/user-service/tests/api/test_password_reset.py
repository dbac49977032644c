"""POST /api/auth/password-reset and …/confirm."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import anyio
import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.types import Message

from chassis.security.sealing import unseal
from chassis.testing.clocks import FrozenClock
from chassis.testing.tokens import TokenMint
from contracts.user_events import reset_purpose

PASSWORD = "a long enough secret 42"
ANOTHER = "quite another secret 43"
Client = httpx2.AsyncClient
Join = Callable[[], Awaitable[Any]]
Token = Callable[[Any], Awaitable[str]]


async def ask(client: Client, email: str, **headers: str) -> httpx2.Response:
    return await client.post("/api/auth/password-reset", json={"email": email}, headers=headers)


async def confirm(client: Client, token: str, new: Any = ANOTHER) -> httpx2.Response:
    return await client.post("/api/auth/password-reset/confirm", json={"token": token, "new_password": new})


async def log_in(client: Client, email: str, password: str) -> httpx2.Response:
    return await client.post("/api/auth/login", json={"email": email, "password": password})


async def events(app: FastAPI, person: Any, type_: str) -> list[dict[str, Any]]:
    async with app.state.resources.database.read_engine.connect() as connection:
        statement = text("SELECT payload FROM outbox WHERE aggregate_id = :id AND type = :type ORDER BY seq")
        found = await connection.execute(statement, {"id": str(person.id), "type": type_})
        return [row[0] for row in found]


@pytest.fixture
def token_for_mail(app: FastAPI, client: Client, mint: TokenMint) -> Token:
    """``await token_for_mail(person)`` asks for a reset and opens what notification-service would open."""

    async def get(person: Any) -> str:
        assert (await ask(client, person.email)).status_code == 202
        data = (await events(app, person, "user.password_reset_requested.v1"))[-1]["data"]
        return unseal(data["sealed_token"], purpose=reset_purpose(person.id), private_key=mint.sealing_key)

    return get


@pytest.fixture
def clock(app: FastAPI, client: Client) -> Iterator[FrozenClock]:
    """Lets the time of resets jump."""
    resets = app.state.password_resets
    real = resets._clock
    resets._clock = FrozenClock(real.now())
    yield resets._clock
    resets._clock = real


def is_dead(response: httpx2.Response) -> bool:
    """The one answer for every token that is no good."""
    body = {name: value for name, value in response.json().items() if name != "request_id"}
    return (response.status_code, body) == (
        400,
        {
            "type": "urn:longhouse:problem:reset-token-invalid",
            "title": "This link is no longer good",
            "status": 400,
            "detail": "ask for a new one",
        },
    )


async def test_the_token_sets_a_new_password_and_ends_every_session(
    client: Client, join: Join, token_for_mail: Token
) -> None:
    person = await join()
    token = await token_for_mail(person)
    assert (await client.get(person.url, headers=person.headers)).status_code == 200
    assert (await confirm(client, token)).status_code == 204
    assert (await client.get(person.url, headers=person.headers)).status_code == 401
    refreshed = await client.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
    assert refreshed.status_code == 401
    assert (await log_in(client, person.email, PASSWORD)).status_code == 401
    assert (await log_in(client, person.email, ANOTHER)).status_code == 200


async def test_the_owner_is_told_of_the_change(app: FastAPI, client: Client, join: Join, token_for_mail: Token) -> None:
    person = await join()
    await confirm(client, await token_for_mail(person))
    (event,) = await events(app, person, "user.password_changed.v1")
    assert event["data"]["email"] == person.email


async def test_it_has_256_bits_and_is_stored_and_sent_where_nobody_reads_it(
    app: FastAPI, client: Client, join: Join, token_for_mail: Token
) -> None:
    person = await join()
    token = await token_for_mail(person)
    assert len(token) == 43
    async with app.state.resources.database.read_engine.connect() as connection:
        for table in ("password_resets", "outbox", "users"):
            for row in await connection.execute(text(f"SELECT {table}::text FROM {table}")):  # noqa: S608
                assert token not in row[0], table
                assert token.encode().hex() not in row[0], table


async def test_it_works_once(client: Client, join: Join, token_for_mail: Token) -> None:
    token = await token_for_mail(await join())
    assert (await confirm(client, token)).status_code == 204
    assert is_dead(await confirm(client, token, "a third password of mine"))


async def test_sent_twice_at_once_it_works_once(client: Client, join: Join, token_for_mail: Token) -> None:
    token = await token_for_mail(await join())
    answers: list[httpx2.Response] = []

    async def attempt(number: int) -> None:
        answers.append(await confirm(client, token, f"password number {number} of mine"))

    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(attempt, number)
    assert sorted(answer.status_code for answer in answers) == [204, 400, 400, 400, 400]


async def test_it_is_good_for_half_an_hour(
    client: Client, join: Join, token_for_mail: Token, clock: FrozenClock
) -> None:
    early, late = await join(), await join()
    tokens = [await token_for_mail(early), await token_for_mail(late)]
    clock.advance(30 * 60 - 1)
    assert (await confirm(client, tokens[0])).status_code == 204
    clock.advance(2)
    assert is_dead(await confirm(client, tokens[1]))


async def test_a_newer_one_ends_the_older(client: Client, join: Join, token_for_mail: Token) -> None:
    person = await join()
    older, newer = await token_for_mail(person), await token_for_mail(person)
    assert is_dead(await confirm(client, older))
    assert (await confirm(client, newer)).status_code == 204


async def test_changing_the_password_ends_it(client: Client, join: Join, token_for_mail: Token) -> None:
    person = await join()
    token = await token_for_mail(person)
    body = {"current_password": PASSWORD, "new_password": ANOTHER}
    assert (await client.post("/api/auth/password", json=body, headers=person.headers)).status_code == 204
    assert is_dead(await confirm(client, token, "a third password of mine"))


@pytest.mark.parametrize("token", ["x", "A" * 43, "ä" * 43, "A" * 200])
async def test_what_is_no_token_is_told_alike(client: Client, token: str) -> None:
    assert is_dead(await confirm(client, token))


async def test_a_refused_password_leaves_it_good(client: Client, join: Join, token_for_mail: Token) -> None:
    person = await join()
    token = await token_for_mail(person)
    for weak in ("short", "password1234", person.email):
        refused = await confirm(client, token, weak)
        assert refused.status_code == 422
        assert [error["field"] for error in refused.json()["errors"]] == ["new_password"]
    assert (await confirm(client, token)).status_code == 204


async def test_who_was_locked_out_by_guesses_gets_in_with_the_new_one(
    client: Client, join: Join, token_for_mail: Token
) -> None:
    person = await join()
    for _ in range(11):
        await log_in(client, person.email, "somebody guesses")
    await confirm(client, await token_for_mail(person))
    assert (await log_in(client, person.email, ANOTHER)).status_code == 200


async def test_unknown_and_disabled_accounts_are_answered_alike_and_get_nothing(
    app: FastAPI, client: Client, join: Join, admin: dict[str, str], fresh_email: Callable[[], str]
) -> None:
    known, disabled = await join(), await join()
    change = {"email": disabled.email, "name": "Ada", "enabled": False}
    await client.put(disabled.url, json=change, headers={**admin, "If-Match": disabled.etag})
    answers = [await ask(client, email) for email in (known.email, disabled.email, fresh_email())]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert len(await events(app, known, "user.password_reset_requested.v1")) == 1
    assert await events(app, disabled, "user.password_reset_requested.v1") == []


async def test_disabling_an_account_ends_its_token(
    client: Client, join: Join, token_for_mail: Token, admin: dict[str, str]
) -> None:
    person = await join()
    token = await token_for_mail(person)
    change = {"email": person.email, "name": "Ada", "enabled": False}
    assert (await client.put(person.url, json=change, headers={**admin, "If-Match": person.etag})).status_code == 200
    assert is_dead(await confirm(client, token))


async def test_the_answer_waits_for_nothing_that_depends_on_the_account(
    app: FastAPI, client: Client, join: Join
) -> None:
    """Not by a clock: the account's row is locked until the answer is there."""
    person = await join()
    answered = anyio.Event()
    body = f'{{"email": "{person.email}"}}'.encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "https",
        "path": "/api/auth/password-reset", "raw_path": b"/api/auth/password-reset", "query_string": b"",
        "root_path": "", "headers": headers, "client": ("test", 1), "server": ("test", 443),
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            answered.set()

    async with anyio.create_task_group() as group, app.state.resources.database.write_engine.begin() as connection:
        await connection.execute(text("SELECT FROM users WHERE id = :id FOR UPDATE"), {"id": person.id})
        group.start_soon(app, scope, receive, send)
        with anyio.fail_after(30):
            await answered.wait()
        assert await events(app, person, "user.password_reset_requested.v1") == []
    assert len(await events(app, person, "user.password_reset_requested.v1")) == 1


async def test_an_account_is_mailed_three_times_and_an_unknown_one_is_told_alike(
    app: FastAPI, client: Client, join: Join, fresh_email: Callable[[], str]
) -> None:
    person = await join()
    for email in (person.email, fresh_email()):
        statuses = [(await ask(client, spelled)).status_code for spelled in (email, email.upper(), email)]
        assert statuses == [202] * 3
        refused = await ask(client, email)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 900
        assert refused.json()["type"] == "urn:longhouse:problem:too-many-resets"
    assert len(await events(app, person, "user.password_reset_requested.v1")) == 3


async def test_one_client_asks_for_thirty_addresses_at_most(client: Client, fresh_email: Callable[[], str]) -> None:
    address = f"2001:db8::{fresh_email()[:4]}"
    statuses = [(await ask(client, fresh_email(), **{"X-Real-IP": address})).status_code for _ in range(31)]
    assert statuses == [202] * 30 + [429]
    assert (await ask(client, fresh_email(), **{"X-Real-IP": "192.0.2.200"})).status_code == 202


async def test_the_event_says_until_when(app: FastAPI, client: Client, join: Join) -> None:
    person = await join()
    await ask(client, person.email)
    (event,) = await events(app, person, "user.password_reset_requested.v1")
    assert event["data"].keys() == {"user_id", "email", "name", "sealed_token", "expires_at"}
    expires, asked = (datetime.fromisoformat(text) for text in (event["data"]["expires_at"], event["time"]))
    assert expires - asked == timedelta(minutes=30)
