"""Packages of every store, of the edge and below all services are changed under load, and no client notices."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from tests.convergence.site import SandboxHost
from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.traffic import Traffic

# Each with what it must have the version of; libssl is in every process.
PACKAGES = (
    ("postgresql-17", "postgresql-client-17", "libpq5"),
    ("redis-server", "redis-tools"),
    ("nginx", "nginx-common"),
    ("libssl3t64", "openssl", "openssl-provider-legacy"),
)
DAEMONS = (
    "postgresql@17-main.service",
    "redis-server@cache.service",
    "redis-server@state.service",
    "rabbitmq-server.service",
    "nginx.service",
)
LONGEST_SECONDS = 600


def other_versions(host: SandboxHost) -> list[str]:
    """`package=version` of the oldest that Debian offers, so that there is something to upgrade from."""
    wanted = []
    for group in PACKAGES:
        offered = host.run(f"apt-cache madison {group[0]}").splitlines()
        version = offered[-1].split("|")[1].strip()
        wanted += [f"{package}={version}" for package in group]
    return wanted


def lhctl_upgrade(host: SandboxHost, *command: str) -> str:
    words = " ".join(["lhctl", "upgrade", *(["--", *command] if command else [])])
    done = subprocess.run([*host.ssh, words], capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def stale(host: SandboxHost) -> list[str]:
    """Units of ours that run replaced files; Debian's own may wait for a reboot."""
    lines = host.run("needrestart -b -r l -l").splitlines()
    units = [line.removeprefix("NEEDRESTART-SVC: ") for line in lines if line.startswith("NEEDRESTART-SVC: ")]
    return [unit for unit in units if unit in DAEMONS or unit.startswith("longhouse-")]


@pytest.fixture
def colours(customer: Client) -> Callable[[], dict[str, tuple[str, str]]]:
    def read() -> dict[str, tuple[str, str]]:
        told = {name: customer.get(f"/health/{name}").json() for name in ("user", "order", "notification")}
        return {name: (answer["version"], answer["colour"]) for name, answer in told.items()}

    return read


def test_no_request_fails_while_packages_of_everything_change(
    customer: Client, host: SandboxHost, sandbox: Sandbox, colours: Callable[[], dict[str, tuple[str, str]]]
) -> None:
    before, processes = colours(), host.main_pids(*DAEMONS)
    with Traffic(sandbox, customer.tokens["access_token"]) as traffic:
        lhctl_upgrade(host, "apt-get", "install", "--yes", "--allow-downgrades", "--reinstall", *other_versions(host))
        between = host.main_pids(*DAEMONS)
        lhctl_upgrade(host, "apt-get", "upgrade", "--yes")
    assert traffic.failures == []
    assert traffic.answers[201] > 100

    assert stale(host) == []
    assert [unit for unit in DAEMONS if between[unit] in {0, processes[unit]}] == []
    after = colours()
    assert {name: version for name, (version, _) in after.items()} == {
        name: version for name, (version, _) in before.items()
    }
    # Packages are as Debian has them now.
    assert host.run("apt-get --simulate upgrade | grep -c ^Inst || true").strip() == "0"


def test_nightly_upgrades_take_the_same_way(host: SandboxHost) -> None:
    assert "lhctl upgrade" in host.run("systemctl show --property=ExecStart apt-daily-upgrade.service")
    host.run("systemctl start apt-daily-upgrade.service")
    said = host.run("journalctl --unit apt-daily-upgrade.service --lines 20 --output cat")
    assert "unattended-upgrade" in said
    assert host.run("systemctl show --value --property=Result apt-daily-upgrade.service").strip() == "success"


def test_a_service_is_restarted_through_the_switch(
    customer: Client, host: SandboxHost, sandbox: Sandbox, colours: Callable[[], dict[str, tuple[str, str]]]
) -> None:
    before = colours()
    with Traffic(sandbox, customer.tokens["access_token"]) as traffic:
        host.run("lhctl restart order")
    after = colours()
    assert traffic.failures == []
    assert after["order"][0] == before["order"][0]
    assert after["order"][1] != before["order"][1]
    assert {name: after[name] for name in ("user", "notification")} == {
        name: before[name] for name in ("user", "notification")
    }
