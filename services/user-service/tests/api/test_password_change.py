"""POST /api/auth/password."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

PASSWORD = "a long enough secret 42"
ANOTHER = "quite another secret 43"
Client = httpx2.AsyncClient
Join = Callable[[], Awaitable[Any]]


async def change(client: Client, person: Any, current: str = PASSWORD, new: str = ANOTHER) -> httpx2.Response:
    body = {"current_password": current, "new_password": new}
    return await client.post("/api/auth/password", json=body, headers=person.headers)


async def log_in(client: Client, email: str, password: str) -> httpx2.Response:
    return await client.post("/api/auth/login", json={"email": email, "password": password})


async def told_of(app: FastAPI, person: Any) -> list[dict[str, Any]]:
    """The events about a changed password."""
    async with app.state.resources.database.read_engine.connect() as connection:
        statement = text("SELECT payload FROM outbox WHERE aggregate_id = :id AND type = 'user.password_changed.v1'")
        return [row[0] for row in await connection.execute(statement, {"id": str(person.id)})]


async def test_the_new_one_works_and_the_old_one_does_not(client: Client, join: Join) -> None:
    person = await join()
    assert (await change(client, person)).status_code == 204
    assert (await log_in(client, person.email, PASSWORD)).status_code == 401
    assert (await log_in(client, person.email, ANOTHER)).status_code == 200


async def test_this_session_goes_on_and_all_others_end_with_their_tokens(client: Client, join: Join) -> None:
    person = await join()
    other = (await log_in(client, person.email, PASSWORD)).json()
    assert (await change(client, person)).status_code == 204
    assert (await client.get(person.url, headers=person.headers)).status_code == 200
    dead = {"Authorization": f"Bearer {other['access_token']}"}
    assert (await client.get(person.url, headers=dead)).status_code == 401
    refreshed = await client.post("/api/auth/refresh", json={"refresh_token": other["refresh_token"]})
    assert refreshed.status_code == 401
    mine = await client.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
    assert mine.status_code == 200


async def test_the_owner_is_told(app: FastAPI, client: Client, join: Join) -> None:
    person = await join()
    assert await told_of(app, person) == []
    await change(client, person)
    (event,) = await told_of(app, person)
    assert event["data"].keys() == {"user_id", "email", "name", "changed_at"}
    assert event["data"]["email"] == person.email
    assert ANOTHER not in str(event)


async def test_the_account_as_others_see_it_did_not_change(client: Client, join: Join) -> None:
    person = await join()
    await change(client, person)
    read = await client.get(person.url, headers=person.headers)
    assert (read.json(), read.headers["etag"]) == (person.user, person.etag)


async def test_a_wrong_current_password_is_told_and_changes_nothing(app: FastAPI, client: Client, join: Join) -> None:
    person = await join()
    refused = await change(client, person, current="not the password")
    assert refused.status_code == 401
    assert refused.json()["type"] == "urn:longhouse:problem:wrong-password"
    assert (await log_in(client, person.email, PASSWORD)).status_code == 200
    assert await told_of(app, person) == []


async def test_guesses_here_and_at_the_login_are_counted_together(client: Client, join: Join) -> None:
    person = await join()
    for _ in range(5):
        assert (await change(client, person, current="a wrong guess")).status_code == 401
        assert (await log_in(client, person.email, "a wrong guess")).status_code == 401
    refused = await change(client, person)
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert (await log_in(client, person.email, PASSWORD)).status_code == 429


async def test_the_right_one_forgets_the_guesses(client: Client, join: Join) -> None:
    person = await join()
    for _ in range(9):
        await change(client, person, current="a wrong guess")
    assert (await change(client, person)).status_code == 204
    assert (await change(client, person, current="a wrong guess")).status_code == 401


@pytest.mark.parametrize("new", ["short", "password1234", "x" * 129, "\x00" * 12, None])
async def test_the_rules_of_registration_hold(client: Client, join: Join, new: Any) -> None:
    refused = await change(client, await join(), new=new)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["new_password"]


async def test_the_address_is_no_password(client: Client, join: Join) -> None:
    person = await join()
    refused = await change(client, person, new=person.email.upper())
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["new_password"]


async def test_nobody_without_a_session(client: Client) -> None:
    body = {"current_password": PASSWORD, "new_password": ANOTHER}
    assert (await client.post("/api/auth/password", json=body)).status_code == 401


async def test_a_login_that_verified_the_old_one_meanwhile_gets_no_session(
    app: FastAPI, client: Client, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await join()
    start = app.state.sessions.start

    async def late(*arguments: Any, **options: Any) -> Any:
        # The old password has been verified by now; the sessions there are end before this one begins.
        assert (await change(client, person)).status_code == 204
        return await start(*arguments, **options)

    monkeypatch.setattr(app.state.sessions, "start", late)
    assert (await log_in(client, person.email, PASSWORD)).status_code == 401
    listed = await client.get("/api/auth/sessions", headers=person.headers)
    assert [item["current"] for item in listed.json()["items"]] == [True]
