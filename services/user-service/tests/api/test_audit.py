"""What an admin does to others is on record; what people do to themselves is not."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from chassis.observability import audit
from chassis.testing.sinks import RecordingSink
from chassis.testing.tokens import TokenMint

Client = httpx2.AsyncClient
Join = Callable[[], Awaitable[Any]]


async def change(client: Client, person: Any, headers: dict[str, str], **fields: Any) -> httpx2.Response:
    body = {"email": person.email, "name": "Ada", **fields}
    return await client.put(person.url, json=body, headers={"If-Match": "*", **headers})


async def test_a_changed_account_is_recorded_with_who_and_from_where(
    client: Client, join: Join, mint: TokenMint, journal: RecordingSink
) -> None:
    person, who = await join(), uuid4()
    headers = {**mint.headers("admin", subject=who), "X-Real-IP": "192.0.2.9", "X-Request-Id": "request-0001"}
    assert (await change(client, person, headers, role="admin", name="Countess")).status_code == 200
    (record,) = journal.acts
    assert (record["ACTOR"], record["ACTION"], record["OBJECT"]) == (str(who), "user.change", f"user/{person.id}")
    assert (record["CLIENT_ADDRESS"], record["REQUEST_ID"]) == ("192.0.2.9", "request-0001")
    # Names are personal and the journal outlives accounts.
    assert record["DETAIL"] == "name=changed role=user->admin"
    assert "Countess" not in str(record)


async def test_a_deleted_account_is_recorded(
    client: Client, join: Join, admin: dict[str, str], journal: RecordingSink
) -> None:
    person = await join()
    assert (await client.delete(person.url, headers=admin)).status_code == 204
    assert [(record["ACTION"], record["OBJECT"]) for record in journal.acts] == [("user.delete", f"user/{person.id}")]


async def test_what_is_refused_or_changes_nothing_leaves_no_record(
    client: Client, join: Join, admin: dict[str, str], journal: RecordingSink
) -> None:
    person = await join()
    assert (await change(client, person, {**admin, "If-Match": '"7"'}, role="admin")).status_code == 412
    assert (await change(client, person, person.headers, role="admin")).status_code == 403
    assert (await change(client, person, admin)).status_code == 200
    assert journal.acts == []


async def test_what_people_do_to_themselves_leaves_no_record(
    client: Client, join: Join, journal: RecordingSink
) -> None:
    person = await join()
    assert (await change(client, person, person.headers, name="Countess")).status_code == 200
    assert (await client.delete(person.url, headers=person.headers)).status_code == 204
    assert journal.acts == []


async def test_without_a_record_it_is_not_done(
    client: Client, join: Join, admin: dict[str, str], journal: RecordingSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_PAUSE_SECONDS", 0)
    person = await join()
    journal.full = True
    assert (await change(client, person, admin, role="admin")).status_code == 503
    assert (await client.delete(person.url, headers=admin)).status_code == 503
    assert (await client.get(person.url, headers=person.headers)).json() == person.user


async def test_losing_rights_or_the_account_ends_every_session(
    client: Client, join: Join, admin: dict[str, str]
) -> None:
    promoted, deleted = await join(), await join()
    assert (await change(client, promoted, admin, role="admin")).status_code == 200
    assert (await client.delete(deleted.url, headers=admin)).status_code == 204
    for person in (promoted, deleted):
        assert (await client.get(person.url, headers=person.headers)).status_code == 401
        refreshed = await client.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
        assert refreshed.status_code == 401
