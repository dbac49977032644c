"""HTTP/3 is a switch: on, clients speak it and get the same answers; off, nobody hears of it and the port is silent."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator

import pytest
from httpx2 import codes

from tests.convergence import http3
from tests.convergence.site import SandboxHost, play
from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually

# RFC 9000, 6 and 15: versions of this form are nobody's, so that every server answers with those it speaks.
NOBODYS = bytes.fromhex("1a2a3a4a")
SMALLEST_DATAGRAM = 1200
FINISHING_SECONDS = 70  # ten more than Nginx gives them
CONNECTIONS = 40


def versions(address: str) -> bytes:
    """What the host answers to a QUIC packet of an unknown version; nothing when nobody does within a second."""
    identifiers = b"\x08" + os.urandom(8) + b"\x08" + os.urandom(8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(1)
        probe.connect((address, 443))
        probe.send((b"\xc0" + NOBODYS + identifiers).ljust(SMALLEST_DATAGRAM, b"\0"))
        try:
            return probe.recv(2048)
        except TimeoutError:
            return b""


def asked(sandbox: Sandbox, path: str, *, name: str = "", body: bytes = b"", **headers: str) -> int:
    """Status of the answer over HTTP/3."""
    fields = {field.replace("_", "-"): value for field, value in headers.items()}
    return http3.ask(sandbox.address, path, ca_file=sandbox.ca_file, name=name, headers=fields, body=body)


def bearer(customer: Client) -> str:
    return f"Bearer {customer.tokens['access_token']}"


def old_workers_are_gone(host: SandboxHost | Sandbox) -> None:
    """Wait for it: one that finishes what was under way swallows new connections (docs/operations/edge.md)."""
    eventually(
        lambda: "shutting down" not in host.run("ps -C nginx -o args"),
        within=FINISHING_SECONDS,
        what="end of old workers",
    )


def turned(host: SandboxHost, *, on: bool) -> None:
    extra = json.dumps({"platform_http3": on})
    for playbook in ("playbooks/host.yml", "playbooks/edge.yml"):
        done = play(host, "--extra-vars", extra, playbook=playbook)
        assert done.status == 0, done.output
    old_workers_are_gone(host)


@pytest.fixture(scope="module")
def spoken(host: SandboxHost) -> Iterator[None]:
    turned(host, on=True)
    yield
    turned(host, on=False)


def test_off_nobody_hears_of_it(sandbox: Sandbox, customer: Client) -> None:
    assert versions(sandbox.address) == b""
    assert "alt-svc" not in customer.get("/api/orders").headers


@pytest.mark.usefixtures("spoken")
def test_on_the_port_answers_and_clients_of_tcp_are_told(sandbox: Sandbox, customer: Client) -> None:
    answer = versions(sandbox.address)
    assert answer[1:5] == bytes(4)  # a list of versions
    assert bytes.fromhex("00000001") in answer  # RFC 9000
    assert customer.get("/api/orders").headers["alt-svc"] == 'h3=":443"; ma=3600'


@pytest.mark.usefixtures("spoken")
def test_answers_are_those_of_other_versions(sandbox: Sandbox, customer: Client) -> None:
    assert asked(sandbox, "/health") == codes.OK
    assert asked(sandbox, "/api/orders", authorization=bearer(customer)) == codes.OK
    assert asked(sandbox, "/api/orders") == codes.UNAUTHORIZED
    logged = sandbox.run("journalctl -t nginx_access -o cat --since -1min --no-pager | grep HTTP/3.0 | tail -1")
    record = json.loads(logged)
    assert (record["uri"], record["status"], record["tls"]) == ("/api/orders", 401, "TLSv1.3")


@pytest.mark.usefixtures("spoken")
def test_an_order_is_placed_once(sandbox: Sandbox, customer: Client) -> None:
    items = [{"sku": "A", "name": "A", "quantity": 1, "unit_price": 100}]
    body = json.dumps({"items": items, "currency": "EUR"}).encode()
    headers = {"authorization": bearer(customer), "content_type": "application/json", "idempotency_key": "over-http-3"}
    assert asked(sandbox, "/api/orders", body=body, **headers) == codes.CREATED
    assert asked(sandbox, "/api/orders", body=body, **headers) == codes.CREATED
    assert len(customer.get("/api/orders").json()["items"]) == 1


@pytest.mark.usefixtures("spoken")
def test_every_connection_is_answered_after_a_reload(sandbox: Sandbox) -> None:
    sandbox.run("systemctl reload nginx")
    old_workers_are_gone(sandbox)
    assert {asked(sandbox, "/health") for _ in range(CONNECTIONS)} == {codes.OK}


@pytest.mark.usefixtures("spoken")
def test_names_that_are_not_served_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ConnectionError):
        asked(sandbox, "/health", name="elsewhere.example")
