"""Somebody works on a service: its requests are refused kindly, or wait, and Nginx is never reloaded for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.e2e.client import Client
from tests.e2e.raw import connect, read_all
from tests.e2e.sandbox import Sandbox
from tests.e2e.stand_in import in_place_of
from tests.e2e.traffic import Traffic
from tests.e2e.waiting import eventually

NGINX = "pgrep --parent $(cat /run/nginx.pid)"


@pytest.fixture
def maintained(sandbox: Sandbox) -> Iterator[None]:
    sandbox.run("lhctl maintenance order on --retry-after 30")
    yield
    sandbox.run("lhctl maintenance order off")


@pytest.mark.usefixtures("maintained")
def test_maintenance_answers_503_for_one_service_and_says_when_to_come_back(customer: Client) -> None:
    refused = customer.get("/api/orders")
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "30"
    assert "being worked on" in refused.json()["detail"]
    assert customer.get("/api/auth/sessions").status_code == 200, "the other services go on"


@pytest.mark.usefixtures("maintained")
def test_what_clients_could_not_be_served_with_is_a_warning_of_the_edge(customer: Client, sandbox: Sandbox) -> None:
    refused, served = customer.get("/api/orders"), customer.get("/api/auth/sessions")
    ids = [answer.headers["x-request-id"] for answer in (refused, served)]

    def recorded(*words: str) -> list[str]:
        shown = sandbox.run(f"journalctl -t nginx_access -o cat --no-pager --since=-1min {' '.join(words)}")
        return [each for each in ids if each in shown]

    eventually(lambda: recorded() == ids, within=10, what="records of both")
    assert recorded("-p warning") == ids[:1]


def test_maintenance_ends_at_once_and_without_a_reload(customer: Client, sandbox: Sandbox) -> None:
    workers = sandbox.run(NGINX)
    sandbox.run("lhctl maintenance order on")
    assert sandbox.run("lhctl maintenance").split() == ["order"]
    assert customer.get("/api/orders").status_code == 503
    sandbox.run("lhctl maintenance order off")
    assert customer.get("/api/orders").status_code == 200
    assert sandbox.run(NGINX) == workers


def test_a_held_request_goes_on_when_the_hold_is_over(customer: Client, sandbox: Sandbox) -> None:
    sandbox.run("lhctl hold order --seconds 2")
    until = float(sandbox.run("cat /run/longhouse-edge/hold/order"))
    assert customer.get("/api/orders").status_code == 200
    assert time.time() >= until, "it did not wait"
    assert customer.get("/api/orders").status_code == 200, "a hold that nobody took away goes on for ever"


def in_hand(sandbox: Sandbox, service: str) -> int:
    """Requests that a hold would wait for."""
    return int(sandbox.run(f"curl -sf http://127.0.0.1:8080/.longhouse/requests/{service}"))


def test_a_body_that_breaks_off_is_no_request_in_hand_for_ever(sandbox: Sandbox) -> None:
    """Its 400 is made by an internal redirect, after which Nginx begins the request anew."""
    with connect(sandbox) as connection:
        connection.sendall(
            f"POST /api/auth/login HTTP/1.1\r\nHost: {sandbox.address}\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\nno number\r\n".encode()
        )
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")
    eventually(lambda: in_hand(sandbox, "user") == 0, within=10, what="end of all requests")


def test_what_a_dead_worker_had_in_hand_has_ended(customer: Client, sandbox: Sandbox) -> None:
    with in_place_of("notification", "silent", sandbox), ThreadPoolExecutor() as pool:
        asked = pool.submit(customer.get, "/api/notifications")
        eventually(lambda: in_hand(sandbox, "notification") == 1, within=10, what="request in hand")
        sandbox.run(f"kill -KILL $({NGINX})")
        assert isinstance(asked.exception(30), httpx2.TransportError)
        assert eventually(lambda: sandbox.run(f"{NGINX} || true"), within=10, what="new workers")
        assert in_hand(sandbox, "notification") == 0


def test_a_database_restart_behind_a_hold_fails_no_request(customer: Client, sandbox: Sandbox) -> None:
    with Traffic(sandbox, customer.tokens["access_token"]) as traffic:
        time.sleep(2)
        before = sandbox.run("systemctl show -p MainPID postgresql@17-main")
        sandbox.run("lhctl hold --seconds 20 -- systemctl restart postgresql@17-main")
        assert sandbox.run("systemctl show -p MainPID postgresql@17-main") != before
        time.sleep(5)
    print(f"{traffic.answers.total()} requests")
    assert traffic.failures == []
    assert traffic.answers[201] > 50


def test_what_cannot_be_is_refused_in_one_line(sandbox: Sandbox) -> None:
    for words, expected in (
        ("maintenance nowhere on", "no service named nowhere here; known: "),
        ("maintenance order", "on or off?"),
        ("hold order --seconds 3600", "clients do not wait longer than 60"),
        ("hold order -- /nowhere", "No such file"),
    ):
        said = sandbox.run(f"! lhctl {words} 2>&1")
        assert expected in said
        assert len(said.splitlines()) == 1
