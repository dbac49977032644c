"""Requests that two servers could read differently: the edge refuses them, or both read the same.

That services saw nothing but what the edge passed on is asked of both records at the end (`aftermath.py`).
"""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.hostile.attacker import send
from tests.hostile.ledger import NOT_SPOKEN, Ledger

PATHS = ("/api/auth/login", "/api/orders", "/openapi/order.json")

TRANSFER_ENCODINGS = (
    b"Transfer-Encoding: chunked",
    b"transfer-encoding: CHUNKED",
    b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding:  chunked ",
    b"Transfer-Encoding : chunked",
    b" Transfer-Encoding: chunked",
    b"\tTransfer-Encoding: chunked",
    b"X-Folded: x\r\n Transfer-Encoding: chunked",
    b"Transfer-Encoding:\r\n chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunkedx",
    b"Transfer-Encoding: chunked;q=1",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding: chunked\x00",
    b"Transfer\x00-Encoding: chunked",
    b"Transfer-Encoding\x0b: chunked",
    b"Transfer_Encoding: chunked",
    b"X: x\nTransfer-Encoding: chunked",
    b"X: x\rTransfer-Encoding: chunked",
    b"Transfer-Encoding: ch\xc3\xbcnked",
)

LENGTHS = (
    b"Content-Length: 4\r\nContent-Length: 60",
    b"Content-Length: 60\r\nContent-Length: 4",
    b"Content-Length: 4\r\nContent-Length: 4",
    b"Content-Length: 4, 60",
    b"Content-Length: +4",
    b"Content-Length: -4",
    b"Content-Length: 0x4",
    b"Content-Length: 4.0",
    b"Content-Length: 4e0",
    b"Content-Length: 4 4",
    b"Content-Length: \xb2",
    b"Content-Length: 99999999999999999999999999",
    b"Content-Length : 4",
    b"Content-Length\x00: 4",
    b"Content-Length:\r\n 4",
    b"Content_Length: 60\r\nContent-Length: 4",
)

CHUNKS = (
    b"0x4\r\n{}  \r\n0\r\n\r\n",
    b"-4\r\n{}  \r\n0\r\n\r\n",
    b"+4\r\n{}  \r\n0\r\n\r\n",
    b"4 \r\n{}  \r\n0\r\n\r\n",
    b"ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    b"4\n{}  \n0\n\n",
    b"4\r\n{}  xx0\r\n\r\n",
    b"4;x=\nGET /api/orders HTTP/1.1\r\n{}  \r\n0\r\n\r\n",
    b"4\r\n{}  \r\n0\r\nContent-Length: 60\r\n\r\n",
    b"4\r\n{}  \r\n0\r\nX-Real-IP: 1.2.3.4\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"z\r\n{}  \r\n0\r\n\r\n",
)

MALFORMED = (
    b"GET /health HTTP/1.1\r\nHost: @\r\nX-Bad: a\x00b\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @\r\nX\x00Y: a\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @\r\nX Y: a\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @\r\n: a\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @\r\nno colon at all\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @\r\nHost: elsewhere.example\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: elsewhere.example\r\nHost: @\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @ elsewhere.example\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @/../x\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: \r\n\r\n",
    b"GET /health HTTP/1.1\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @\r\n folded\r\n\r\n",
    b"GET /health\x00 HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /health HTTP/2.0\r\nHost: @\r\n\r\n",
    b"GET /health HTTP/9.9\r\nHost: @\r\n\r\n",
    b"G\xcbT /health HTTP/1.1\r\nHost: @\r\n\r\n",
    b"get /health HTTP/1.1\r\nHost: @\r\n\r\n",
    b"CONNECT @:5432 HTTP/1.1\r\nHost: @\r\n\r\n",
    b"TRACE /api/orders HTTP/1.1\r\nHost: @\r\nAuthorization: Bearer secret\r\n\r\n",
    b"GET http://127.0.0.1:9090/api/v1/targets HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET http://elsewhere.example/health HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /api/orders/../../nginx_status HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /docs/../../../etc/passwd HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /docs/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /docs..%2f..%2fetc/passwd HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /docs../../../etc/passwd HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /api/orders/%0d%0aX-Injected:%20yes HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /%0d%0aX-Injected:%20yes HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /api/orders%00 HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /api/orders?limit=%00 HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /.git/config HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /nginx_status HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /.longhouse/requests/user HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /livez HTTP/1.1\r\nHost: @\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x00\xa5\x01\x00\x00",
    b"*1\r\n$4\r\nPING\r\n",
    b"\x00" * 4096,
    b"A" * 70_000,
    b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: @\r\n" + b"X-Many: a\r\n" * 4000 + b"\r\n",
)

# A server may be lenient here: there is one way to read them.
ODD = (
    b"GET  /health HTTP/1.1\r\nHost: @\r\n\r\n",
    b"GET /health HTTP/1.1 \r\nHost: @\r\n\r\n",
    b"GET /health HTTP/1.2\r\nHost: @\r\n\r\n",
)

UNTOLD = ("nginx_status", "active connections", "activetargets", "x-injected: yes\r\n")


@pytest.fixture(autouse=True)
def nobody_else_notices(anybody: Client) -> object:
    """After each attack the next client of the same service gets the answer to its own question."""
    yield
    for path in ("/api/orders", "/api/auth/sessions"):
        mark = uuid4().hex
        response = anybody.get(path, headers={"X-Request-Id": mark})
        assert (response.status_code, response.json()["request_id"]) == (401, mark)


def attack(sandbox: Sandbox, ledger: Ledger, request: bytes) -> list[int]:
    """Statuses of all answers to `request`; "@" stands for the address of the edge."""
    got = send(sandbox, request.replace(b"@", sandbox.address.encode()))
    for answer in got:
        ledger.judge("smuggling", answer.status, answer.head, answer.body)
        assert answer.status < 400 or "application/problem+json" in answer.head, answer
        assert not any(word in (answer.head + answer.body).lower() for word in UNTOLD), answer
    if not got:
        ledger.note("smuggling")
    return [answer.status for answer in got]


def second(path: str) -> bytes:
    """A request that hides in the body of another."""
    return f"GET {path}?hidden={uuid4().hex} HTTP/1.1\r\nHost: @\r\nX: ".encode()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("coding", TRANSFER_ENCODINGS, ids=repr)
def test_a_body_framed_twice_is_one_request_or_none(sandbox: Sandbox, ledger: Ledger, coding: bytes, path: str) -> None:
    """CL.TE: the end by chunks comes before the end by length."""
    body = b"0\r\n\r\n" + second(path)
    head = f"POST {path} HTTP/1.1\r\nHost: @\r\nConnection: close\r\nContent-Length: {len(body)}\r\n".encode()
    assert len(attack(sandbox, ledger, head + coding + b"\r\n\r\n" + body)) <= 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("coding", TRANSFER_ENCODINGS, ids=repr)
def test_a_length_that_ends_before_the_chunks_smuggles_nothing(
    sandbox: Sandbox, ledger: Ledger, coding: bytes, path: str
) -> None:
    """TE.CL: the end by length comes first."""
    inner = second(path) + b"\r\n\r\n"
    body = f"{len(inner):x}\r\n".encode() + inner + b"\r\n0\r\n\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: @\r\nConnection: close\r\n".encode()
    assert len(attack(sandbox, ledger, head + coding + b"\r\nContent-Length: 4\r\n\r\n" + body)) <= 1


@pytest.mark.parametrize("length", LENGTHS, ids=repr)
def test_a_length_that_can_be_read_in_two_ways_is_refused(sandbox: Sandbox, ledger: Ledger, length: bytes) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\nHost: @\r\nContent-Type: application/json\r\nConnection: close\r\n"
    statuses = attack(sandbox, ledger, head + length + b"\r\n\r\n{}  " + second("/api/orders") + b"\r\n\r\n")
    assert len(statuses) <= 1
    assert set(statuses) <= {400, 411, 413, 422}


@pytest.mark.parametrize("chunks", CHUNKS, ids=repr)
def test_chunks_that_can_be_read_in_two_ways_are_refused_or_read_once(
    sandbox: Sandbox, ledger: Ledger, chunks: bytes
) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\nHost: @\r\nContent-Type: application/json\r\nConnection: close\r\n"
    statuses = attack(sandbox, ledger, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert len(statuses) <= 1
    assert set(statuses) <= {400, 413, 422}


def closing(lines: bytes) -> bytes:
    return lines.replace(b"Host: @\r\n", b"Host: @\r\nConnection: close\r\n", 1)


@pytest.mark.parametrize("lines", MALFORMED, ids=lambda lines: repr(lines[:60]))
def test_malformed_requests_get_nothing_but_a_refusal(sandbox: Sandbox, ledger: Ledger, lines: bytes) -> None:
    statuses = attack(sandbox, ledger, closing(lines))
    assert len(statuses) <= 1
    assert all(400 <= status < 500 or status in NOT_SPOKEN for status in statuses)


@pytest.mark.parametrize("lines", ODD, ids=repr)
def test_odd_requests_are_one_request_or_none(sandbox: Sandbox, ledger: Ledger, lines: bytes) -> None:
    statuses = attack(sandbox, ledger, closing(lines))
    assert len(statuses) <= 1
    assert set(statuses) <= {200, 400, 505}
