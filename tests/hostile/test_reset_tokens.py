"""The token of a mail opens one account once; nothing that resembles it opens anything."""

from __future__ import annotations

import pytest

from tests.e2e.client import PASSWORD, Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.test_passwords import ANOTHER, forgotten
from tests.hostile.attack import Attack

CONFIRM = "/api/auth/password-reset/confirm"


@pytest.fixture
def token(anybody: Client, customer: Client, sandbox: Sandbox) -> str:
    return forgotten(anybody, sandbox, customer.email)


def test_what_resembles_a_token_is_none(attack: Attack, anybody: Client, customer: Client, token: str) -> None:
    swapped = "B" if token[0] == "A" else "A"
    made_up = [
        f"{swapped}{token[1:]}", token[:-1], f"{token}A", f"{token}=", f" {token}", token.swapcase(), f"{token}\n",
        token[::-1], "A" * 43, f"{token}\x00", customer.user["id"], customer.tokens["access_token"][:200],
        customer.tokens["refresh_token"], "%", "' OR 1=1 --",
    ]  # fmt: skip
    said = set()
    for words in made_up:
        body = {"token": words, "new_password": ANOTHER}
        answer = attack(anybody, "POST", CONFIRM, json=body, sent=words, patient=True)
        assert answer.status_code == 400, words
        said.add((answer.json()["type"], answer.json()["detail"]))
    assert len(said) == 1
    assert customer.get("/api/orders").status_code == 200
    assert anybody.log_in(customer.email, PASSWORD).status_code == 200


def test_used_replaced_and_made_up_tokens_are_told_alike(
    attack: Attack, anybody: Client, customer: Client, sandbox: Sandbox, token: str
) -> None:
    def said(words: str) -> tuple[int, dict[str, object]]:
        answer = attack(anybody, "POST", CONFIRM, json={"token": words, "new_password": ANOTHER}, patient=True)
        return answer.status_code, {key: value for key, value in answer.json().items() if key != "request_id"}

    body = {"token": token, "new_password": ANOTHER}
    assert attack(anybody, "POST", CONFIRM, json=body, patient=True).status_code == 204
    assert said(token) == said("A" * 43)
    assert said(token)[0] == 400
