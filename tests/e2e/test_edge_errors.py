"""Every error the edge makes itself is a problem, and says honestly whether the request was carried out.

That it is problem+json with ids and headers is asserted by the client on every answer.
"""

from __future__ import annotations

import time

import httpx2
import pytest

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.stand_in import in_place_of
from tests.e2e.waiting import eventually

NOWHERE = ["/", "/nothing", "/api/ordersx", "/api", "/openapi/nobody.json", "/health/nobody", "/x.html"]
WRONG_METHODS = [
    ("POST", "/health"),
    ("DELETE", "/docs"),
    ("PATCH", "/api/orders"),
    ("POST", "/.well-known/jwks.json"),
    ("PUT", "/openapi/order.json"),
]
BROKEN_JSON = [b"{", b"", b"[1", b"\xff\xfe", b'{"email": NaN}', b"[" * 30_000]


@pytest.mark.parametrize("path", NOWHERE)
def test_what_no_live_service_has_is_404(anybody: Client, path: str) -> None:
    assert anybody.get(path).status_code == 404


@pytest.mark.parametrize(("method", "path"), WRONG_METHODS)
def test_wrong_methods_are_405_and_name_the_right_ones(anybody: Client, method: str, path: str) -> None:
    response = anybody.call(method, path)
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]


def test_a_body_that_is_too_large_is_413(customer: Client) -> None:
    response = customer.post("/api/orders", content=b"x" * 70_000, headers={"Content-Type": "application/json"})
    assert response.status_code == 413


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_a_wrong_media_type_is_415(anybody: Client, media_type: str) -> None:
    response = anybody.post("/api/auth/login", content=b"{}", headers={"Content-Type": media_type})
    assert response.status_code == 415


@pytest.mark.parametrize("body", BROKEN_JSON)
def test_broken_json_is_refused(anybody: Client, body: bytes) -> None:
    response = anybody.post("/api/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)


def test_an_unreachable_service_is_503_at_once_and_the_others_serve(customer: Client, sandbox: Sandbox) -> None:
    def health_is(status: int) -> httpx2.Response | None:
        answer = customer.get("/health")
        return answer if answer.status_code == status else None

    with in_place_of("notification", "absent", sandbox):
        started = time.monotonic()
        assert customer.get("/api/notifications").status_code == 503
        assert time.monotonic() - started < 2
        assert customer.get("/api/orders").status_code == 200
        health = eventually(lambda: health_is(503), within=5, what="503 from /health")
        told = {name: service["status"] for name, service in health.json()["services"].items()}
        assert told == {"user": "ok", "order": "ok", "notification": "unreachable"}
        assert customer.get("/health/notification").status_code == 503
    assert eventually(lambda: health_is(200), within=5, what="200 from /health")


def test_a_service_that_breaks_off_is_502(customer: Client, sandbox: Sandbox) -> None:
    with in_place_of("notification", "breaking", sandbox):
        assert customer.get("/api/notifications").status_code == 502


def test_a_service_that_does_not_answer_is_504_and_health_does_not_hang(customer: Client, sandbox: Sandbox) -> None:
    def unwell() -> bool:
        return customer.get("/health/notification").status_code == 503

    with in_place_of("notification", "silent", sandbox):
        # The edge keeps an answer for a second: somebody may have asked just before.
        eventually(unwell, within=5, what="503 from /health/notification")
        started = time.monotonic()
        assert customer.get("/api/notifications").status_code == 504
        assert time.monotonic() - started < 40


def test_links_move_traffic_without_a_reload(customer: Client, sandbox: Sandbox) -> None:
    shown = "systemctl show nginx --property=StateChangeTimestampMonotonic --property=MainPID"
    before = sandbox.run(shown)
    with in_place_of("notification", "breaking", sandbox):
        assert customer.get("/api/notifications").status_code == 502
    assert customer.get("/api/notifications").status_code == 200
    assert sandbox.run(shown) == before
