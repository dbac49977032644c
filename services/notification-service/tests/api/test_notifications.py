"""The API: own notifications, everybody's for an admin, and sending by hand."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis.testing.sinks import RecordingSink
from chassis.testing.tokens import TokenMint
from notifications.notifications.status import Channel
from notifications.subscriptions.intake import record_event
from notifications.testing.desk import Desk
from notifications.testing.examples import TOKEN, USER, event

MESSAGE = {"subject": "Hello", "text": "The house is open again."}
SEND = {"channel": "email", "to": "ada@example.com", "template": "message", "data": MESSAGE}


@pytest.fixture
def admin(mint: TokenMint) -> dict[str, str]:
    return mint.headers("admin")


@pytest.fixture
def ada(mint: TokenMint) -> dict[str, str]:
    return mint.headers("user", subject=USER)


@pytest.fixture
def bob(mint: TokenMint) -> dict[str, str]:
    return mint.headers("user")


def fields(answer: httpx2.Response) -> list[str]:
    """The fields that a 422 names."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in answer.json()["errors"]]


async def test_one_sees_what_one_was_told(client: httpx2.AsyncClient, desk: Desk, ada: dict[str, str]) -> None:
    told = event("order.placed.v1")
    record_event(desk.connection, told)
    desk.connection.execute("UPDATE delivery SET attempts = 2, last_error = '451 busy'")
    (item,) = (await client.get("/api/notifications", headers=ada)).json()["items"]
    assert item["template"] == "order.placed"
    assert item["event_id"] == str(told.id)
    assert item["event_type"] == "order.placed.v1"
    assert item["recipient_id"] == str(USER)
    (delivery,) = item["deliveries"]
    assert (delivery["channel"], delivery["to"]) == ("email", "ada@example.com")
    assert (delivery["status"], delivery["attempts"], delivery["last_error"]) == ("pending", 2, "451 busy")
    assert delivery["next_attempt_at"] is not None
    one = await client.get(f"/api/notifications/{item['id']}", headers=ada)
    assert one.status_code == 200
    assert one.json() == item


async def test_other_peoples_are_not_there(client: httpx2.AsyncClient, desk: Desk, bob: dict[str, str]) -> None:
    record_event(desk.connection, event("order.placed.v1"))
    (row,) = desk.rows("SELECT id FROM notification")
    assert (await client.get("/api/notifications", headers=bob)).json() == {"items": [], "next_cursor": None}
    answer = await client.get(f"/api/notifications/{row['id']}", headers=bob)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_admin_sees_all_by_status_and_channel(
    client: httpx2.AsyncClient, desk: Desk, admin: dict[str, str]
) -> None:
    record_event(desk.connection, event("order.placed.v1"))
    desk.connection.execute("UPDATE delivery SET status = 'sent'")
    desk.add(Channel.SMS)

    async def count(query: str) -> int:
        return len((await client.get(f"/api/notifications?{query}", headers=admin)).json()["items"])

    assert [await count(query) for query in ("", "status=sent", "status=dead", "channel=sms")] == [2, 1, 0, 1]
    assert await count("status=sent&channel=sms") == 0, "one delivery has to fit both"
    assert await count("status=pending&channel=sms") == 1


async def test_pages_follow_each_other_without_gap_or_repetition(
    client: httpx2.AsyncClient, desk: Desk, admin: dict[str, str]
) -> None:
    for _ in range(7):
        desk.add()
    # Equal times, as one transaction makes them: the id decides.
    desk.connection.execute("UPDATE notification SET created_at = date_trunc('second', now())")
    seen: list[str] = []
    query = "limit=3"
    for _ in range(3):
        page = (await client.get(f"/api/notifications?{query}", headers=admin)).json()
        seen += [item["id"] for item in page["items"]]
        query = f"limit=3&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    ("query", "field"),
    [("status=lost", "status"), ("channel=fax", "channel"), ("limit=0", "limit"), ("cursor=x", "cursor")],
)
async def test_a_bad_query_names_the_field(
    client: httpx2.AsyncClient, admin: dict[str, str], query: str, field: str
) -> None:
    assert fields(await client.get(f"/api/notifications?{query}", headers=admin)) == [field]


async def test_a_message_is_accepted_written_and_found_at_its_location(
    client: httpx2.AsyncClient, desk: Desk, admin: dict[str, str]
) -> None:
    answer = await client.post("/api/notifications/send", json=SEND, headers={**admin, "X-Request-Id": "request-12345"})
    assert answer.status_code == 202
    found = await client.get(answer.headers["Location"], headers=admin)
    assert found.json()["id"] == answer.json()["id"]
    (row,) = desk.rows("SELECT * FROM notification JOIN delivery ON notification_id = notification.id")
    assert (row["status"], row["enqueued_at"], row["data"]) == ("pending", None, MESSAGE)
    assert row["request_id"] == "request-12345"
    assert row["traceparent"].split("-")[1] == answer.headers["traceparent"].split("-")[1]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"template": "order.lost"}, ["template"]),
        ({"channel": "fax"}, ["channel"]),
        ({"to": "nobody"}, ["to"]),
        ({"to": "a@example.com\r\nBcc: b@example.com"}, ["to"]),
        ({"to": 7}, ["to"]),
        ({"channel": "sms", "to": "0170"}, ["to"]),
        ({"channel": "push", "to": "a b"}, ["to"]),
        ({"data": {"subject": "Hello"}}, ["data.text"]),
        ({"data": {"subject": "", "text": "x\0"}}, ["data.subject", "data.text"]),
        ({"data": []}, ["data"]),
        ({"data": {"subject": "\ud800", "text": "x"}}, ["data.subject"]),
        ({"template": "user.registered", "data": {"name": "Ada"}}, ["data.email"]),
        (
            {
                "template": "order.placed",
                "data": {
                    "order_id": str(uuid4()),
                    "customer": {"name": "Ada"},
                    "currency": "EUR",
                    "total": 5,
                    "items": [{"name": "A", "quantity": 0}],
                },
            },
            ["data.items.0.quantity", "data.items.0.unit_price"],
        ),
        ({"urgent": True}, ["urgent"]),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_written(
    client: httpx2.AsyncClient, desk: Desk, admin: dict[str, str], change: dict[str, Any], named: list[str]
) -> None:
    # As escapes: a lone surrogate is legal JSON and no UTF-8.
    body = json.dumps({**SEND, **change})
    json_headers = {**admin, "Content-Type": "application/json"}
    answer = await client.post("/api/notifications/send", content=body, headers=json_headers)
    assert fields(answer) == named
    assert desk.rows("SELECT id FROM notification") == []


async def test_only_admins_send(client: httpx2.AsyncClient, desk: Desk, bob: dict[str, str]) -> None:
    assert (await client.post("/api/notifications/send", json=SEND, headers=bob)).status_code == 403
    assert (await client.post("/api/notifications/send", json=SEND)).status_code == 401
    assert desk.rows("SELECT id FROM notification") == []


@pytest.mark.parametrize("path", ["/api/notifications", f"/api/notifications/{UUID(int=1)}"])
async def test_strangers_see_nothing(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_the_document_names_every_answer(client: httpx2.AsyncClient, token_for: Callable[..., str]) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    send = paths["/api/notifications/send"]["post"]["responses"]
    assert {"202", "401", "403", "422", "503"} <= set(send)
    assert "Location" in send["202"]["headers"]
    assert "404" in paths["/api/notifications/{notification_id}"]["get"]["responses"]


async def test_sending_by_hand_is_on_record_without_address_and_text(
    client: httpx2.AsyncClient, desk: Desk, admin: dict[str, str], journal: RecordingSink
) -> None:
    sent = await client.post("/api/notifications/send", json=SEND, headers=admin)
    (record,) = journal.acts
    assert (record["ACTION"], record["OBJECT"]) == ("notification.send", f"notification/{sent.json()['id']}")
    assert record["DETAIL"] == "channel=email template=message"
    assert "ada@example.com" not in str(record)


async def test_nobody_sends_by_hand_what_holds_a_token(
    client: httpx2.AsyncClient, desk: Desk, admin: dict[str, str]
) -> None:
    body = {**SEND, "template": "user.password_reset_requested"}
    assert fields(await client.post("/api/notifications/send", json=body, headers=admin)) == ["template"]


async def test_the_history_of_a_reset_shows_no_token(
    client: httpx2.AsyncClient, desk: Desk, ada: dict[str, str], admin: dict[str, str]
) -> None:
    told = event("user.password_reset_requested.v1")
    record_event(desk.connection, told)
    for who in (ada, admin):
        listed = await client.get("/api/notifications", headers=who)
        one = await client.get(f"/api/notifications/{listed.json()['items'][0]['id']}", headers=who)
        for answer in (listed, one):
            assert answer.status_code == 200
            assert told.data["sealed_token"] not in answer.text
            assert TOKEN not in answer.text
