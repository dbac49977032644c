"""/api/users."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

PASSWORD = "a long enough secret 42"
Client = httpx2.AsyncClient
Join = Callable[[], Awaitable[Any]]


async def events_of(app: FastAPI, person: Any) -> list[tuple[str, dict[str, Any]]]:
    async with app.state.resources.database.read_engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT type, payload FROM outbox WHERE aggregate_id = :id ORDER BY seq"), {"id": str(person.id)}
        )
        return [(row[0], row[1]) for row in rows]


async def change(client: Client, person: Any, headers: dict[str, str], **fields: Any) -> httpx2.Response:
    body = {"email": person.email, "name": "Ada", **fields}
    return await client.put(person.url, json=body, headers={"If-Match": person.etag, **headers})


async def test_reads_yourself_with_an_etag(client: Client, join: Join) -> None:
    person = await join()
    for _ in range(2):
        response = await client.get(person.url, headers=person.headers)
        assert response.status_code == 200
        assert response.json() == person.user
        assert response.headers["etag"] == person.etag == '"1"'


async def test_other_people_do_not_exist(client: Client, join: Join) -> None:
    person, other = await join(), await join()
    for response in (
        await client.get(other.url, headers=person.headers),
        await change(client, other, person.headers),
        await client.delete(other.url, headers=person.headers),
    ):
        assert response.status_code == 404
    assert (await client.get(other.url, headers=other.headers)).json() == other.user


async def test_an_admin_reads_anybody(client: Client, join: Join, admin: dict[str, str]) -> None:
    person = await join()
    assert (await client.get(person.url, headers=admin)).json() == person.user
    missing = "/api/users/01890a5d-ac96-774b-bcce-b302099a8057"
    assert (await client.get(missing, headers=admin)).status_code == 404
    assert (await client.get("/api/users/seven", headers=admin)).json()["errors"][0]["field"] == "user_id"


async def test_change_needs_the_version_you_have_read(client: Client, join: Join) -> None:
    person = await join()
    body = {"email": person.email, "name": "Grace"}
    assert (await client.put(person.url, json=body, headers=person.headers)).status_code == 428
    for stale in ('"2"', 'W/"1"', "1", '"1', "x"):
        headers = {**person.headers, "If-Match": stale}
        assert (await client.put(person.url, json=body, headers=headers)).status_code == 412, stale
    changed = await client.put(person.url, json=body, headers={**person.headers, "If-Match": '"7", "1"'})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.headers["etag"]) == ("Grace", '"2"')
    assert changed.json()["updated_at"] > person.user["updated_at"]
    assert (await change(client, person, person.headers)).status_code == 412
    anyway = await client.put(person.url, json=body, headers={**person.headers, "If-Match": "*"})
    assert anyway.status_code == 200


async def test_a_change_shows_at_once_through_the_cache(client: Client, join: Join) -> None:
    person = await join()
    await client.get(person.url, headers=person.headers)
    assert (await change(client, person, person.headers, name="Grace")).status_code == 200
    assert (await client.get(person.url, headers=person.headers)).json()["name"] == "Grace"


async def test_a_change_without_difference_makes_no_version(app: FastAPI, client: Client, join: Join) -> None:
    person = await join()
    response = await change(client, person, person.headers)
    assert (response.status_code, response.headers["etag"]) == (200, '"1"')
    assert [type_ for type_, _ in await events_of(app, person)] == ["user.registered.v1"]


async def test_the_new_address_may_be_taken(client: Client, join: Join) -> None:
    person, other = await join(), await join()
    response = await change(client, person, person.headers, email=other.email.upper())
    assert response.status_code == 409
    assert (await client.get(person.url, headers=person.headers)).json() == person.user


@pytest.mark.parametrize("fields", [{"role": "admin"}, {"enabled": False}])
async def test_rights_are_given_by_admins_only(
    client: Client, join: Join, admin: dict[str, str], fields: dict[str, Any]
) -> None:
    person = await join()
    assert (await change(client, person, person.headers, **fields)).status_code == 403
    assert (await client.get(person.url, headers=person.headers)).json() == person.user
    changed = await change(client, person, admin, **fields)
    assert changed.status_code == 200
    assert fields.items() <= changed.json().items()
    # The token said something else about its rights.
    assert (await client.get(person.url, headers=person.headers)).status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("version", 9),
        ("password_hash", "x"),
        ("role", "root"),
        ("enabled", "yes"),
        ("name", "\x00"),
        ("email", "\x00@example.com"),
    ],
)
async def test_nothing_else_can_be_set(client: Client, join: Join, field: str, value: object) -> None:
    person = await join()
    response = await change(client, person, person.headers, **{field: value})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


async def test_delete_ends_everything(app: FastAPI, client: Client, join: Join, admin: dict[str, str]) -> None:
    person = await join()
    await client.get(person.url, headers=person.headers)
    response = await client.delete(person.url, headers=person.headers)
    assert (response.status_code, response.content) == (204, b"")
    assert (await client.get(person.url, headers=person.headers)).status_code == 401
    assert (await client.get(person.url, headers=admin)).status_code == 404
    refreshed = await client.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
    assert refreshed.status_code == 401
    login = await client.post("/api/auth/login", json={"email": person.email, "password": PASSWORD})
    assert login.status_code == 401
    assert (await client.delete(person.url, headers=admin)).status_code == 404


async def test_the_list_is_for_admins(client: Client, join: Join, admin: dict[str, str]) -> None:
    people = [await join() for _ in range(3)]
    assert (await client.get("/api/users", headers=people[0].headers)).status_code == 403
    first = (await client.get("/api/users?limit=2", headers=admin)).json()
    assert [item["id"] for item in first["items"]] == [str(people[2].id), str(people[1].id)]
    second = (await client.get(f"/api/users?limit=1&cursor={first['next_cursor']}", headers=admin)).json()
    assert second["items"][0] == people[0].user


async def test_every_user_is_on_exactly_one_page(client: Client, join: Join, admin: dict[str, str]) -> None:
    people = {str((await join()).id) for _ in range(4)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(f"/api/users?limit=3{cursor}", headers=admin)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen))
    assert people <= set(seen)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=%00", "cursor=", "cursor=ä"])
async def test_refuses_odd_pages(client: Client, admin: dict[str, str], query: str) -> None:
    response = await client.get(f"/api/users?{query}", headers=admin)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == query.partition("=")[0]


async def test_facts_reach_the_outbox_with_the_request_that_caused_them(
    app: FastAPI, client: Client, join: Join
) -> None:
    person = await join()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {**person.headers, "X-Request-Id": "request-of-a-test", "traceparent": trace}
    changed = await change(client, person, headers, name="Grace")
    assert changed.headers["x-request-id"] == "request-of-a-test"
    await client.delete(person.url, headers=person.headers)

    events = await events_of(app, person)
    assert [type_ for type_, _ in events] == ["user.registered.v1", "user.updated.v1", "user.deleted.v1"]
    registered, updated, deleted = (event for _, event in events)
    assert registered["data"] == {"user_id": str(person.id), "email": person.email, "name": "Ada"}
    assert updated["data"]["name"] == "Grace"
    assert updated["requestid"] == "request-of-a-test"
    assert updated["traceparent"].split("-")[1] == trace.split("-")[1]
    assert [event["aggregateversion"] for event in (registered, updated, deleted)] == [1, 2, 3]
    assert "password" not in json.dumps(events).lower()


async def test_a_refused_change_leaves_no_fact(app: FastAPI, client: Client, join: Join) -> None:
    person, other = await join(), await join()
    await change(client, person, person.headers, email=other.email)
    await change(client, person, person.headers, role="admin")
    assert [type_ for type_, _ in await events_of(app, person)] == ["user.registered.v1"]
