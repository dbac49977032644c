"""Fields that are nobody's to set are refused, and nothing is set by them."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.client import PASSWORD, Client, patiently
from tests.hostile.attack import LINE, MESSAGE, ORDER, Attack

ANYBODYS_ID = str(uuid4())
EXTRA: dict[str, Any] = {
    "id": ANYBODYS_ID,
    "user_id": ANYBODYS_ID,
    "owner": ANYBODYS_ID,
    "customer_id": ANYBODYS_ID,
    "subject": ANYBODYS_ID,
    "is_admin": True,
    "admin": True,
    "roles": ["admin"],
    "permissions": ["*"],
    "scope": "admin",
    "password_hash": "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA",
    "version": 1,
    "created_at": "2000-01-01T00:00:00Z",
    "updated_at": "2000-01-01T00:00:00Z",
    "email_verified": True,
    "total": 0,
    "price": 0,
    "__proto__": {"role": "admin"},
    "constructor": {"prototype": {"role": "admin"}},
    "__class__": "Admin",
    "_sa_instance_state": {},
}
FOR_ADMINS = {"role": "admin", "enabled": False}


@pytest.mark.parametrize("name", [*EXTRA, *FOR_ADMINS])
def test_nobody_registers_with_more_than_asked_for(attack: Attack, anybody: Client, name: str) -> None:
    body = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "name": "Eve"}
    answer = attack(anybody, "POST", "/api/auth/register", json=body | {name: (EXTRA | FOR_ADMINS)[name]})
    assert answer.status_code == 422
    assert anybody.log_in(body["email"], PASSWORD).status_code == 401


def test_users_change_nothing_of_themselves_that_is_not_theirs(attack: Attack, customer: Client) -> None:
    path = f"/api/users/{customer.user['id']}"
    body = {"email": customer.email, "name": customer.user["name"]}
    for name, value in EXTRA.items():
        answer = attack(customer, "PUT", path, json=body | {name: value}, headers={"If-Match": "*"})
        assert answer.status_code == 422, name
    for name, value in FOR_ADMINS.items():
        answer = attack(customer, "PUT", path, json=body | {name: value}, headers={"If-Match": "*"})
        assert answer.status_code == 403, name
    assert customer.get(path).json() == customer.user


def test_orders_are_what_was_asked_for_and_nothing_more(attack: Attack, customer: Client) -> None:
    given = EXTRA | {"status": "paid", "discount": 100}
    for name, value in given.items():
        for body in (ORDER | {name: value}, ORDER | {"items": [LINE | {name: value}]}):
            headers = {"Idempotency-Key": uuid4().hex}
            assert attack(customer, "POST", "/api/orders", json=body, headers=headers).status_code == 422, name
    assert customer.get("/api/orders").json()["items"] == []


def test_moving_an_order_moves_nothing_else(attack: Attack, customer: Client, admin: Client) -> None:
    order = customer.order().json()
    path = f"/api/orders/{order['id']}"
    for name, value in EXTRA.items():
        assert attack(admin, "PUT", f"{path}/status", json={"status": "paid", name: value}).status_code == 422, name
    assert customer.get(path).json() == order


def test_messages_have_no_other_fields(attack: Attack, admin: Client) -> None:
    for name in (*EXTRA, "from", "cc", "bcc", "reply_to", "headers", "attachments", "html"):
        assert attack(admin, "POST", "/api/notifications/send", json=MESSAGE | {name: "x"}).status_code == 422, name


@pytest.mark.parametrize(
    "path",
    [
        "/api/auth/login",
        "/api/auth/refresh",
        "/api/auth/password",
        "/api/auth/password-reset",
        "/api/auth/password-reset/confirm",
    ],
)
def test_sessions_and_passwords_have_no_other_fields(attack: Attack, customer: Client, path: str) -> None:
    bodies = {
        "/api/auth/password": {"current_password": PASSWORD, "new_password": PASSWORD},
        "/api/auth/password-reset": {"email": customer.email},
        "/api/auth/password-reset/confirm": {"token": "x" * 43, "new_password": PASSWORD},
        "/api/auth/login": {"email": customer.email, "password": PASSWORD},
        "/api/auth/refresh": {"refresh_token": customer.tokens["refresh_token"]},
    }
    for name, value in EXTRA.items():
        answer = patiently(partial(attack, customer, "POST", path, json=bodies[path] | {name: value}))
        assert answer.status_code == 422, name


@pytest.mark.parametrize("query", ["role=admin", "user_id={}", "customer_id={}", "owner={}", "all=true", "as={}"])
def test_more_in_the_address_shows_no_more(attack: Attack, customer: Client, stranger: Client, query: str) -> None:
    placed = stranger.order().json()["id"]
    for path in ("/api/orders", "/api/notifications"):
        answer = attack(customer, "GET", f"{path}?{query.format(stranger.user['id'])}")
        assert answer.status_code in (200, 422)
        assert not any(theirs in answer.text for theirs in (placed, stranger.user["id"], stranger.email))
