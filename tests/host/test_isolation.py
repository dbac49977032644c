"""As the user of one service nothing of another can be read or reached: all pairs, as the host has them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

PROGRAMS = ("isolation_ground", "isolation_stores", "isolation_probe")
WHAT = {
    "files": "configuration, secrets, releases, sockets and state of another service",
    "files_from_inside": "the same, seen from the sandbox of the service's own unit",
    "processes": "environment, memory, files and signals of another service's processes",
    "sockets": "a socket that is neither its own nor shared",
    "ports": "a port that its settings do not name",
    "databases": "another service's database, by any role",
    "redis": "another service's keys, or a command about everybody's",
    "broker": "another service's queues, or an event in its name",
    "secrets": "another service's encrypted credentials",
    "units": "another service's units",
}


@pytest.fixture(scope="module")
def found(host: Host) -> dict[str, Any]:
    """What the probe could do, as `isolation_probe.py` prints it."""
    files = {name: Path(__file__).with_name(f"{name}.py").read_bytes() for name in PROGRAMS}
    place = host.check_output("mktemp -d")
    for name, content in files.items():
        text = base64.b64encode(content).decode()
        host.check_output(f"mkdir -p {place}/tests/host && echo {text} | base64 -d > {place}/tests/host/{name}.py")
    # The probes become other users, who must not need the folder any more by then.
    found = host.check_output(f"cd {place} && PYTHONPATH={place} python3 -m tests.host.isolation_probe; rm -r {place}")
    answer: dict[str, Any] = json.loads(found)
    return answer


def test_every_user_is_tried_with_every_other_service(found: dict[str, Any]) -> None:
    assert found["pairs"] >= 2
    assert found.keys() == {"pairs", *WHAT}


@pytest.mark.parametrize("what", WHAT, ids=WHAT.values())
def test_a_service_gets_nothing_of_another(found: dict[str, Any], what: str) -> None:
    assert found[what] == []
