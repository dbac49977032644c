"""Checks of the services: ready through the edge, links where the state says, fleet alive."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ansible.module_utils.longhouse_findings import Finding

LINKS = 20
# A fleet that keeps dying takes up to two minutes for it.
STEADY_SECONDS = 150
STATE = Path("/var/lib/longhouse")
RUNTIME = Path("/run/longhouse")


def edge_answer(name: str, port: int, path: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of a path, asked of this host's edge under one of its names. Raises OSError or ValueError."""
    context = ssl._create_unverified_context()  # noqa: S323  (certificate_serves looks at the certificate)
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    plain = socket.create_connection(("127.0.0.1", port), timeout=5)
    try:
        connection.sock = context.wrap_socket(plain, server_hostname=None if is_address(name) else name)
        connection.request("GET", path, headers={"Host": name})
        response = connection.getresponse()
        body = json.loads(response.read())
    finally:
        connection.close()
        plain.close()
    return response.status, body if isinstance(body, dict) else {}


def is_address(name: str) -> bool:
    """Whether clients reach this name without SNI."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def service_ready(service: str, name: str, port: int, state: Mapping[str, Any]) -> Finding:
    """The service says it is ready, through the edge, with the version its state names."""
    ask = f"journalctl -u 'longhouse-{service}@*' -n 50"
    try:
        status, body = edge_answer(name, port, f"/health/{service}")
    except (OSError, ValueError) as error:
        return Finding("service-ready", service, False, f"the edge did not answer: {error}", "systemctl status nginx")
    if status != 200:
        bad = [check for check, result in (body.get("checks") or {}).items() if result.get("status") != "ok"]
        seen = f"/health/{service} answered {status} {body.get('status', '')}: {', '.join(bad) or 'no detail'}"
        return Finding("service-ready", service, False, seen, ask)
    colour, version = str(body.get("colour")), str(body.get("version"))
    expected = (state.get("colours") or {}).get(colour, {}).get("version")
    if version != expected:
        seen = f"{colour} answers with version {version}, its state says {expected}"
        return Finding("service-ready", service, False, seen, f"lhctl status {service}")
    return Finding("service-ready", service, True, f"{colour} {version}", ask)


def links_match(service: str, state: Mapping[str, Any]) -> Finding:
    """The edge's twenty links lead to the colours that the state's weights name."""
    found: dict[str, int] = {}
    for number in range(LINKS):
        link = RUNTIME / service / "upstream" / f"{number:02d}"
        colour = os.path.basename(os.readlink(link)).partition(".")[0] if link.is_symlink() else "missing"
        found[colour] = found.get(colour, 0) + 1
    expected = {colour: count for colour, count in (state.get("weights") or {}).items() if count}
    seen = f"links {found}, state {expected}"
    return Finding("links-match", service, found == expected, seen, f"lhctl status {service}")


def fleet_runs(service: str, state: Mapping[str, Any]) -> Finding:
    """The fleet's unit of the active colour is active, and not only between two of its deaths."""
    unit = f"longhouse-{service}-fleet@{state.get('active', '')}.service"
    asked = ["systemctl", "show", unit, "--property=ActiveState,NRestarts,ActiveEnterTimestampMonotonic"]
    shown = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    unit_state = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    restarts = int(unit_state.get("NRestarts") or 0)
    age = time.monotonic() - int(unit_state.get("ActiveEnterTimestampMonotonic") or 0) / 1_000_000
    passed = unit_state.get("ActiveState") == "active" and (restarts == 0 or age > STEADY_SECONDS)
    seen = f"{unit} is {unit_state.get('ActiveState')} for {age:.0f} s, restarted by systemd {restarts} times"
    return Finding("fleet-runs", service, passed, seen, f"journalctl -u {unit} -n 50")


def read_state(service: str) -> dict[str, Any]:
    """What lhctl remembers of the service; empty when it was never released."""
    try:
        stored = json.loads((STATE / f"{service}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def service_findings(services: list[dict[str, Any]], name: str, port: int) -> Iterator[Finding]:
    """All checks of all services."""
    for service in services:
        state = read_state(service["name"])
        if not state:
            yield Finding(
                "service-ready",
                service["name"],
                False,
                "was never released here",
                "ansible-playbook playbooks/services.yml",
            )
            continue
        yield service_ready(service["name"], name, port, state)
        yield links_match(service["name"], state)
        if service["fleet"]:
            yield fleet_runs(service["name"], state)
