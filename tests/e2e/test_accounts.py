"""Accounts and sessions: /api/auth and /api/users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.client import PASSWORD, Client
from tests.e2e.tokens import unpacked

USER_FIELDS = {"id", "email", "name", "role", "created_at", "updated_at"}


def registration(**changes: Any) -> dict[str, Any]:
    return {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "name": "Ada"} | changes


def test_registering_answers_with_the_user_and_no_password(anybody: Client) -> None:
    response = anybody.post("/api/auth/register", json=registration())
    assert response.status_code == 201
    assert response.json().keys() >= USER_FIELDS
    assert response.json()["role"] == "user"
    assert PASSWORD not in response.text


def test_an_email_is_taken_once_whatever_its_case(customer: Client, anybody: Client) -> None:
    again = anybody.post("/api/auth/register", json=registration(email=customer.email.upper()))
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no-address"),
        ("email", ""),
        ("password", "short"),
        ("password", "password1234"),
        ("name", ""),
        ("role", "admin"),
    ],
)
def test_a_malformed_registration_names_the_field(anybody: Client, field: str, value: str) -> None:
    response = anybody.post("/api/auth/register", json=registration(**{field: value}))
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_logging_in_answers_with_tokens(customer: Client) -> None:
    assert customer.tokens.keys() >= {"access_token", "refresh_token", "token_type", "expires_in"}
    assert customer.tokens["token_type"] == "bearer"
    assert customer.tokens["expires_in"] == 600


def test_unknown_email_and_wrong_password_are_told_alike(customer: Client, anybody: Client) -> None:
    wrong = anybody.log_in(customer.email, "not the password")
    unknown = anybody.log_in(f"{uuid4().hex}@example.com", "not the password")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    told = [{key: response.json()[key] for key in ("title", "detail", "type")} for response in (wrong, unknown)]
    assert told[0] == told[1]


def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(customer: Client) -> None:
    first = customer.tokens["refresh_token"]
    renewed = customer.post("/api/auth/refresh", json={"refresh_token": first})
    assert renewed.status_code == 200
    assert renewed.json()["refresh_token"] != first
    # The very last one may be repeated for a moment (a client that lost the answer); older ones never.
    renewed = customer.post("/api/auth/refresh", json={"refresh_token": renewed.json()["refresh_token"]})
    assert renewed.status_code == 200

    reused = customer.post("/api/auth/refresh", json={"refresh_token": first})
    assert reused.status_code == 401
    latest = customer.post("/api/auth/refresh", json={"refresh_token": renewed.json()["refresh_token"]})
    assert latest.status_code == 401
    assert customer.get("/api/auth/sessions").status_code == 401


def test_logging_out_ends_the_session_at_once_everywhere(customer: Client) -> None:
    assert customer.get("/api/orders").status_code == 200
    assert customer.post("/api/auth/logout").status_code == 204
    for path in ("/api/auth/sessions", "/api/orders", "/api/notifications", f"/api/users/{customer.user['id']}"):
        assert customer.get(path).status_code == 401, path
    assert (
        customer.post("/api/auth/refresh", json={"refresh_token": customer.tokens["refresh_token"]}).status_code == 401
    )


def test_sessions_are_listed_and_ended_one_by_one(customer: Client, new_client: Callable[[], Client]) -> None:
    phone = new_client()
    phone.log_in(customer.email, PASSWORD)
    sessions = customer.get("/api/auth/sessions").json()["items"]
    assert len(sessions) == 2
    other = next(session for session in sessions if not session["current"])
    assert customer.delete(f"/api/auth/sessions/{other['id']}").status_code == 204
    assert phone.get("/api/auth/sessions").status_code == 401
    assert customer.get("/api/auth/sessions").status_code == 200
    assert customer.delete(f"/api/auth/sessions/{other['id']}").status_code == 404


def test_users_change_themselves_and_never_over_a_newer_version(customer: Client) -> None:
    path = f"/api/users/{customer.user['id']}"
    tag = customer.get(path).headers["etag"]
    change = {"email": customer.email, "name": "Countess of Lovelace"}
    assert customer.put(path, json=change).status_code == 428
    changed = customer.put(path, json=change, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert customer.get(path).json()["name"] == "Countess of Lovelace"
    assert customer.put(path, json=change, headers={"If-Match": tag}).status_code == 412
    # Nobody makes oneself an admin.
    promoted = customer.put(path, json={**change, "role": "admin"}, headers={"If-Match": changed.headers["etag"]})
    assert promoted.status_code == 403


def test_a_deleted_user_is_gone_with_all_tokens(customer: Client, anybody: Client) -> None:
    path = f"/api/users/{customer.user['id']}"
    assert customer.delete(path).status_code == 204
    assert customer.get(path).status_code == 401
    assert customer.get("/api/orders").status_code == 401
    assert anybody.log_in(customer.email, PASSWORD).status_code == 401


def test_only_admins_list_users(customer: Client, admin: Client) -> None:
    assert customer.get("/api/users").status_code == 403
    first = admin.get("/api/users", params={"limit": 1}).json()
    assert len(first["items"]) == 1
    second = admin.get("/api/users", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert second["items"][0]["id"] != first["items"][0]["id"]


def test_admins_disable_users_who_then_cannot_order(customer: Client, admin: Client) -> None:
    path = f"/api/users/{customer.user['id']}"
    read = admin.get(path)
    change = {"email": customer.email, "name": "Ada", "enabled": False}
    assert admin.put(path, json=change, headers={"If-Match": read.headers["etag"]}).status_code == 200
    assert customer.order().status_code in (401, 403)


def test_the_public_keys_verify_our_tokens_and_nothing_else_is_shown(anybody: Client, customer: Client) -> None:
    keys = anybody.get("/.well-known/jwks.json").json()["keys"]
    assert all(key.keys() <= {"kty", "crv", "x", "kid", "use", "alg", "key_ops"} for key in keys)
    described = unpacked(customer.tokens["access_token"].split(".")[0])
    assert described["alg"] == "EdDSA"
    assert described["kid"] in [key["kid"] for key in keys]


@pytest.mark.parametrize("path", ["/api/auth/sessions", "/api/users", "/api/orders", "/api/notifications"])
# pragma: allowlist nextline secret
@pytest.mark.parametrize("token", [None, "nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_without_a_good_token_nothing_is_told(anybody: Client, path: str, token: str | None) -> None:
    response = anybody.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
    assert response.status_code == 401
    assert "bearer" in response.headers["www-authenticate"].lower()
