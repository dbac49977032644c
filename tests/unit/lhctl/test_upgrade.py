"""Upgrades: no daemon restarts with its package, and each that runs old files is replaced in its own way, in order."""

from __future__ import annotations

import os
import subprocess
from argparse import Namespace
from pathlib import Path

import pytest

from lhctl import upgrading
from lhctl.daemons import restart_at_once, restart_behind_hold, succeed_nginx
from lhctl.errors import RefusedError
from lhctl.quiet_packages import daemons_left_alone
from lhctl.restarting import restart
from tests.unit.lhctl.fakes import World

BATCH = """NEEDRESTART-VER: 3.11
NEEDRESTART-SVC: cron.service
NEEDRESTART-SVC: longhouse-console.service
NEEDRESTART-SVC: longhouse-order-fleet@blue.service
NEEDRESTART-SVC: longhouse-order@blue.service
NEEDRESTART-SVC: nginx.service
NEEDRESTART-SVC: postgresql@17-main.service
NEEDRESTART-SVC: rabbitmq-server.service
NEEDRESTART-SVC: redis-server@cache.service
"""


def test_stores_come_first_and_a_service_is_restarted_once(world: World) -> None:
    world.converge(world.wanted("1"))
    services, daemons = upgrading.sort(world.layout, upgrading.parse(BATCH))
    assert services == ["order"]
    assert [(unit, way) for unit, way, _ in daemons] == [
        ("postgresql@17-main.service", restart_behind_hold),
        ("redis-server@cache.service", restart_behind_hold),
        ("rabbitmq-server.service", restart_at_once),
        ("nginx.service", succeed_nginx),
        ("longhouse-console.service", restart_at_once),
    ]


def asked(policy: Path) -> int:
    return subprocess.run([policy, "nginx.service", "restart"], check=False).returncode


def test_packages_may_touch_no_daemon_while_the_upgrade_lives(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with daemons_left_alone(policy):
        assert asked(policy) == 101
    assert not policy.exists()


def test_a_ban_ends_with_the_process_that_set_it(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with daemons_left_alone(policy):
        left_behind = policy.read_text()
    gone = subprocess.Popen(["true"])
    gone.wait()
    policy.write_text(left_behind.replace(f"kill -0 {os.getpid()} ", f"kill -0 {gone.pid} "))
    policy.chmod(0o755)
    assert asked(policy) == 0
    with daemons_left_alone(policy):
        assert asked(policy) == 101


def test_somebody_elses_ban_is_left_alone(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    with pytest.raises(RefusedError, match="a play installs packages"), daemons_left_alone(policy):
        pass
    assert policy.read_text() == "#!/bin/sh\nexit 101\n"


def test_a_restart_moves_the_same_release_to_the_other_colour_and_keeps_nothing_warm(world: World) -> None:
    world.converge(world.wanted("1"))
    world.remember(world.wanted("1"))
    calls = len(world.units.calls)
    found = restart(world.host, Namespace(services=["order"]), world.recorder)
    assert (found["failed"], found["changed"]) == ([], ["order"])
    assert world.serving() == {"1"}
    assert "longhouse-order@green.service" in world.units.running
    assert "longhouse-order@blue.service" not in world.units.running
    assert not any("migrate" in call for call in world.units.calls[calls:])


def test_a_restart_that_fails_leaves_the_old_processes_serving(world: World) -> None:
    world.converge(world.wanted("1"))
    world.remember(world.wanted("1"))
    world.units.broken["longhouse-order@green"] = "ImportError"
    found = restart(world.host, Namespace(services=["order"]), world.recorder)
    assert found["failed"] == ["order"]
    assert world.serving() == {"1"}
    assert "longhouse-order@blue.service" in world.units.running


def test_what_does_not_run_cannot_be_restarted(world: World) -> None:
    world.remember(world.wanted("1"))
    with pytest.raises(RefusedError, match="order does not run"):
        restart(world.host, Namespace(services=["order"]), world.recorder)
