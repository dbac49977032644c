"""Two customers, an admin and a passer-by: what is somebody else's does not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.e2e.client import PASSWORD, Client
from tests.e2e.waiting import eventually
from tests.hostile.attack import MESSAGE, ORDER, Attack


@pytest.fixture
def things(customer: Client) -> dict[str, str]:
    """What the customer owns: addresses by kind."""

    def first_notification() -> str:
        items = customer.get("/api/notifications").json()["items"]
        return str(items[0]["id"]) if items else ""

    session = customer.get("/api/auth/sessions").json()["items"][0]["id"]
    return {
        "user": f"/api/users/{customer.user['id']}",
        "order": customer.order().headers["location"],
        "session": f"/api/auth/sessions/{session}",
        "notification": f"/api/notifications/{eventually(first_notification, within=30, what='notification')}",
    }


def requests(things: dict[str, str]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every request about one thing: method, address, further arguments."""
    change = {"json": {"email": "eve@example.com", "name": "Mine now"}, "headers": {"If-Match": "*"}}
    return [
        ("GET", things["user"], {}),
        ("PUT", things["user"], change),
        ("DELETE", things["user"], {}),
        ("GET", things["order"], {}),
        ("DELETE", things["order"], {}),
        ("DELETE", things["session"], {}),
        ("GET", things["notification"], {}),
    ]


def problem(response: httpx2.Response) -> dict[str, Any]:
    """A problem without what differs from request to request."""
    return {name: value for name, value in response.json().items() if name not in ("request_id", "instance", "detail")}


def test_strangers_get_what_they_would_get_for_nothing(
    attack: Attack, stranger: Client, customer: Client, things: dict[str, str]
) -> None:
    missing = {kind: f"{path.rpartition('/')[0]}/{uuid4()}" for kind, path in things.items()}
    for theirs, nothing in zip(requests(things), requests(missing), strict=True):
        method, path, options = theirs
        answer = attack(stranger, method, path, **options)
        absent = attack(stranger, method, nothing[1], **options)
        assert (answer.status_code, problem(answer)) == (404, problem(absent)), (method, path)
    assert all(customer.get(path).status_code == 200 for kind, path in things.items() if kind != "session")
    assert customer.get("/api/auth/sessions").status_code == 200


def test_spellings_of_an_address_change_nothing(attack: Attack, stranger: Client, things: dict[str, str]) -> None:
    for kind in ("user", "order", "notification"):
        path = things[kind]
        folder, _, id_ = path.rpartition("/")
        for spelling in (
            f"{path}/",
            f"{folder}//{id_}",
            f"{folder}/./{id_}",
            f"{folder}/x/../{id_}",
            f"{folder}/{id_.upper()}",
            f"{folder}/%7B{id_}%7D",
            f"{folder}/urn:uuid:{id_}",
            f"{folder}/{id_.replace('-', '')}",
            f"{folder}/{stranger.user['id']},{id_}",
            f"{folder}/{id_}%00",
            f"{folder}/{id_};x=1",
            f"{folder}/{id_}.json",
            f"{path}?id={stranger.user['id']}",
        ):
            answer = attack(stranger, "GET", spelling)
            assert answer.status_code in (307, 308, 400, 404, 422), spelling


def test_passers_by_are_asked_who_they_are(attack: Attack, anybody: Client, things: dict[str, str]) -> None:
    for method, path, options in requests(things):
        assert attack(anybody, method, path, **options).status_code == 401, (method, path)


def test_what_only_admins_do_users_do_not_do(
    attack: Attack, customer: Client, stranger: Client, things: dict[str, str]
) -> None:
    message = MESSAGE | {"to": customer.email}
    for who in (customer, stranger):
        assert attack(who, "GET", "/api/users").status_code == 403
        assert attack(who, "PUT", f"{things['order']}/status", json={"status": "paid"}).status_code == 403
        assert attack(who, "POST", "/api/notifications/send", json=message).status_code == 403
    assert customer.get(things["order"]).json()["status"] == "pending"


def test_lists_hold_only_ones_own(attack: Attack, customer: Client, stranger: Client, things: dict[str, str]) -> None:
    ids = [path.rpartition("/")[2] for path in things.values()]
    customer.order()
    theirs = customer.get("/api/orders", params={"limit": 1}).json()["next_cursor"]
    assert theirs
    for path in ("/api/orders", "/api/notifications", "/api/auth/sessions"):
        for query in ("", "?limit=100", f"?cursor={theirs}", "?status=pending"):
            answer = attack(stranger, "GET", path + query)
            assert not any(id_ in answer.text for id_ in ids), (path, query)
            assert customer.email not in answer.text


def test_one_persons_cursor_shows_another_nothing(attack: Attack, customer: Client, stranger: Client) -> None:
    for _ in range(2):
        customer.order()
    cursor = customer.get("/api/orders", params={"limit": 1}).json()["next_cursor"]
    assert attack(stranger, "GET", "/api/orders", params={"cursor": cursor}).json()["items"] == []


def test_one_persons_key_does_not_bring_back_anothers_answer(
    attack: Attack, customer: Client, stranger: Client
) -> None:
    key = uuid4().hex
    first = customer.order(key=key).json()
    second = attack(stranger, "POST", "/api/orders", json=ORDER, headers={"Idempotency-Key": key})
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]
    assert second.json()["customer_id"] == stranger.user["id"]


def test_an_admin_who_is_none_any_more_has_no_rights_left(
    attack: Attack, admin: Client, new_client: Callable[[], Client]
) -> None:
    person = new_client()
    person.register("Once an admin")
    path = f"/api/users/{person.user['id']}"
    body = {"email": person.email, "name": "Once an admin"}

    def becomes(role: str) -> None:
        tag = admin.get(path).headers["etag"]
        assert admin.put(path, json=body | {"role": role}, headers={"If-Match": tag}).status_code == 200

    becomes("admin")
    assert attack(person, "GET", "/api/users").status_code == 401  # the old token carried the old role
    assert person.log_in(person.email, PASSWORD).status_code == 200
    assert attack(person, "GET", "/api/users").status_code == 200
    becomes("user")
    for place in ("/api/users", "/api/orders", "/api/notifications"):
        assert attack(person, "GET", place).status_code == 401, place
    renewed = attack(person, "POST", "/api/auth/refresh", json={"refresh_token": person.tokens["refresh_token"]})
    assert renewed.status_code == 401
