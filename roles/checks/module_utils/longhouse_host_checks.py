"""Checks of the host: certificate, data stores, units, disks."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible.module_utils.longhouse_findings import Finding
from ansible.module_utils.longhouse_service_checks import is_address

# The pair that role certificates makes until an ACME authority gives one.
WAITING = "Longhouse waits for its certificate"
DISKS = ("/", "/var", "/opt", "/run")


def certificate_serves(name: str, port: int, certificate: str, days: int) -> Finding:
    """The edge serves the certificate on disk; it names `name` and is good for `days` days."""
    ask = f"openssl x509 -in {certificate} -noout -text"
    if WAITING in _run(["openssl", "x509", "-in", certificate, "-noout", "-subject"]).stdout:
        ask_authority = "journalctl -u 'longhouse-certificate@*' -n 50"
        return Finding("certificate-serves", name, False, "its authority has not given it one yet", ask_authority)
    option = "-checkip" if is_address(name) else "-checkhost"
    for arguments in ([option, name], ["-checkend", str(days * 86400)]):
        # openssl 3.5 answers -checkhost in words, and only -checkend by its status.
        shown = _run(["openssl", "x509", "-in", certificate, "-noout", *arguments])
        words = (shown.stdout or shown.stderr).strip()
        if shown.returncode or "NOT match" in words:
            return Finding("certificate-serves", name, False, words or f"cannot read {certificate}", ask)
    try:
        served = _served_certificate(name, port)
    except OSError as error:
        return Finding("certificate-serves", name, False, f"no TLS at port {port}: {error}", "systemctl status nginx")
    if served not in "".join(Path(certificate).read_text(encoding="ascii").split()):
        return Finding("certificate-serves", name, False, "Nginx still serves another one", "systemctl reload nginx")
    return Finding("certificate-serves", name, True, f"served, good for {days} days or more", ask)


def _served_certificate(name: str, port: int) -> str:
    """The PEM text of what is served under a name, without white space."""
    context = ssl._create_unverified_context()  # noqa: S323  (this is the look at the certificate itself)
    hint = None if is_address(name) else name
    plain = socket.create_connection(("127.0.0.1", port), timeout=5)
    with plain, context.wrap_socket(plain, server_hostname=hint) as secured:
        return "".join(ssl.DER_cert_to_PEM_cert(secured.getpeercert(True) or b"").split())


def _run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def _exchange(address: str | tuple[str, int], sent: bytes) -> bytes:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(3)
        connection.connect(address)
        connection.sendall(sent)
        return connection.recv(64)


def postgresql_answers() -> Finding:
    """PostgreSQL accepts connections on its socket."""
    ask = "systemctl status postgresql@17-main"
    # An SSL request needs no user: `N` and `S` are both answers of a server that accepts connections.
    return _store(
        "postgresql", ask, lambda: _exchange("/run/postgresql/.s.PGSQL.5432", b"\0\0\0\x08\x04\xd2\x16\x2f")[:1], b"NS"
    )


def redis_answers(instance: str) -> Finding:
    """The Redis instance speaks; without a password it says NOAUTH, which is an answer."""
    path = f"/run/redis-{instance}/redis.sock"
    return _store(
        f"redis {instance}",
        f"systemctl status redis-server@{instance}",
        lambda: _exchange(path, b"PING\r\n")[:1],
        b"+-",
    )


def rabbitmq_answers() -> Finding:
    """RabbitMQ begins the AMQP handshake."""
    greeting = b"AMQP\x00\x00\x09\x01"
    return _store(
        "rabbitmq", "systemctl status rabbitmq-server", lambda: _exchange(("127.0.0.1", 5672), greeting)[:1], b"\x01"
    )


def _store(subject: str, ask: str, talk: Callable[[], bytes], expected: bytes) -> Finding:
    try:
        answer = talk()
    except OSError as error:
        return Finding("store-answers", subject, False, str(error), ask)
    good = bool(answer) and answer in [bytes([value]) for value in expected]
    return Finding("store-answers", subject, good, "answers" if good else f"answered {answer!r}", ask)


STORES: dict[str, list[Callable[[], Finding]]] = {
    "postgresql": [postgresql_answers],
    "redis": [lambda: redis_answers("cache"), lambda: redis_answers("state")],
    "rabbitmq": [rabbitmq_answers],
}


def units_run() -> Finding:
    """systemd knows no failed unit."""
    shown = _run(["systemctl", "list-units", "--failed", "--plain", "--no-legend"]).stdout
    failed = [line.split()[0] for line in shown.splitlines() if line.strip()]
    ask = f"journalctl -u {failed[0]} -n 50" if failed else "systemctl --failed"
    return Finding("units-run", "host", not failed, f"failed: {', '.join(failed)}" if failed else "none failed", ask)


def disks_have_room(percent: int) -> Iterator[Finding]:
    """Every file system that fills up in use has free blocks and inodes."""
    seen: set[int] = set()
    for path in DISKS:
        if (device := os.stat(path).st_dev) in seen:
            continue
        seen.add(device)
        room = os.statvfs(path)
        blocks = 100 * room.f_bavail // (room.f_blocks or 1)
        inodes = 100 * room.f_favail // room.f_files if room.f_files else 100
        detail = f"{blocks} % of the space and {inodes} % of the inodes are free"
        yield Finding(
            "disk-has-room",
            path,
            min(blocks, inodes) >= percent,
            detail,
            f"du -xh --max-depth=2 {path} | sort -h | tail",
        )


def store_findings(stores: list[str]) -> Iterator[Finding]:
    """The data stores that this host has."""
    for store in stores:
        for answers in STORES[store]:
            yield answers()
