"""HTTP/2 used as a weapon: the connection is the attacker's loss, and everybody else is served."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hpack import Decoder
from hyperframe.frame import (
    ContinuationFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.e2e.client import Client
from tests.e2e.raw import connect
from tests.e2e.sandbox import Sandbox
from tests.hostile.ledger import Ledger
from tests.hostile.neighbour import Neighbour

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
RESETS = 3000
# RFC 9113, 6.8 and 6.4.
GOAWAY, RST_STREAM = 7, 3
# RFC 9113, 7.
REFUSED_STREAM = 7


def connected(sandbox: Sandbox) -> ssl.SSLSocket:
    return connect(sandbox, timeout=15, protocols=["h2"])


def headers(sandbox: Sandbox, path: str = "/api/orders") -> list[tuple[str, str]]:
    return [(":method", "GET"), (":scheme", "https"), (":authority", sandbox.address), (":path", path)]


def packed_headers(sandbox: Sandbox, path: bytes) -> bytes:
    """A GET in HPACK, written by hand: a library keeps to the other side's limits."""
    address = sandbox.address.encode()
    return b"\x82\x87\x04" + bytes([len(path)]) + path + b"\x41" + bytes([len(address)]) + address


def push(connection: ssl.SSLSocket, data: bytes) -> bool:
    """Whether the other side still took it."""
    with suppress(OSError):
        connection.sendall(data)
        return True
    return False


def said(connection: ssl.SSLSocket, *, seconds: float = 15) -> list[Frame]:
    """Frames until the other side hangs up, or says nothing for `seconds`."""
    raw = b""
    connection.settimeout(seconds)
    with suppress(OSError):
        while chunk := connection.recv(65536):
            raw += chunk
    frames = []
    while len(raw) >= 9:
        with suppress(Exception):
            frame, length = Frame.parse_frame_header(memoryview(raw[:9]))
            frame.parse_body(memoryview(raw[9 : 9 + length]))
            frames.append(frame)
        raw = raw[9 + struct.unpack(">I", b"\x00" + raw[:3])[0] :]
    return frames


def hung_up(connection: ssl.SSLSocket) -> bool:
    return any(frame.type == GOAWAY for frame in said(connection)) or not push(connection, PingFrame(0).serialize())


def given_up(connection: ssl.SSLSocket, client: H2Connection) -> bool:
    """Whether the other side ends a stream or the connection before the socket's time is over."""
    connection.settimeout(30)
    try:
        while chunk := connection.recv(65536):
            ended = {type(event).__name__ for event in client.receive_data(chunk)}
            if ended & {"StreamReset", "ConnectionTerminated"}:
                break
    except TimeoutError:
        return False
    except (ConnectionError, ssl.SSLError):
        pass  # the end, without a word
    return True


@pytest.fixture(scope="module")
def neighbour(sandbox: Sandbox, new_client: Callable[[], Client]) -> Iterator[Neighbour]:
    """At an address of their own: what these tests send counts against the limit of ours."""
    client = new_client()
    client.register()
    with Neighbour(sandbox, client.tokens["access_token"]) as somebody:
        yield somebody


@pytest.fixture(autouse=True)
def everybody_else_is_served(neighbour: Neighbour) -> Iterator[None]:
    yield
    assert neighbour.answers(5) == [200] * 5


def test_opening_and_resetting_streams_without_end_is_cut_off(sandbox: Sandbox, ledger: Ledger) -> None:
    """CVE-2023-44487."""
    with connected(sandbox) as connection:
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        sent = 0
        for number in range(RESETS):
            stream = 2 * number + 1
            client.send_headers(stream, headers(sandbox), end_stream=True)
            client.reset_stream(stream)
            if not push(connection, client.data_to_send()):
                break
            sent += 1
        ledger.note("http2")
        ledger.figure(f"       {sent} of {RESETS} streams opened and reset before the connection was cut")
        assert sent < RESETS or hung_up(connection)


def test_a_header_that_never_ends_is_cut_off(sandbox: Sandbox, ledger: Ledger) -> None:
    """CVE-2024-27316: CONTINUATION frames without END_HEADERS."""
    with connected(sandbox) as connection:
        first = HeadersFrame(1, data=b"\x82\x87\x84", flags=["END_STREAM"])
        push(connection, PREFACE + SettingsFrame(0).serialize() + first.serialize())
        filler = ContinuationFrame(1, data=(b"\x00\x04junk\x7f\x9e\x01" + b"a" * 285) * 30).serialize()
        sent = sum(push(connection, filler) for _ in range(200))
        ledger.note("http2")
        assert sent < 200 or hung_up(connection)


def test_a_header_that_grows_when_unpacked_is_refused(sandbox: Sandbox, ledger: Ledger) -> None:
    """One long header, then hundreds of one-byte references to it: two megabytes of a few kilobytes."""
    with connected(sandbox) as connection:
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        push(connection, client.data_to_send())
        table = b"\x40\x05x-big\x7f\xa1\x1e" + b"a" * 4000
        bomb = HeadersFrame(
            1, data=packed_headers(sandbox, b"/health") + table + b"\xbe" * 500, flags=["END_STREAM", "END_HEADERS"]
        )
        push(connection, bomb.serialize())
        frames = said(connection, seconds=3)
        ledger.note("http2")
        assert any(frame.type in (GOAWAY, RST_STREAM) for frame in frames) or statuses(frames) in ([400], [431])


def statuses(frames: list[Frame]) -> list[int]:
    """Of all answers among the frames of a connection."""
    unpack = Decoder().decode
    return [int(dict(unpack(frame.data, raw=True))[b":status"]) for frame in frames if isinstance(frame, HeadersFrame)]


@pytest.mark.parametrize(
    "frame",
    [
        SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 1}),
        PingFrame(0),
        WindowUpdateFrame(0, window_increment=1),
    ],
    ids=lambda frame: type(frame).__name__,
)
def test_frames_without_requests_go_on_for_a_while_and_hurt_nobody(
    sandbox: Sandbox, ledger: Ledger, neighbour: Neighbour, frame: Frame
) -> None:
    with connected(sandbox) as connection:
        push(connection, PREFACE + SettingsFrame(0).serialize())
        for _ in range(50):
            if not push(connection, frame.serialize() * 200):
                break
        ledger.note("http2")
        assert neighbour.answers(1) == [200]


def test_answers_nobody_reads_are_given_up(sandbox: Sandbox, ledger: Ledger, neighbour: Neighbour) -> None:
    """A window of nothing: the edge may not keep answers for ever."""
    with connected(sandbox) as connection:
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        client.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})
        for number in range(100):
            client.send_headers(2 * number + 1, headers(sandbox, "/openapi/order.json"), end_stream=True)
        ledger.note("http2")
        push(connection, client.data_to_send())
        assert neighbour.answers(1) == [200]
        assert given_up(connection, client)


def test_more_streams_at_once_than_agreed_are_refused(sandbox: Sandbox, ledger: Ledger) -> None:
    with connected(sandbox) as connection:
        client = H2Connection(H2Configuration(client_side=True))
        client.initiate_connection()
        for number in range(100):
            client.send_headers(2 * number + 1, headers(sandbox), end_stream=False)
        raw = client.data_to_send()
        one_more = packed_headers(sandbox, b"/api/orders")
        further = [HeadersFrame(2 * number + 1, data=one_more, flags=["END_HEADERS"]) for number in range(100, 300)]
        push(connection, raw + b"".join(frame.serialize() for frame in further))
        frames = said(connection, seconds=3)
        ledger.note("http2")
        over = sum(isinstance(frame, RstStreamFrame) and frame.error_code == REFUSED_STREAM for frame in frames)
        # An address has a hundred requests in hand at most, and a connection 128 streams.
        assert over + statuses(frames).count(429) >= 300 - 128


BROKEN = (
    [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "@"), ("transfer-encoding", "chunked")],
    [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "@"), ("connection", "keep-alive")],
    [
        (":method", "POST"),
        (":path", "/api/auth/login"),
        (":scheme", "https"),
        (":authority", "@"),
        ("content-length", "9"),
    ],
    [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "@"), ("x\r\ny", "z")],
    [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "@"), ("x", "a\r\nhost: b")],
    [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "@"), ("x", "a\x00b")],
    [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "@"), ("UPPER", "x")],
    [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "@"), ("host", "elsewhere.example")],
    [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "elsewhere.example")],
    [(":method", "GET"), (":path", "/ HTTP/1.1\r\nHost: x\r\n\r\n"), (":scheme", "https"), (":authority", "@")],
    [(":method", "GET / HTTP/1.1\r\nX: "), (":path", "/"), (":scheme", "https"), (":authority", "@")],
    [(":method", "GET"), (":path", "/"), (":path", "/api/users"), (":scheme", "https"), (":authority", "@")],
    [(":method", "GET"), (":scheme", "https"), (":authority", "@")],
    [(":method", "GET"), (":path", ""), (":scheme", "https"), (":authority", "@")],
    [(":method", "GET"), (":path", "*"), (":scheme", "https"), (":authority", "@")],
    [(":method", "CONNECT"), (":authority", "127.0.0.1:5432")],
    [(":method", "GET"), (":path", "/"), (":scheme", "https"), (":authority", "@"), (":status", "200")],
)


@pytest.mark.parametrize("fields", BROKEN, ids=lambda fields: str(fields[-1]))
def test_malformed_requests_are_refused(sandbox: Sandbox, ledger: Ledger, fields: list[tuple[str, str]]) -> None:
    with connected(sandbox) as connection:
        loose = H2Configuration(
            client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False,
            validate_inbound_headers=False,
        )  # fmt: skip
        client = H2Connection(loose)
        client.initiate_connection()
        with suppress(ProtocolError):
            client.send_headers(1, [(n, v.replace("@", sandbox.address)) for n, v in fields], end_stream=True)
        push(connection, client.data_to_send())
        statuses, ended = answered(connection, client)
        for status in statuses:
            ledger.judge("http2", status, "", "")
        if not statuses:
            ledger.note("http2")
        assert ended or statuses
        assert all(400 <= status < 500 for status in statuses), statuses


def answered(connection: ssl.SSLSocket, client: H2Connection) -> tuple[list[int], bool]:
    """Statuses that came, and whether the stream or the connection was ended."""
    statuses: list[int] = []
    connection.settimeout(5)
    with suppress(OSError):
        while chunk := connection.recv(65536):
            for event in client.receive_data(chunk):
                name = type(event).__name__
                if name == "ResponseReceived":
                    statuses += [int(value) for field, value in event.headers if field in (":status", b":status")]  # type: ignore[attr-defined]
                if name in ("StreamEnded", "StreamReset", "ConnectionTerminated"):
                    return statuses, True
        return statuses, True
    return statuses, False
