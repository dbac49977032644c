"""Whether somebody has an account is told by no answer, no header and no amount of work.

Work is counted in processor time of the service on the host, not by a clock: a hash costs twenty milliseconds of it, so
an address without an account that were answered without a hash would cost a small part of one that has.
"""

from __future__ import annotations

import time
from statistics import median
from uuid import uuid4

import httpx2

from tests.e2e.client import PASSWORD, Client
from tests.e2e.sandbox import Sandbox
from tests.hostile.attack import Attack
from tests.hostile.ledger import Ledger

# Below the ten wrong passwords in five minutes that are one account's allowance.
TRIES = 9
DIFFERS = {"x-request-id", "traceparent", "date"}


def processor_seconds(sandbox: Sandbox) -> float:
    """Processor time of user-service so far, whatever colour it has."""
    return sum(map(int, sandbox.run("systemctl show --value -p CPUUsageNSec 'longhouse-user@*'").split())) / 1e9


def told(response: httpx2.Response) -> tuple[object, ...]:
    body = {name: value for name, value in response.json().items() if name != "request_id"}
    return response.status_code, body, sorted((n, v) for n, v in response.headers.items() if n not in DIFFERS)


def test_unknown_addresses_and_wrong_passwords_are_answered_alike_with_the_same_work(
    attack: Attack, customer: Client, anybody: Client, sandbox: Sandbox, ledger: Ledger
) -> None:
    answers: dict[str, list[tuple[object, ...]]] = {}
    seconds: dict[str, float] = {}
    spent: dict[str, float] = {}
    for who, email in (("known", customer.email), ("unknown", f"{uuid4().hex}@example.com")):
        took, before, answers[who] = [], processor_seconds(sandbox), []
        for attempt in range(TRIES):
            started = time.perf_counter()
            body = {"email": email, "password": f"not the password {attempt}"}
            response = attack(anybody, "POST", "/api/auth/login", json=body)
            took.append(time.perf_counter() - started)
            answers[who].append(told(response))
        spent[who], seconds[who] = processor_seconds(sandbox) - before, median(took)
    assert answers["known"] == answers["unknown"]
    assert {status for status, *_ in answers["known"]} == {401}
    ledger.figure(
        f"       log-in, known to unknown address: median {seconds['known'] * 1000:.1f} to "
        f"{seconds['unknown'] * 1000:.1f} ms, processor {spent['known']:.2f} to {spent['unknown']:.2f} s"
    )
    assert 0.5 < spent["unknown"] / spent["known"] < 2, spent


def test_the_throttle_tells_nothing_either(attack: Attack, customer: Client, anybody: Client) -> None:
    def until_throttled(email: str) -> tuple[list[int], tuple[object, ...]]:
        statuses: list[int] = []
        while 429 not in statuses and len(statuses) < 30:
            body = {"email": email, "password": f"guess number {len(statuses)}"}
            last = attack(anybody, "POST", "/api/auth/login", json=body)
            statuses.append(last.status_code)
        status, said, headers = told(last)
        return statuses, (status, said, [pair for pair in headers if pair[0] != "retry-after"])  # type: ignore[attr-defined]

    known, unknown = until_throttled(customer.email), until_throttled(f"{uuid4().hex}@example.com")
    assert known == unknown
    assert known[0][-1] == 429


def test_disabled_accounts_are_told_like_wrong_passwords(
    attack: Attack, customer: Client, admin: Client, anybody: Client
) -> None:
    path = f"/api/users/{customer.user['id']}"
    wrong = attack(anybody, "POST", "/api/auth/login", json={"email": customer.email, "password": "not the password"})
    change = {"email": customer.email, "name": "Ada", "enabled": False}
    assert admin.put(path, json=change, headers={"If-Match": admin.get(path).headers["etag"]}).status_code == 200
    right = {"email": customer.email, "password": PASSWORD}
    assert told(attack(anybody, "POST", "/api/auth/login", json=right)) == told(wrong)


def test_asking_for_a_new_password_tells_nothing_not_even_by_its_limit(
    attack: Attack, customer: Client, anybody: Client, ledger: Ledger
) -> None:
    """The answer waits for nothing that depends on the account; the times are shown, and judged by nobody."""
    answers: dict[str, list[tuple[object, ...]]] = {}
    seconds: dict[str, float] = {}
    addresses = {"known": customer.email, "unknown": f"{uuid4().hex}@example.com"}
    for who, email in addresses.items():
        took, answers[who] = [], []
        for _ in range(4):
            started = time.perf_counter()
            response = attack(anybody, "POST", "/api/auth/password-reset", json={"email": email})
            took.append(time.perf_counter() - started)
            status, said, headers = told(response)
            kept = [pair for pair in headers if pair[0] != "retry-after"]  # type: ignore[attr-defined]
            answers[who].append((status, said, kept))
        seconds[who] = median(took[:3])
    assert answers["known"] == answers["unknown"]
    assert [status for status, *_ in answers["known"]] == [202, 202, 202, 429]
    shown = ", ".join(f"{who} {value * 1000:.1f} ms" for who, value in seconds.items())
    ledger.figure(f"       a new password asked for, median of three: {shown}")
