"""What every daemon of the host could do beyond its work, as `systemd-analyze security` counts: it may only go down."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest
from testinfra.host import Host

# Exposure (0 to 10) by the host's systemd (257) that a unit may not pass; the first pattern that fits counts.
# Why one does not go lower stands in its unit or drop-in.
CEILINGS = {
    "longhouse-alert@*": 0.9,
    "longhouse-backup-canary.*": 0.2,
    "longhouse-backup@*": 1.1,
    "longhouse-certificate@*": 1.7,
    "longhouse-console.*": 1.0,
    "longhouse-console-status@*": 2.2,
    "longhouse-firewall.*": 1.4,
    "longhouse-links.*": 1.0,
    "longhouse-mailsink.*": 1.3,
    "longhouse-objectstore.*": 1.1,
    "longhouse-restore-drill.*": 1.1,
    "longhouse-snapshot*": 2.6,
    "longhouse-vulnerabilities.*": 1.1,
    "longhouse-*-fleet@*": 1.2,
    "longhouse-*-contract@*": 0.9,
    "longhouse-*-migrate@*": 0.9,
    "longhouse-*-preflight@*": 0.9,
    "longhouse-*-setup@*": 0.9,
    # Web units.
    "longhouse-*@*": 1.2,
    "epmd.*": 0.9,
    "nginx.*": 2.6,
    "postgresql@*": 1.3,
    "prometheus.*": 0.9,
    "prometheus-alertmanager.*": 1.1,
    "prometheus-blackbox-exporter.*": 0.9,
    "prometheus-nginx-exporter.*": 0.9,
    "prometheus-node-exporter.*": 1.3,
    "prometheus-node-exporter-apt.*": 0.5,
    "prometheus-postgres-exporter.*": 0.9,
    "prometheus-redis-exporter.*": 1.0,
    "rabbitmq-server.*": 1.3,
    "redis-server@*": 0.2,
}
# Further below its ceiling than this, and the ceiling is the number to lower.
SLACK = 0.3
# What Debian runs on every host, also to install packages; and a command of a person, which may change the host.
OTHERS = (
    *("console-getty.*", "dbus.*", "ssh.*", "systemd-*", "user@*", "apt-daily*", "unattended-upgrades.*"),
    *("lhctl-*", "run-*"),
)

# What runs, and what is ours whether it runs now or not; a template is judged as such.
ASK = """
cd /etc/systemd/system
{ systemctl list-units --type=service --state=running --plain --no-legend | cut -d' ' -f1
  ls -d longhouse-*.service
  ls -d *.service.d/*longhouse*.conf | grep -v /longhouse-alert | sed 's#[.]d/.*##'
} | sort -u | xargs systemd-analyze security --no-pager | grep 'Overall exposure level'
"""


@pytest.fixture(scope="module")
def exposure(host: Host) -> dict[str, float]:
    """Exposure of each unit that runs here, or is ours."""
    said = re.findall(r"exposure level for (\S+): ([0-9.]+)", host.check_output(ASK))
    assert said
    return {unit: float(number) for unit, number in said}


def ceiling(unit: str) -> float | None:
    return next((number for pattern, number in CEILINGS.items() if fnmatch(unit, pattern)), None)


def test_every_daemon_has_a_ceiling(exposure: dict[str, float]) -> None:
    strangers = [unit for unit in exposure if not any(fnmatch(unit, pattern) for pattern in OTHERS)]
    assert [unit for unit in strangers if ceiling(unit) is None] == []


def test_no_unit_is_more_exposed_than_it_was(exposure: dict[str, float]) -> None:
    bounds = {unit: ceiling(unit) for unit in exposure}
    assert [(unit, exposure[unit], bound) for unit, bound in bounds.items() if bound is not None
            and exposure[unit] > bound] == []  # fmt: skip


def test_ceilings_follow_the_units_down(exposure: dict[str, float]) -> None:
    bounds = {unit: ceiling(unit) for unit in exposure}
    assert [(unit, exposure[unit], bound) for unit, bound in bounds.items() if bound is not None
            and exposure[unit] < bound - SLACK] == []  # fmt: skip
