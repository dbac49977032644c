"""longhouse_preflight: what keeps a host from carrying the platform, read from the host these tests run on."""

from __future__ import annotations

import os
import platform
import runpy
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.longhouse_listeners import Listener, listeners

ROLE = Path(__file__).resolve().parents[3] / "roles" / "catalogue"
Run = Callable[..., dict[str, Any]]

port_problems = runpy.run_path(str(ROLE / "library" / "longhouse_preflight.py"))["port_problems"]


@pytest.fixture
def look(run_module: Run) -> Run:
    def run(**arguments: Any) -> dict[str, Any]:
        sizes = {"release": "13", "memory_mb": 1, "disk_mb": 1, "ports": []}
        return run_module("longhouse_preflight", **(sizes | arguments))

    return run


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], ids=["v4", "v6"])
def taken_port(request: pytest.FixtureRequest) -> Iterator[int]:
    family, address = request.param
    with socket.create_server((address, 0), family=family) as listener:
        yield listener.getsockname()[1]


def problems(answer: dict[str, Any], beginning: str) -> list[str]:
    assert answer["changed"] is False
    return [line for line in answer["problems"] if line.startswith(beginning)]


def test_another_system_is_named(look: Run) -> None:
    found = platform.freedesktop_os_release()
    assert problems(look(release="99"), "this host runs ") == [
        f"this host runs {found['PRETTY_NAME']}, and Longhouse runs on Debian 99; install that, or choose another host"
    ]


def test_too_little_memory_is_told_with_both_figures(look: Run) -> None:
    answer = look(memory_mb=10**9)
    assert problems(answer, "the host has") == [
        f"the host has {answer['memory_mb']} MiB of memory, and 1000000000 are needed"
    ]
    assert problems(look(), "the host has") == []


def test_too_little_disk_is_told_once_for_each_file_system(look: Run) -> None:
    lines = problems(look(disk_mb=10**12), "/")
    assert len(lines) == len({os.stat(place).st_dev for place in ("/var", "/opt")})
    assert lines[0].startswith("/var has ")
    assert problems(look(), "/") == []


def test_a_host_that_lets_nobody_in_by_key_is_refused(look: Run, tmp_path: Path) -> None:
    for folder, text in (("ada", ""), ("grace", "ssh-ed25519 AAAA grace")):
        assert len(problems(look(ssh_keys=[str(tmp_path / "*/authorized_keys*")]), "no account has a key ")) == 1
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "authorized_keys").write_text(text)
    assert problems(look(ssh_keys=[str(tmp_path / "*/authorized_keys*")]), "no account has a key ") == []


def test_a_taken_port_is_told_with_its_holder(look: Run, taken_port: int) -> None:
    (line,) = problems(look(ports=[{"port": taken_port, "unit": "nginx.service"}]), "port ")
    assert line.startswith(f"port {taken_port} is taken by ")
    assert f"(pid {os.getpid()}" in line
    assert line.endswith("; stop it or move it to another port")


def test_a_connection_is_no_listener(look: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        port = client.getsockname()[1]
        assert problems(look(ports=[{"port": port, "unit": "x"}]), "port ") == []


def test_a_free_port_is_fine(look: Run) -> None:
    with socket.create_server(("localhost", 0)) as listener:
        port = listener.getsockname()[1]
    assert problems(look(ports=[{"port": port, "unit": "x"}]), "port ") == []


HELD_BY_NGINX = Listener(443, "nginx", 7, ("nginx.service",))
HELD_BY_ORDER = Listener(8082, "gunicorn", 8, ("longhouse-order@blue.service",))


@pytest.mark.parametrize(
    ("units", "found", "expected"),
    [
        ({443: "nginx.service"}, HELD_BY_NGINX, []),
        ({8082: "longhouse-*"}, HELD_BY_ORDER, []),
        ({8082: "longhouse-*"}, Listener(8082, "java", 9, ("app.service",)), ["java (pid 9, app.service)"]),
        ({443: "nginx.service"}, Listener(443, "caddy", 9, ()), ["caddy (pid 9)"]),
    ],
)
def test_a_port_may_be_held_by_its_own_unit_alone(units: dict[int, str], found: Listener, expected: list[str]) -> None:
    port = next(iter(units))
    words = [f"port {port} is taken by {holder}; stop it or move it to another port" for holder in expected]
    assert list(port_problems(units, [found, found])) == words


def test_a_process_is_known_by_the_units_around_it(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    line = "0: 0100007F:1F92 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 0 0 {inode} 1 0 100 0 0 10 0"
    rows = [line.format(state="0A", inode=55), line.format(state="01", inode=56)]
    (tmp_path / "net" / "tcp").write_text("heading\n" + "\n".join(rows) + "\n")
    (tmp_path / "8" / "fd").mkdir(parents=True)
    (tmp_path / "8" / "fd" / "3").symlink_to("socket:[55]")
    (tmp_path / "8" / "comm").write_text("gunicorn\n")
    (tmp_path / "8" / "cgroup").write_text("0::/longhouse.slice/longhouse-order@blue.service\n")
    assert listeners({8082}, tmp_path) == [HELD_BY_ORDER]
    assert listeners({8083}, tmp_path) == []
