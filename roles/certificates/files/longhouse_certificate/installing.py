"""From what was issued to what is served. Runs as root: only root reads the key of the edge."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import time
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from longhouse_certificate import pair
from longhouse_certificate.pair import Pair
from longhouse_certificate.plan import CertificateError, Plan, is_address
from longhouse_certificate.renewing import issued, outdated

EDGE = "nginx.service"
UNIT = "longhouse-certificate@due.service"
PATIENCE_SECONDS = 30


def install(plan: Plan) -> str:
    """Serve what was issued, unless it is; the old pair comes back when clients do not get the new one."""
    fresh = issued(plan)
    if fresh is None:
        raise CertificateError("there is no certificate to serve yet")
    before = served(plan)
    if fresh == before:
        return "served already"
    fresh.require_fit(plan.names, pair.now())
    if not _edge_runs():
        _write(plan, fresh)
        return "in place; the edge does not run"
    _write(plan, fresh)
    try:
        _reload()
        _await_served(plan, fresh)
    except CertificateError:
        if before is not None:
            _write(plan, before)
            _reload()
        raise
    return "served"


def settle(plan: Plan) -> str:
    """What a run of the play does: ask for a certificate when the inventory wants another one than is served."""
    current = issued(plan)
    if current is not None and not outdated(plan, current) and current == served(plan):
        return "unchanged"
    words = ["systemctl", "start", UNIT]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return "issued"
    return f"waiting: the edge goes on with the certificate it has; journalctl -u {UNIT}"


def served(plan: Plan) -> Pair | None:
    """The pair in the folder the edge reads."""
    return pair.load(plan.served / "fullchain.pem", plan.served / "key.pem")


def _write(plan: Plan, chosen: Pair) -> None:
    for name, content in (("key.pem", chosen.key), ("fullchain.pem", chosen.certificate)):
        unfinished = plan.served / f".{name}.new"
        unfinished.unlink(missing_ok=True)
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(Path(plan.served, name))


def _edge_runs() -> bool:
    return subprocess.run(["systemctl", "--quiet", "is-active", EDGE], check=False).returncode == 0


def _reload() -> None:
    done = subprocess.run(["systemctl", "reload", EDGE], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CertificateError(f"{EDGE} was not reloaded: {done.stderr.strip()}")


def _await_served(plan: Plan, fresh: Pair) -> None:
    """Until a new connection gets it; Nginx says nothing when it refuses a file in a reload."""
    wanted = fresh.leaf.public_bytes(Encoding.DER)
    end = time.monotonic() + PATIENCE_SECONDS
    while _offered(plan) != wanted:
        if time.monotonic() > end:
            raise CertificateError(f"{EDGE} does not serve the new certificate: journalctl -t nginx_error -n 20")
        time.sleep(0.2)


def _offered(plan: Plan) -> bytes | None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    name = plan.names[0]
    hint = None if is_address(name) else name
    try:
        with (
            socket.create_connection(("127.0.0.1", plan.port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=hint) as secured,
        ):
            return secured.getpeercert(binary_form=True)
    except OSError:
        return None
