"""Notifications: /api/notifications."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually


def message(**changes: Any) -> dict[str, Any]:
    to = f"{uuid4().hex}@example.com"
    return {
        "channel": "email",
        "to": to,
        "template": "message",
        "data": {"subject": "Hello", "text": "Open."},
    } | changes


def test_an_admin_sends_a_message_by_hand(admin: Client, sandbox: Sandbox) -> None:
    body = message()
    accepted = admin.post("/api/notifications/send", json=body)
    assert accepted.status_code == 202
    assert sandbox.email(body["to"], "Hello")
    shown = admin.get(accepted.headers["location"]).json()
    assert shown["deliveries"][0].keys() >= {"channel", "status", "attempts", "last_error"}


def test_only_admins_send(customer: Client) -> None:
    assert customer.post("/api/notifications/send", json=message()).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"to": ""}, "to"),
        ({"to": "no-address"}, "to"),
        ({"template": "../../etc/passwd"}, "template"),
        ({"data": "text"}, "data"),
        ({"data": {}}, "data.subject"),
        ({"bcc": "x@example.com"}, "bcc"),
    ],
)
def test_a_malformed_message_names_the_field(admin: Client, changes: dict[str, Any], field: str) -> None:
    response = admin.post("/api/notifications/send", json=message(**changes))
    assert response.status_code == 422
    assert field in [error["field"] for error in response.json()["errors"]]


def test_a_subject_cannot_carry_headers(admin: Client, sandbox: Sandbox) -> None:
    body = message(data={"subject": "Hi\r\nBcc: victim@example.com", "text": "x"})
    response = admin.post("/api/notifications/send", json=body)
    if response.status_code == 202:
        assert sandbox.email(body["to"], "Hi")["Bcc"] is None
    else:
        assert response.status_code == 422
    assert sandbox.emails("victim@example.com") == []


def test_other_peoples_notifications_do_not_exist(customer: Client, stranger: Client, admin: Client) -> None:
    def own() -> Any:
        return customer.get("/api/notifications").json()["items"]

    notification = eventually(own, within=30, what="welcome")[0]
    path = f"/api/notifications/{notification['id']}"
    assert customer.get(path).status_code == 200
    assert stranger.get(path).status_code == 404
    assert admin.get(path).status_code == 200
