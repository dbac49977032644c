"""What role edge promises, asked of a host: Nginx accepts what is rendered, names are checked, nothing else listens."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import ssl
import tarfile
from typing import Any
from uuid import uuid4

import pytest
from testinfra.host import Host

from tests.e2e.waiting import eventually
from tests.unit.nginx.rendering import CATALOGUES, edge_files

OWN_HEADERS = {"x-request-id", "traceparent", "x-content-type-options", "content-security-policy"}


@pytest.fixture(scope="module")
def variables(host: Host) -> dict[str, Any]:
    return dict(host.ansible.get_variables())


@pytest.fixture(scope="module")
def address(variables: dict[str, Any]) -> str:
    return str(variables["ansible_host"])


def connected(address: str, port: int, server_name: str | None) -> socket.socket:
    """An open connection; the certificate is not what is looked at here."""
    plain = socket.create_connection((address, port), timeout=10)
    if port != 443:
        return plain
    try:
        context = ssl._create_unverified_context()  # noqa: S323
        return context.wrap_socket(plain, server_hostname=server_name)
    finally:
        plain.close()


def ask(
    address: str, request: str, *, server_name: str | None = None, port: int = 443
) -> tuple[int, dict[str, str], str]:
    """Send one raw request; (status, headers in lower case, body)."""
    with connected(address, port, server_name) as connection:
        connection.sendall(request.encode("latin-1"))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split()[1]), headers, body


def get(path: str, host: str) -> str:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"


def assert_problem(answer: tuple[int, dict[str, str], str], status: int) -> None:
    assert answer[0] == status
    assert answer[1]["content-type"] == "application/problem+json"
    problem = json.loads(answer[2])
    assert problem["status"] == status
    assert problem["request_id"] == answer[1]["x-request-id"]
    assert answer[1].keys() >= OWN_HEADERS


def archive(files: dict[str, str]) -> str:
    """A compressed tar of the files, in base64."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content.encode())
            tar.addfile(entry, io.BytesIO(content.encode()))
    return base64.b64encode(buffer.getvalue()).decode()


EVERYTHING_SET: dict[str, Any] = {
    "server_names": ["longhouse.test", "10.0.0.1", "2001:db8::1"],
    "allowed_origins": ["https://app.example.com"],
    "trusted_proxies": ["10.0.0.0/8"],
    "sign_in_paths": ["/api/auth/login"],
    "https_port": 8443,
}


@pytest.mark.parametrize("settings", [{}, EVERYTHING_SET], ids=["defaults", "everything set"])
def test_nginx_accepts_the_edge_of_every_catalogue(host: Host, settings: dict[str, Any]) -> None:
    distribution = host.file("/etc/nginx/nginx.conf").content_string
    own = re.sub(r"include /etc/nginx/(conf\.d/\*\.conf|sites-enabled/\*);", "", distribution)
    files: dict[str, str] = {}
    for catalogue, services in CATALOGUES.items():
        files[f"{catalogue}/nginx.conf"] = own.replace("http {", "http {\n    include conf.d/*.conf;")
        for name, text in edge_files(services, **settings).items():
            files[f"{catalogue}/conf.d/{name}"] = text
    # One round trip: unpack, ask Nginx about each, remove.
    verdict = host.run(
        "folder=$(mktemp -d) && cd $folder && echo %s | base64 -d | tar -xz && "
        "for catalogue in *; do nginx -t -c $folder/$catalogue/nginx.conf 2>&1; done; rm -r $folder",
        archive(files),
    )
    assert verdict.stdout.count("test is successful") == len(CATALOGUES), verdict.stdout
    assert "[warn]" not in verdict.stdout


def test_nginx_serves_and_starts_at_boot(host: Host) -> None:
    nginx = host.service("nginx")
    assert nginx.is_running
    assert nginx.is_enabled


def test_a_stop_lets_requests_finish(host: Host) -> None:
    shown = host.check_output("systemctl show nginx --property=TimeoutStopUSec,ExecStop")
    assert "TimeoutStopUSec=1min 5s" in shown
    assert "QUIT/60" in shown
    assert "QUIT/5 " not in shown


def test_debians_welcome_page_is_gone(host: Host) -> None:
    assert not host.file("/etc/nginx/sites-enabled/default").exists


def test_the_internal_edge_is_not_reachable_from_outside(host: Host, address: str) -> None:
    assert host.socket("tcp://127.0.0.1:8080").is_listening
    with pytest.raises(OSError, match=r"refused|timed out"):
        socket.create_connection((address, 8080), timeout=2).close()


def test_http_leads_to_https(address: str) -> None:
    status, headers, _ = ask(address, get("/api/orders?limit=1", address), port=80)
    assert (status, headers["location"]) == (308, f"https://{address}/api/orders?limit=1")


@pytest.mark.parametrize("port", [80, 443])
def test_a_host_name_that_is_not_served_is_refused(address: str, port: int) -> None:
    assert_problem(ask(address, get("/health", "elsewhere.example"), port=port), 421)


def test_a_name_that_is_not_served_ends_the_handshake(address: str) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        ask(address, get("/health", address), server_name="elsewhere.example")


def test_every_listed_name_is_served(address: str, variables: dict[str, Any]) -> None:
    for name in variables["platform_server_names"]:
        server_name = None if name == address else name
        assert_problem(ask(address, get("/nothing-here", name), server_name=server_name), 404)


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GARBAGE\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        ("GET /{long} HTTP/1.1\r\nHost: {address}\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: {address}\r\nX-Padding: {long}\r\n\r\n", 431),
        ("TRACE / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n", 405),
        ("POST /docs HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 405),
        ("GET /x.json HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n", 404),
        ("GET /../../etc/passwd HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n", 400),
    ],
)
def test_what_the_edge_refuses_it_refuses_as_a_problem(address: str, request_text: str, status: int) -> None:
    assert_problem(ask(address, request_text.format(address=address, long="a" * 9000)), status)


def test_plain_http_on_the_tls_port_is_a_problem(address: str) -> None:
    with socket.create_connection((address, 443), timeout=10) as connection:
        connection.sendall(get("/", address).encode())
        assert b"400 Bad Request" in connection.recv(4096)


def test_requests_are_in_the_journal_with_their_ids(host: Host, address: str) -> None:
    _, headers, _ = ask(address, get("/journal-probe", address))
    found = host.check_output(
        f"journalctl -t nginx_access -o cat --since -1min --grep {headers['x-request-id']} | tail -1"
    )
    line = json.loads(found)
    assert (line["uri"], line["status"], line["method"]) == ("/journal-probe", 404, "GET")
    assert line["trace_id"] == headers["traceparent"].split("-")[1]


def test_no_record_is_lost_while_the_journal_is_busy(host: Host, address: str) -> None:
    """journald stands still for as long as a flood takes, longer than the kernel keeps records for it."""
    mark = f"/flood-{uuid4().hex}"
    requests = get(mark, address).replace("close", "keep-alive") * 900 + get(mark, address)
    journald = host.check_output("systemctl show --value --property=MainPID systemd-journald")
    host.check_output(f"kill -STOP {journald}")
    try:
        ask(address, requests)
    finally:
        host.check_output(f"kill -CONT {journald}")
    eventually(lambda: recorded(host, mark) == 901, within=20, what="record of every request")


def recorded(host: Host, mark: str) -> int:
    return int(host.check_output(f"journalctl --since=-2min -t nginx_access -o cat | grep -cF {mark} || true"))


def test_no_byte_of_a_client_hides_its_request(host: Host, address: str) -> None:
    request = get("/journal-probe", address).replace("Connection:", "User-Agent: \xff\r\nConnection:")
    _, headers, _ = ask(address, request)
    found = host.check_output(
        f"journalctl -t nginx_access -o cat --since -1min --grep {headers['x-request-id']} | tail -1"
    )
    assert json.loads(found)["agent"] == "\xff"


def test_connections_agree_on_the_hybrid_key_exchange(host: Host, address: str) -> None:
    shown = host.check_output(f"echo | openssl s_client -connect {address}:443 2>/dev/null")
    assert "X25519MLKEM768" in shown
    refused = host.run(f"echo | openssl s_client -connect {address}:443 -tls1_1 2>&1")
    assert refused.rc != 0
