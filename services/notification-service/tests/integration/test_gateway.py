"""SMS and push against a local HTTP endpoint: the address arrives, and each answer is told apart."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import pytest

from notifications.channels.gateway import GatewayChannel
from notifications.channels.port import ChannelProblem, Message, NotConfigured, Refused, Rejected, Unreachable


@dataclass
class Endpoint:
    """A gateway of the kind that takes JSON."""

    port: int
    status: int = 200
    requests: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.requests.append((self.path, body, dict(self.headers.items())))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Endpoint(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def message(to: str = "+491701234567") -> Message:
    return Message(
        delivery_id=uuid4(), to=to, title="Title", text="Your order & more", request_id="req-1", traceparent="00-a-b-01"
    )


def test_a_generic_receiver_finds_address_text_and_identity(endpoint: Endpoint) -> None:
    sent = message()
    GatewayChannel("sms", f"json://127.0.0.1:{endpoint.port}/sms").send(sent)
    path, body, headers = endpoint.requests[0]
    assert path == "/sms"
    assert body["to"] == "+491701234567"
    assert body["id"] == str(sent.delivery_id)
    assert body["message"] == "Your order & more"
    assert body["title"] == "Title"
    assert headers["Idempotency-Key"] == str(sent.delivery_id)
    assert headers["X-Request-Id"] == "req-1"
    assert headers["traceparent"] == "00-a-b-01"


def test_an_address_in_the_url_cannot_leave_its_place(endpoint: Endpoint) -> None:
    GatewayChannel("push", f"json://127.0.0.1:{endpoint.port}/send/{{to}}/now").send(message(to="../a?b=c&d#e"))
    path, body, _ = endpoint.requests[0]
    assert path.startswith("/send/")
    assert path.endswith("/now")
    assert "?" not in path
    assert "b" not in body


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Rejected), (404, Rejected), (429, Refused), (408, Refused), (500, Refused), (503, Refused)],
)
def test_an_answer_is_taken_at_its_word(endpoint: Endpoint, status: int, kind: type[ChannelProblem]) -> None:
    endpoint.status = status
    with pytest.raises(kind, match=f"error={status}") as caught:
        GatewayChannel("sms", f"json://127.0.0.1:{endpoint.port}").send(message())
    assert type(caught.value) is kind


def test_a_gateway_that_is_not_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable):
        GatewayChannel("sms", f"json://127.0.0.1:{port}").send(message())


def test_a_url_nobody_understands_says_so() -> None:
    with pytest.raises(NotConfigured, match="no URL that apprise understands"):
        GatewayChannel("sms", "nonsense://{to}").send(message())
