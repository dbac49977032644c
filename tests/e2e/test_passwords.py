"""Passwords: changed by who knows them, reset by who reads the account's mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message
from uuid import uuid4

from tests.e2e.client import PASSWORD, Client, patiently
from tests.e2e.sandbox import Sandbox

ANOTHER = "another house of elm and yew"
TOKEN = re.compile(r"#token=([A-Za-z0-9_-]{43})$", re.MULTILINE)
# Everything a token passes on its way, but the mail itself.
KEPT = (
    "/var/lib/postgresql", "/var/lib/rabbitmq", "/var/lib/redis-cache", "/var/lib/redis-state", "/var/lib/redis",
    "/var/log/nginx", "/var/log/rabbitmq", "/var/log/postgresql", "/var/lib/longhouse",
)  # fmt: skip


def text_of(mail: Message) -> str:
    (part,) = (part for part in mail.walk() if part.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")


def forgotten(anybody: Client, sandbox: Sandbox, email: str) -> str:
    """Ask for a reset, and return the token of the mail."""
    asked = patiently(lambda: anybody.post("/api/auth/password-reset", json={"email": email}))
    assert asked.status_code == 202, asked.text
    text = text_of(sandbox.email(email, "Set a new password"))
    found = TOKEN.search(text)
    assert found, text
    assert f"{sandbox.base_url}/password-reset#token={found[1]}" in text
    return found[1]


def confirm(anybody: Client, token: str, password: str = ANOTHER) -> int:
    body = {"token": token, "new_password": password}
    return patiently(lambda: anybody.post("/api/auth/password-reset/confirm", json=body)).status_code


def test_a_forgotten_password_is_set_anew_by_the_link_in_a_mail(
    customer: Client, anybody: Client, sandbox: Sandbox, new_client: Callable[[], Client]
) -> None:
    token = forgotten(anybody, sandbox, customer.email)
    assert customer.get("/api/orders").status_code == 200
    assert confirm(anybody, token) == 204

    for path in ("/api/auth/sessions", "/api/orders", "/api/notifications"):
        assert customer.get(path).status_code == 401, path
    refresh = {"refresh_token": customer.tokens["refresh_token"]}
    assert customer.post("/api/auth/refresh", json=refresh).status_code == 401
    assert anybody.log_in(customer.email, PASSWORD).status_code == 401
    assert new_client().log_in(customer.email, ANOTHER).status_code == 200
    assert sandbox.email(customer.email, "Your password was changed")
    assert confirm(anybody, token, "a third house of birch") == 400


def test_a_changed_password_ends_every_other_session_and_a_mail_says_so(
    customer: Client, sandbox: Sandbox, new_client: Callable[[], Client]
) -> None:
    other = new_client()
    assert other.log_in(customer.email, PASSWORD).status_code == 200
    wrong = customer.post("/api/auth/password", json={"current_password": "wrong guess", "new_password": ANOTHER})
    assert (wrong.status_code, wrong.json()["type"]) == (401, "urn:longhouse:problem:wrong-password")
    right = {"current_password": PASSWORD, "new_password": ANOTHER}
    assert customer.post("/api/auth/password", json=right).status_code == 204

    assert other.get("/api/orders").status_code == 401
    assert customer.get("/api/orders").status_code == 200
    assert new_client().log_in(customer.email, ANOTHER).status_code == 200
    assert sandbox.email(customer.email, "Your password was changed")


def test_the_token_is_readable_in_the_mail_and_nowhere_else(
    customer: Client, anybody: Client, sandbox: Sandbox, admin: Client
) -> None:
    token = forgotten(anybody, sandbox, customer.email)
    kept = " ".join(KEPT)

    def places(text: str) -> str:
        return sandbox.run(f"grep -rlaF -e '{text}' $(ls -d {kept} 2>/dev/null) || true")

    # What is looked through does hold what came the same way.
    sandbox.run("runuser -u postgres -- psql -qc CHECKPOINT")
    assert "/var/lib/postgresql" in places(customer.email)
    assert places(token) == ""
    assert sandbox.run(f"journalctl --no-pager --all --output=export | grep -acF -e '{token}' || true").strip() == "0"
    for reader in (customer, admin):
        shown = reader.get("/api/notifications", params={"limit": 20})
        assert shown.status_code == 200
        assert token not in shown.text
    assert confirm(anybody, token) == 204


def test_unknown_addresses_are_answered_like_known_ones(customer: Client, anybody: Client, sandbox: Sandbox) -> None:
    unknown = f"{uuid4().hex}@example.com"
    told = [
        patiently(lambda email=email: anybody.post("/api/auth/password-reset", json={"email": email}))  # type: ignore[misc]
        for email in (customer.email, unknown)
    ]
    assert [response.status_code for response in told] == [202, 202]
    assert told[0].json() == told[1].json()
    assert sandbox.email(customer.email, "Set a new password")
    assert sandbox.emails(unknown) == []
