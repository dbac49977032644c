"""Switching and going back under traffic, and what stays untouched."""

from __future__ import annotations

import json
import time

from tests.releases.conftest import EchoHost


def _pid_of_chorus(host: EchoHost) -> int:
    services = json.loads(host.run("lhctl status --json").stdout)["services"]
    chorus = next(service for service in services if service["name"] == "chorus")
    return int(chorus["releases"][chorus["active"]]["main_pid"])


def test_a_changed_setting_is_released_without_a_failed_request(host: EchoHost) -> None:
    chorus, before = _pid_of_chorus(host), host.status()
    host.configure(ECHO_ROUND=time.time())
    with host.traffic() as traffic:
        assert host.converge()["changed"] == ["echo"]
    assert traffic["failures"] == []
    assert set(traffic["answers"]) == {"blue", "green"}
    assert host.status()["active"] != before["active"]
    assert _pid_of_chorus(host) == chorus


def test_a_new_version_is_released_without_a_failed_request(host: EchoHost) -> None:
    with host.traffic() as traffic:
        assert host.deploy("next")["failed"] == []
    assert traffic["failures"] == []
    assert host.status()["version"] == "next"
    with host.traffic() as traffic:
        assert json.loads(host.run("lhctl rollback echo --json").stdout)["failed"] == []
    assert traffic["failures"] == []
    assert host.status()["version"] != "next"
    assert "next" in host.status()["quarantined"]


def test_the_way_back_is_short(host: EchoHost) -> None:
    host.configure(ECHO_ROUND=time.time())
    host.converge()
    before = host.status()
    with host.traffic() as traffic:
        result = json.loads(host.run("lhctl rollback echo --json").stdout)
    assert result["failed"] == []
    assert traffic["failures"] == []
    assert host.status()["active"] != before["active"]


def test_nothing_to_do_touches_nothing(host: EchoHost) -> None:
    host.converge()
    before = host.status()
    assert host.converge()["changed"] == []
    assert host.status()["releases"] == before["releases"]


def test_a_lost_link_and_a_dead_fleet_are_mended(host: EchoHost) -> None:
    host.converge()
    before = host.status()
    fleet = f"longhouse-echo-fleet@{before['active']}.service"
    host.run(f"rm /run/longhouse/echo/upstream/07; systemctl stop {fleet}")
    result = host.converge()
    assert [service["why"] for service in result["services"] if service["service"] == "echo"] == ["links, fleet"]
    after = host.status()
    assert after["releases"][after["active"]]["main_pid"] == before["releases"][before["active"]]["main_pid"]
    assert host.run("readlink /run/longhouse/echo/upstream/07").stdout.strip().endswith(f"{after['active']}.sock")


def test_links_are_made_again_from_the_state(host: EchoHost) -> None:
    """What longhouse-links.service does at boot, when /run is empty."""
    host.run("rm -r /run/longhouse/echo/upstream && systemctl restart longhouse-links.service")
    active = host.status()["active"]
    assert (
        host.run("readlink /run/longhouse/echo/upstream/*").stdout.split()
        == [f"/run/longhouse/echo/{active}.sock"] * 20
    )
