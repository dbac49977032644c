"""Sandbox hosts for real: two side by side, a reboot, calls killed half way, and nothing left when they are gone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from control import layout
from control.layout import HostFolder
from control.processes import Process
from control.sandbox.names import interface, machine_name

A, B = "lifecycle-a", "lifecycle-b"
NOTHING: dict[str, list[str]] = {kind: [] for kind in ("processes", "mounts", "links", "groups", "files", "nft")}
COMMAND = [sys.executable, "-P", "-m", "control"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(layout.REPOSITORY)}


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments], env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def _call(*arguments: str) -> dict[str, Any]:
    with _start(*arguments, "--json") as process:
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    result: dict[str, Any] = json.loads(output)
    return result


def _on(host: dict[str, Any], command: str) -> str:
    ssh = [*host["ssh"], command]
    return subprocess.run(ssh, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


def _wait_for(host: dict[str, Any], command: str, patience: float = 30.0) -> str:
    """Output of `command` once the host answers again."""
    ssh = [host["ssh"][0], "-o", "ConnectTimeout=1", "-o", "BatchMode=yes", *host["ssh"][1:], command]
    deadline = time.monotonic() + patience
    while True:
        answer = subprocess.run(ssh, capture_output=True, text=True, timeout=30, check=False)
        if answer.returncode == 0:
            return answer.stdout.strip()
        assert time.monotonic() < deadline, answer.stderr
        time.sleep(0.1)


def _family(name: str) -> list[Process]:
    """The host's keeper and three generations below it, the last of them the host's init."""
    family = generation = [Process(**json.loads(HostFolder(name).keeper.read_text()))]
    for _ in range(3):
        generation = [child for process in generation for child in process.children()]
        family = family + generation
    return family


def _traces(*names: str) -> dict[str, list[str]]:
    """Everything on this machine that belongs to the hosts."""
    machines = [machine_name(name) for name in names]
    needles = [*machines, *(f"{layout.HOSTS}/{name}/" for name in names), *(f"keeper {name}" for name in names)]
    nft = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout
    links = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout
    groups = [str(path) for machine in machines for path in Path("/sys/fs/cgroup").glob(f"*/longhouse/{machine}")]
    files = [path for name in names for path in layout.HOSTS.glob(f"{name}*")]
    return {
        "processes": [line for line in _command_lines() if any(needle in line for needle in needles)],
        "mounts": [line for line in Path("/proc/mounts").read_text().splitlines() if any(n in line for n in needles)],
        "links": [name for name in map(interface, names) if name in links],
        "groups": groups,
        "files": [str(path) for path in [*files, *(layout.MACHINE / machine for machine in machines)] if path.exists()],
        "nft": [line for line in nft.splitlines() if any(machine in line for machine in machines)],
    }


def _command_lines() -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return lines


@pytest.fixture(scope="module")
def hosts() -> Iterator[dict[str, dict[str, Any]]]:
    """Two hosts, booted at the same moment."""
    _call("down", "--host", A)
    _call("down", "--host", B)
    started = {name: _start("boot", "--host", name, "--json") for name in (A, B)}
    booted = {}
    for name, process in started.items():
        output, errors = process.communicate(timeout=180)
        assert process.returncode == 0, errors
        booted[name] = json.loads(output)
    yield booted
    for name in (A, B):
        _call("down", "--host", name)


def test_two_hosts_booted_at_once_are_two_hosts(hosts: dict[str, dict[str, Any]]) -> None:
    seen = {
        name: _on(host, "hostname; cat /etc/machine-id; cat /etc/ssh/ssh_host_*.pub") for name, host in hosts.items()
    }
    assert seen[A].split()[0] == A
    assert seen[B].split()[0] == B
    assert not set(seen[A].split()[:2]) & set(seen[B].split()[:2])
    assert hosts[A]["address"] != hosts[B]["address"]
    assert seen[A].split()[3] != seen[B].split()[3]


def test_hosts_reach_each_other_and_each_others_services_stay_apart(hosts: dict[str, dict[str, Any]]) -> None:
    assert _on(hosts[A], f"exec 3<>/dev/tcp/{hosts[B]['address']}/22; head -c 4 <&3") == "SSH-"
    _on(hosts[A], "systemd-run --quiet --unit=longhouse-same.service sleep 300")
    _on(hosts[B], "systemd-run --quiet --unit=longhouse-same.service sleep 300")
    _on(hosts[A], "systemctl stop longhouse-same.service")
    assert _on(hosts[B], "systemctl is-active longhouse-same.service") == "active"
    assert "longhouse-same" not in _on(hosts[A], "find /sys/fs/cgroup -name '*same*'")


def test_a_host_reaches_what_this_machine_reaches(hosts: dict[str, dict[str, Any]]) -> None:
    find_mirror = "sed -n 's#^deb [a-z]*://\\([^/ ]*\\).*#\\1#p' /etc/apt/sources.list | head -n 1"
    assert _on(hosts[A], f"getent hosts $({find_mirror})")


def test_booting_again_reuses_the_running_host(hosts: dict[str, dict[str, Any]]) -> None:
    before = _on(hosts[A], "cat /proc/sys/kernel/random/boot_id; ps -o lstart= -p 1 2>/dev/null || stat -c %Y /proc/1")
    started = time.monotonic()
    assert _call("boot", "--host", A)["address"] == hosts[A]["address"]
    assert time.monotonic() - started < 10
    assert (
        _on(hosts[A], "cat /proc/sys/kernel/random/boot_id; ps -o lstart= -p 1 2>/dev/null || stat -c %Y /proc/1")
        == before
    )


def test_a_reboot_brings_the_host_back_with_address_and_disk(hosts: dict[str, dict[str, Any]]) -> None:
    before = _on(hosts[A], "echo kept > /root/kept; stat -c %Z /proc/1")
    keeper, _, nspawn, *_ = _family(A)
    subprocess.run([*hosts[A]["ssh"], "systemctl reboot"], check=False, capture_output=True, timeout=30)
    assert nspawn.gone_within(30)
    assert keeper.alive()
    after = _wait_for(hosts[A], "systemctl is-system-running --wait >/dev/null; cat /root/kept; stat -c %Z /proc/1")
    assert after.split()[0] == "kept"
    assert after.split()[1] != before
    assert _on(hosts[A], f"exec 3<>/dev/tcp/{hosts[B]['address']}/22; head -c 4 <&3") == "SSH-"


@pytest.mark.parametrize("killed", [0, 1, 2, 3], ids=["unshare", "keeper", "nspawn", "init"])
def test_a_host_that_loses_one_process_of_its_keeping_ends_and_boots_again_from_its_disk(
    hosts: dict[str, dict[str, Any]], killed: int
) -> None:
    _on(hosts[B], "echo kept > /root/kept; sync")
    family = _family(B)
    family[killed].kill()
    assert all(process.gone_within(10) for process in family)
    assert _call("boot", "--host", B)["address"] == hosts[B]["address"]
    assert _on(hosts[B], "cat /root/kept") == "kept"


@pytest.mark.parametrize("moment", ["", "sandbox.json", "keeper.json"])
def test_a_call_killed_half_way_can_be_made_again(moment: str) -> None:
    name = "lifecycle-killed"
    process = _start("boot", "--host", name, "--json")
    while not (HostFolder(name).root / moment).exists():
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    booted = _call("boot", "--host", name)
    assert _on(booted, "systemctl is-system-running") == "running"
    _call("down", "--host", name)
    assert _traces(name) == NOTHING


def test_removed_hosts_leave_nothing_behind(hosts: dict[str, dict[str, Any]]) -> None:
    kept_open = ["-o", "ControlMaster=auto", "-o", "ControlPersist=600"]
    for name, host in hosts.items():
        socket = layout.MACHINE / machine_name(name) / "%C"
        subprocess.run(
            [*host["ssh"][:-1], *kept_open, "-o", f"ControlPath={socket}", host["ssh"][-1], "true"], check=True
        )
    present = _traces(A, B)
    assert all(present[kind] for kind in ("processes", "links", "groups", "files"))
    addresses = [host["address"] for host in hosts.values()]
    for name in hosts:
        # A host that went silent says no goodbye to connections that were kept open.
        subprocess.run(["ip", "link", "set", "dev", interface(name), "down"], check=True)
        _call("down", "--host", name)
    assert _traces(A, B) == NOTHING
    table = subprocess.run(["nft", "list", "table", "ip", "longhouse"], capture_output=True, text=True, check=False)
    assert not {address for address in addresses if re.search(rf"\b{re.escape(address)}\b", table.stdout)}
