"""Runs on the host as root and becomes each service's user in turn; prints as JSON what it could do and must not.

Output: {"pairs": n, "<what>": [finding, …], …}. Needs Python 3.12 (`os.setns`) and python3-amqp, which hosts have.
"""

from __future__ import annotations

import contextlib
import functools
import glob
import itertools
import json
import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.host.isolation_ground import Finding, as_user, output, pairs, processes_of, services, users_of
from tests.host.isolation_stores import broker, databases, redis

# What all services share on purpose. Who may do what behind these is tried below, by pair.
SHARED_SOCKETS = ("/run/postgresql/.s.PGSQL.5432", "/run/redis-cache/redis.sock", "/run/redis-state/redis.sock")
# systemd's own, open to every user of a Debian host: they ask who is calling.
SYSTEM_SOCKETS = ("/run/systemd/", "/run/dbus/system_bus_socket", "/run/ssh-unix-local/socket", "/run/udev/")
ENOUGH = 5
BROKER, INTERNAL_EDGE, HTTPS = 5672, 8080, 443
OF_A_PROCESS = ("environ", "maps", "mem", "cwd", "root", "exe", "fd", "io", "stack")


@functools.cache
def places_of(service: str) -> tuple[str, ...]:
    """Everything on the host that is one service's: configuration, secrets, releases, sockets, state."""
    patterns = (
        "/etc/longhouse/{}", "/etc/longhouse/credentials/{}", "/opt/longhouse/{}", "/opt/longhouse/artifacts/{}-*",
        "/run/longhouse/{}", "/run/longhouse-{}-*", "/run/credentials/longhouse-{}@*",
        "/run/credentials/longhouse-{}-*",
    )  # fmt: skip
    return tuple(path for pattern in patterns for path in glob.glob(pattern.format(service))) + owned_by(service)


def owned_by(service: str) -> tuple[str, ...]:
    """What its users own anywhere; releases, which are root's, are looked at from their top."""
    users = [word for user in users_of(service) for word in ("-o", "-user", user)][1:]
    skipped = ["(", "-path", "/proc", "-o", "-path", "/opt/longhouse", "-o", "-path", "/usr", ")", "-prune"]
    return tuple(output("find", "/", "-xdev", *skipped, "-o", "(", *users, ")", "-print").split())


def readable(places: Sequence[str]) -> Finding:
    """The first few that can be read, at any depth."""
    found: Finding = [place for place in places if os.path.isfile(place) and os.access(place, os.R_OK)]
    for place in places:
        for folder, folders, files in os.walk(place):
            paths = [os.path.join(folder, name) for name in (*files, *folders)]
            found += [path for path in paths if not os.path.islink(path) and os.access(path, os.R_OK)]
            if len(found) > ENOUGH:
                return found[:ENOUGH]
    return found


def connected(places: list[str | tuple[str, int]]) -> Finding:
    """Which of these sockets, by path or by address and port, take a connection."""
    found: Finding = []
    for place in places:
        family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
        with contextlib.suppress(OSError), socket.socket(family) as client:
            client.settimeout(5)
            client.connect(place)
            found.append(place)
    return found


def of_processes(numbers: list[str]) -> Finding:
    found: Finding = []
    for number, name in itertools.product(numbers, OF_A_PROCESS):
        path = f"/proc/{number}/{name}"
        with contextlib.suppress(OSError):
            _look(name, path)
            found.append(path)
    for number in numbers:
        with contextlib.suppress(OSError):
            os.kill(int(number), 0)
            found.append(f"signal {number}")
    return found


def _look(name: str, path: str) -> None:
    if name == "fd":
        os.listdir(path)
    elif name in ("cwd", "root", "exe"):
        os.readlink(path)
    else:
        with open(path, "rb") as file:
            file.read(1)


def files() -> Finding:
    found: Finding = []
    for user, _, other in pairs():
        places = places_of(other)
        if read := as_user(user, readable, places):
            found.append([user, other, *read])
    return found


def files_from_inside() -> Finding:
    found: Finding = []
    for user, _, other in pairs():
        places = places_of(other)
        for process in processes_of(user)[:1]:
            if read := as_user(user, readable, places, sandbox=process):
                found.append([user, other, *read])
    return found


def processes() -> Finding:
    found: Finding = []
    for user, _, other in pairs():
        numbers = processes_of(f"longhouse_{other}")
        if seen := as_user(user, of_processes, numbers):
            found.append([user, other, *seen])
    return found


def sockets() -> Finding:
    listening = {line.split()[4] for line in output("ss", "-xlH").splitlines()}
    paths: list[str | tuple[str, int]] = sorted(path for path in listening if path.startswith("/"))
    found: Finding = []
    for service in services():
        own = (f"/run/longhouse/{service}/", f"/run/longhouse-{service}-", *SYSTEM_SOCKETS, *SHARED_SOCKETS)
        for user in users_of(service):
            reached = as_user(user, connected, paths)
            found += [[user, path] for path in reached if not str(path).startswith(own)]
    return found


def settings(service: str) -> list[tuple[str, str]]:
    lines = [
        line for path in glob.glob(f"/etc/longhouse/{service}/*env") for line in Path(path).read_text().split("\n")
    ]
    return [(key, value.strip().strip('"')) for key, _, value in (line.partition("=") for line in lines)]


def ports() -> Finding:
    numbers = {int(line.split()[3].rpartition(":")[2]) for line in output("ss", "-tlnH").splitlines()}
    addresses = ["127.0.0.1", output("hostname", "-I").split()[0]]
    places: list[str | tuple[str, int]] = [(address, port) for address in addresses for port in sorted(numbers)]
    found: Finding = []
    for service in services():
        named = {int(value) for key, value in settings(service) if key in ("PORT", "METRICS_PORT", "SMTP_PORT")}
        mails = {HTTPS} if any(key == "SMTP_PORT" for key, _ in settings(service)) else set()
        for user in users_of(service):
            allowed = named | mails | {BROKER, INTERNAL_EDGE} if user.startswith("longhouse_") else set()
            reached = as_user(user, connected, places)
            found += [[user, place] for place in reached if place[1] not in allowed]  # type: ignore[index]
    return found


def opens(path: str, sealed: str) -> Finding:
    name = os.path.basename(path)
    return [path] if output("systemd-creds", "decrypt", f"--name={name}", "-", "-", given=sealed.encode()) else []


def secrets() -> Finding:
    found: Finding = []
    for user, _, other in pairs():
        for path in glob.glob(f"/etc/longhouse/credentials/{other}/*"):
            with open(path) as file:
                found += [[user, opened] for opened in as_user(user, opens, path, file.read())]
    return found


def units() -> Finding:
    def commanded(unit: str) -> Finding:
        verbs = (
            ["kill", "--signal=0"],
            ["set-property", "--runtime", unit, "MemoryMax=infinity"],
            ["start"],
            ["reload"],
        )
        lines = [[*verb] if unit in verb else [*verb, unit] for verb in verbs]
        return [
            line
            for line in lines
            if subprocess.run(["systemctl", "--no-ask-password", *line], capture_output=True, check=False).returncode
            == 0
        ]

    found: Finding = []
    for user, _, other in pairs():
        unit = output("systemctl", "list-units", "--plain", "--no-legend", f"longhouse-{other}@*").split()[0]
        if seen := as_user(user, commanded, unit):
            found.append([user, *seen])
    return found


PROBES = (files, files_from_inside, processes, sockets, ports, databases, redis, broker, secrets, units)

if __name__ == "__main__":
    print(json.dumps({"pairs": len(list(pairs()))} | {probe.__name__: probe() for probe in PROBES}))
