"""Nobody takes more than a share: 429 with Retry-After, per address at the edge and per account behind it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from tests.e2e.client import Client
from tests.e2e.waiting import eventually

MALFORMED = {"email": "nobody"}  # costs no password hash


def test_too_many_sign_ins_from_one_address_are_429(anybody: Client) -> None:
    def attempt(_: int) -> int:
        return anybody.post("/api/auth/login", json=MALFORMED).status_code

    with ThreadPoolExecutor(8) as several:
        statuses = list(several.map(attempt, range(150)))
    assert set(statuses) == {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS}
    # Everything else goes on, and so do sign-ins after a while.
    assert anybody.get("/.well-known/jwks.json").status_code == HTTPStatus.OK
    calm: list[int] = []

    def accepted_again() -> bool:
        calm.append(attempt(0))
        return calm[-10:] == [HTTPStatus.UNPROCESSABLE_ENTITY] * 10

    eventually(accepted_again, within=20, what="ten accepted sign-ins in a row")


def test_guessing_one_accounts_password_is_throttled(customer: Client, new_client: Callable[[], Client]) -> None:
    guesser = new_client()
    statuses: list[int] = []
    while 429 not in statuses and len(statuses) < 30:
        statuses.append(guesser.log_in(customer.email, f"guess number {len(statuses)}").status_code)
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {401}
    assert customer.get("/api/orders").status_code == 200  # whoever is in stays in
