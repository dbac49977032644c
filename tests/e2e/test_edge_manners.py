"""What the edge does for every request, whatever it is about."""

from __future__ import annotations

import gzip
import subprocess
import time
from collections.abc import Iterator

import httpx2
import pytest

from tests.e2e.client import Client
from tests.e2e.raw import connect, read_all
from tests.e2e.sandbox import Sandbox
from tests.e2e.stand_in import in_place_of

ORIGIN = "https://app.example.com"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def plain(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    """A client of the port that does not speak TLS."""
    with httpx2.Client(base_url=f"http://{sandbox.address}", timeout=10) as client:
        yield client


def test_http_leads_to_https(plain: httpx2.Client, sandbox: Sandbox) -> None:
    response = plain.post("/api/orders?limit=1")
    assert response.status_code == 308  # keeps the method
    assert response.headers["location"] == f"{sandbox.base_url}/api/orders?limit=1"


def test_unknown_host_names_are_refused(plain: httpx2.Client, anybody: Client) -> None:
    assert plain.get("/health", headers={"Host": "elsewhere.example"}).status_code == 421
    assert anybody.get("/health", headers={"Host": "elsewhere.example"}).status_code == 421


def test_well_formed_ids_are_kept(anybody: Client) -> None:
    response = anybody.get("/api/orders", headers={"X-Request-Id": "from-the-client.1", "traceparent": TRACEPARENT})
    assert response.headers["x-request-id"] == "from-the-client.1"
    assert response.headers["traceparent"] == TRACEPARENT
    assert response.json()["request_id"] == "from-the-client.1"


@pytest.mark.parametrize("bad", ["short", "x" * 65, 'quo"te-quote', "two, ids-here", "<script>-script", "späße-im-ä"])
def test_malformed_request_ids_are_replaced(anybody: Client, bad: str) -> None:
    response = anybody.get("/nothing", headers={"X-Request-Id": bad.encode()})
    assert response.headers["x-request-id"] not in ("", bad)


@pytest.mark.parametrize(
    "bad", [f"00-{'0' * 32}-b7ad6b7169203331-01", TRACEPARENT.upper(), TRACEPARENT + "-x", "00-1-2-3"]
)
def test_malformed_traces_are_replaced(anybody: Client, bad: str) -> None:
    assert anybody.get("/nothing", headers={"traceparent": bad}).headers["traceparent"] != bad


def test_pages_of_listed_origins_may_call(anybody: Client) -> None:
    preflight = anybody.call(
        "OPTIONS", "/api/orders", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key", "if-match"))
    for path in ("/health", "/api/orders", "/nothing"):  # errors too: a page could not read them otherwise
        response = anybody.get(path, headers={"Origin": ORIGIN})
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "origin" in response.headers["vary"].lower()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://app.example.com.evil.example", "null", "http://app.example.com"]
)
def test_pages_of_other_origins_may_not(anybody: Client, origin: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET"):
        response = anybody.call(method, "/api/orders", headers=headers)
        assert "access-control-allow-origin" not in response.headers


def test_answers_with_personal_data_are_not_kept_by_anyone(customer: Client) -> None:
    for path in ("/api/orders", "/api/notifications", f"/api/users/{customer.user['id']}", "/api/auth/sessions"):
        assert "no-store" in customer.get(path).headers["cache-control"], path


def test_large_answers_are_compressed(anybody: Client) -> None:
    with anybody.http.stream("GET", "/openapi/order.json", headers={"Accept-Encoding": "gzip"}) as response:
        raw = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == "gzip"
    assert b'"openapi"' in gzip.decompress(raw)


def test_http_2_is_spoken(sandbox: Sandbox) -> None:
    shown = subprocess.run(
        ["curl", "-sS", "--http2", "--cacert", sandbox.ca_file, "-o", "/dev/null", "-w", "%{http_version}",
         f"{sandbox.base_url}/health"],
        capture_output=True, text=True, check=True, timeout=20,
    )  # fmt: skip
    assert shown.stdout == "2"


def test_websockets_pass_through(sandbox: Sandbox) -> None:
    request = (
        f"GET /api/notifications/live HTTP/1.1\r\nHost: {sandbox.address}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bG9uZ2hvdXNlIQ==\r\n\r\n"
    )
    with in_place_of("notification", "upgrading", sandbox), connect(sandbox) as connection:
        connection.sendall(request.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 101")
        connection.sendall(b"knock")
        assert connection.recv(4096) == b"knock"


@pytest.mark.parametrize(
    "sent",
    [
        "GET /health HTTP/1.1\r\nHost: {address}\r\nX-Slow: ",
        "POST /api/auth/login HTTP/1.1\r\nHost: {address}\r\nContent-Length: 10\r\n\r\n{{",
    ],
)
def test_a_client_that_is_slow_on_purpose_is_let_go(sandbox: Sandbox, sent: str) -> None:
    with connect(sandbox, timeout=20) as connection:
        started = time.monotonic()
        connection.sendall(sent.format(address=sandbox.address).encode())
        read_all(connection)
    assert 5 < time.monotonic() - started < 15


@pytest.mark.parametrize(
    "smuggled",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 30\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_requests_that_two_servers_would_read_differently_are_refused(sandbox: Sandbox, smuggled: str) -> None:
    with connect(sandbox) as connection:
        connection.sendall(f"POST /api/auth/login HTTP/1.1\r\nHost: {sandbox.address}\r\n{smuggled}".encode())
        answer = read_all(connection)
    assert answer.split()[1] in (b"400", b"501")
    assert answer.count(b"HTTP/1.1 ") == 1
