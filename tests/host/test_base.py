"""What role base promises: accounts, directories, a journal that keeps everything, time, upgrades, groups of units."""

from __future__ import annotations

from typing import Any

import pytest


def accounts(host: Any, prefix: str) -> list[str]:
    """System users whose name begins so."""
    return [line.split(":")[0] for line in host.check_output("getent passwd").splitlines() if line.startswith(prefix)]


def test_service_accounts_cannot_log_in_and_own_nothing(host: Any) -> None:
    users = accounts(host, "longhouse_") + accounts(host, "migrate_")
    assert users
    for user in users:
        account = host.user(user)
        assert account.shell == "/usr/sbin/nologin"
        assert account.uid < 1000
        assert account.password in {"!", "!*", "*"}


def test_every_service_may_read_what_is_shared(host: Any) -> None:
    for user in accounts(host, "longhouse_"):
        assert "longhouse-redis-state" in host.user(user).groups, user


def test_credentials_are_root_s_alone(host: Any) -> None:
    folder = host.file("/etc/longhouse/credentials")
    assert (folder.user, folder.group, folder.mode) == ("root", "root", 0o700)


def test_the_journal_keeps_every_line_over_a_reboot(host: Any) -> None:
    assert host.file("/var/log/journal").is_directory
    settings = host.check_output("systemd-analyze cat-config systemd/journald.conf")
    # A later file wins.
    in_force = dict(line.split("=", 1) for line in settings.splitlines() if "=" in line and not line.startswith("#"))
    assert (in_force["RateLimitIntervalSec"], in_force["Storage"]) == ("0", "persistent")


def test_the_host_runs_on_utc(host: Any) -> None:
    assert host.check_output("date +%Z") == "UTC"


def test_no_neighbour_tells_the_host_another_way(host: Any) -> None:
    for setting in ("ipv4/conf/*/accept_redirects", "ipv4/conf/*/send_redirects", "ipv6/conf/*/accept_redirects"):
        values = host.check_output(f"grep -H . /proc/sys/net/{setting}").splitlines()
        assert len(values) > 2  # all, default, and the interfaces
        assert [line for line in values if not line.endswith(":0")] == []


def test_security_upgrades_and_only_those_come_by_themselves(host: Any) -> None:
    settings = host.check_output("apt-config dump")
    assert 'APT::Periodic::Unattended-Upgrade "1"' in settings
    origins = [line for line in settings.splitlines() if line.startswith("Unattended-Upgrade::Origins-Pattern:: ")]
    assert origins
    assert all("label=Debian-Security" in line for line in origins)
    assert host.service("apt-daily-upgrade.timer").is_enabled
    assert "$nrconf{restart} = 'l';" in host.file("/etc/needrestart/conf.d/longhouse.conf").content_string


def test_daemons_may_be_started_by_packages_again(host: Any) -> None:
    assert not host.file("/usr/sbin/policy-rc.d").exists


@pytest.mark.parametrize("kind", ["web", "worker", "data", "observability"])
def test_slices_are_known(host: Any, kind: str) -> None:
    shown = host.check_output(f"systemctl show -p LoadState,CPUWeight longhouse-{kind}.slice")
    assert "LoadState=loaded" in shown
    assert "CPUWeight=[not set]" not in shown


def test_the_target_of_all_services_is_up(host: Any) -> None:
    assert host.service("longhouse.target").is_enabled
    assert host.service("longhouse.target").is_running


def test_keys_and_nothing_else_let_people_in(host: Any) -> None:
    said = dict(line.split(" ", 1) for line in host.check_output("sshd -T").splitlines() if " " in line)
    assert (said["passwordauthentication"], said["kbdinteractiveauthentication"]) == ("no", "no")
    assert said["permitrootlogin"] in {"without-password", "prohibit-password"}
