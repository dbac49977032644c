"""When a certificate is asked for: once there is none, when another is wanted, in time, and when it is recalled."""

from __future__ import annotations

import dataclasses
import datetime
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from longhouse_certificate import renewal_info, renewing

from tests.unit.certificates.conftest import LIFE, NAMES, NOW, Host

DAY = datetime.timedelta(days=1)


def test_one_is_due_when_there_is_none(host: Host) -> None:
    assert renewing.due(host.plan, NOW) == "there is none yet"


def test_a_wanted_one_is_left_alone_even_while_the_authority_cannot_be_reached(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    host.issue()
    assert renewing.due(host.plan, NOW + LIFE * 2 / 3 - DAY) == ""
    assert "does not say when" in capsys.readouterr().out


def test_one_is_due_when_a_third_of_its_life_is_left(host: Host) -> None:
    host.issue()
    assert renewing.due(host.plan, NOW + LIFE * 2 / 3) == "a third of its life is left"


@pytest.mark.parametrize("names", [NAMES[:1], (*NAMES, "more.example.com")])
def test_one_is_due_when_the_names_changed(host: Host, names: tuple[str, ...]) -> None:
    host.issue(*names)
    assert renewing.due(host.plan, NOW) == "the names changed"


def test_one_is_due_when_the_authority_changed(host: Host) -> None:
    host.issue()
    other = dataclasses.replace(host.plan, directory="https://127.0.0.1:9/other")
    assert renewing.due(other, NOW) == "the authority changed"


def test_settings_are_read_as_they_were_meant_by_a_shell(host: Host) -> None:
    plan = dataclasses.replace(host.plan, email="o'ps $(touch x)@example.com", ca_file="/etc/a.pem")
    text = renewing.settings(plan)
    assert "CONTACT_EMAIL='o'\"'\"'ps $(touch x)@example.com'" in text
    assert "CURL_OPTS='--cacert /etc/a.pem'" in text


def test_a_certificate_is_named_as_the_standard_s_example_is() -> None:
    """RFC 9773, 4.1: this key identifier and this serial number give this name."""
    issuer = bytes.fromhex("69885B6B87464041E1B37B847BA0AE2CDE01C8D4")
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        x509.CertificateBuilder(x509.Name([]), x509.Name([]), key.public_key(), 0x87654321, NOW, NOW + LIFE)
        .add_extension(x509.AuthorityKeyIdentifier(issuer, None, None), critical=False)
        .sign(key, hashes.SHA256())
    )
    assert renewal_info.identifier(leaf) == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"


class Recalling(http.server.BaseHTTPRequestHandler):
    """The two answers of an authority that the question needs."""

    window: dict[str, str]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        known: dict[str, Any] = {"/dir": {"renewalInfo": f"https://{self.headers['Host']}/info"}}
        text = json.dumps(known.get(self.path, {"suggestedWindow": self.window})).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def recalling(host: Host, tmp_path: Path) -> Iterator[tuple[Any, type[Recalling]]]:
    """A plan whose authority answers, and the handler whose `window` it suggests."""
    certificate, key = host.authority.issue("127.0.0.1")
    (tmp_path / "server.pem").write_bytes(certificate + key)
    (tmp_path / "ca.pem").write_bytes(certificate.partition(b"-----END CERTIFICATE-----\n")[2])
    handler = type("Handler", (Recalling,), {"window": {}, "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    directory = f"https://127.0.0.1:{server.server_address[1]}/dir"
    plan = dataclasses.replace(host.plan, directory=directory, ca_file=str(tmp_path / "ca.pem"))
    host.issue()
    plan.authority.write_text(directory + "\n")
    yield plan, handler
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("start", "end", "reason"), [
    (-2 * DAY, -DAY, "the authority wants it replaced"),
    (DAY, 2 * DAY, ""),
])  # fmt: skip
def test_one_is_due_in_the_window_that_the_authority_suggests(
    recalling: tuple[Any, type[Recalling]], start: datetime.timedelta, end: datetime.timedelta, reason: str
) -> None:
    plan, handler = recalling
    handler.window = {"start": (NOW + start).isoformat(), "end": (NOW + end).isoformat()}
    assert renewing.due(plan, NOW) == reason
    current = renewing.issued(plan)
    assert current is not None
    assert handler.asked == ["/dir", f"/info/{renewal_info.identifier(current.leaf)}"]


def test_an_answer_that_makes_no_sense_recalls_nothing(recalling: tuple[Any, type[Recalling]]) -> None:
    plan, handler = recalling
    handler.window = {"start": "soon"}
    assert renewing.due(plan, NOW) == ""
