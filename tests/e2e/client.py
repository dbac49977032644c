"""A client of the platform as its users have one; it checks on every single answer what every answer promises."""

from __future__ import annotations

import math
import re
import ssl
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx2

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
ON_EVERY_ANSWER = {
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
PASSWORD = "a long house of oak and ash"
PATIENCE = 10


def check_every_answer(response: httpx2.Response) -> None:
    """Ids, security headers, and problem+json for every error."""
    assert REQUEST_ID.fullmatch(response.headers["x-request-id"])
    assert TRACEPARENT.fullmatch(response.headers["traceparent"])
    for name, value in ON_EVERY_ANSWER.items():
        assert response.headers.get_list(name) == [value], (name, response.request.url)
    assert response.headers.get_list("cache-control"), response.request.url
    if response.status_code >= 400 and not response.request.url.path.startswith("/health"):
        check_problem(response)
    if response.status_code in (429, 503):
        assert int(response.headers["retry-after"]) >= 1


def check_problem(response: httpx2.Response) -> None:
    """The body is a problem of RFC 9457 about this very request."""
    if response.request.method == "HEAD":
        return
    response.read()
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert problem["type"]
    assert problem["request_id"] == response.headers["x-request-id"]


def patiently(send: Callable[[], httpx2.Response], *, longest: float = math.inf) -> httpx2.Response:
    """The first answer that is not "too many"; waits as it was told, because others sign in from this address too.

    Who is told to wait more than `longest` seconds takes that for the answer.
    """
    for _ in range(PATIENCE):
        response = send()
        if response.status_code != httpx2.codes.TOO_MANY_REQUESTS:
            break
        seconds = int(response.headers["retry-after"])
        if seconds > longest:
            break
        time.sleep(seconds)
    return response


class Client:
    """HTTPS to the edge; with a token once logged in."""

    def __init__(self, base_url: str, ca_file: str) -> None:
        self.http = httpx2.Client(
            base_url=base_url,
            verify=ssl.create_default_context(cafile=ca_file),
            timeout=40,
            event_hooks={"response": [check_every_answer]},
        )
        self.user: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}

    @property
    def email(self) -> str:
        return str(self.user["email"])

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """One request, with the access token if there is one and no other is given."""
        headers = dict(options.pop("headers", {}))
        if self.tokens:
            headers.setdefault("Authorization", f"Bearer {self.tokens['access_token']}")
        return self.http.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> httpx2.Response:
        return self.call("DELETE", path, **options)

    def log_in(self, email: str, password: str) -> httpx2.Response:
        """Log in and keep the tokens."""
        response = self.http.post("/api/auth/login", json={"email": email, "password": password})
        if response.status_code == 200:
            self.tokens = response.json()
        return response

    def register(self, name: str = "Ada Lovelace") -> None:
        """Become a new user, logged in."""
        email = f"{uuid4().hex}@example.com"
        body = {"email": email, "password": PASSWORD, "name": name}
        response = patiently(lambda: self.http.post("/api/auth/register", json=body))
        assert response.status_code == 201, response.text
        self.user = response.json()
        logged_in = patiently(lambda: self.log_in(email, PASSWORD))
        assert logged_in.status_code == 200, logged_in.text

    def order(self, *, key: str | None = None, **changes: Any) -> httpx2.Response:
        """Place an order of two lines, 2500 in all."""
        body = {
            "items": [
                {"sku": "BEAM-1", "name": "Oak beam", "quantity": 2, "unit_price": 1000},
                {"sku": "PEG-7", "name": "Ash peg", "quantity": 5, "unit_price": 100},
            ],
            "currency": "EUR",
        } | changes
        return self.post("/api/orders", json=body, headers={"Idempotency-Key": key or uuid4().hex})
