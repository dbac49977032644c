"""HTTP/3 is a switch: on, clients speak it and get the same answers; off, nobody hears of it and the port is silent."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.convergence.site import SandboxHost, play
from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox

# RFC 9000, 6 and 15: versions of this form are nobody's, so that every server answers with those it speaks.
NOBODYS = bytes.fromhex("1a2a3a4a")
SMALLEST_DATAGRAM = 1200


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


def asked(sandbox: Sandbox, path: str, *options: str, name: str = "") -> str:
    """`VERSION STATUS` of the answer to curl on the host, over HTTP/3 alone; `0 000` when there was none."""
    words = [
        "curl -s -o /dev/null -w '%{http_version} %{http_code}' --http3-only --max-time 10 --cacert /dev/stdin",
        f"--connect-to ::{sandbox.address}:443", *options, f"https://{name or sandbox.address}{path}",
    ]  # fmt: skip
    return sandbox.run(f"{' '.join(words)} <<'END' || true\n{Path(sandbox.ca_file).read_text()}\nEND")


def turned(host: SandboxHost, *, on: bool) -> None:
    extra = json.dumps({"platform_http3": on})
    for playbook in ("playbooks/host.yml", "playbooks/edge.yml"):
        done = play(host, "--extra-vars", extra, playbook=playbook)
        assert done.status == 0, done.output


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
    token = f"-H 'Authorization: Bearer {customer.tokens['access_token']}'"
    assert asked(sandbox, "/health") == "3 200"
    assert asked(sandbox, "/api/orders", token) == "3 200"
    assert asked(sandbox, "/api/orders") == "3 401"
    logged = sandbox.run("journalctl -t nginx_access -o cat --since -1min --no-pager | grep HTTP/3.0 | tail -1")
    record = json.loads(logged)
    assert (record["uri"], record["status"], record["tls"]) == ("/api/orders", 401, "TLSv1.3")


@pytest.mark.usefixtures("spoken")
def test_an_order_is_placed_once(sandbox: Sandbox, customer: Client) -> None:
    body = json.dumps({"items": [{"sku": "A", "name": "A", "quantity": 1, "unit_price": 100}], "currency": "EUR"})
    options = [
        f"-H 'Authorization: Bearer {customer.tokens['access_token']}'", "-H 'Content-Type: application/json'",
        "-H 'Idempotency-Key: over-http-3'", f"-d '{body}'",
    ]  # fmt: skip
    assert asked(sandbox, "/api/orders", *options) == "3 201"
    assert asked(sandbox, "/api/orders", *options) == "3 201"
    assert len(customer.get("/api/orders").json()["items"]) == 1


@pytest.mark.usefixtures("spoken")
def test_names_that_are_not_served_are_refused(sandbox: Sandbox) -> None:
    assert asked(sandbox, "/health", name="elsewhere.example") == "0 000"
