"""longhouse_units: units follow the files they read, whichever run wrote them."""

from __future__ import annotations

import json
import os
import runpy
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins import ROOT

Run = Callable[..., dict[str, Any]]

# Stands in for systemd at its command line: answers `show` from a file and writes down every other call.
SYSTEMCTL = """#!/usr/bin/env python3
import json, pathlib, sys
here = pathlib.Path(__file__).parent
if sys.argv[1] != "show":
    with (here / "calls").open("a") as log:
        print(*sys.argv[1:], file=log)
    sys.exit(0)
states = json.loads((here / "states").read_text())
names = [word for word in sys.argv[2:] if not word.startswith("--")]
print("\\n\\n".join("\\n".join(f"{k}={v}" for k, v in states[name].items()) for name in names))
"""


class Systemd:
    """Units with their states, and what was asked of them."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.states: dict[str, dict[str, str]] = {}
        (place / "systemctl").write_text(SYSTEMCTL)
        (place / "systemctl").chmod(0o755)
        (place / "journalctl").symlink_to("/bin/true")

    def add(self, name: str, *, age: float = 60, **properties: str) -> None:
        """A loaded, running, enabled unit started `age` seconds ago, unless told otherwise."""
        moment = datetime.fromtimestamp(time.time() - age, UTC).strftime("%a %Y-%m-%d %H:%M:%S.%f UTC")
        state = {"Id": name, "LoadState": "loaded", "ActiveState": "active", "UnitFileState": "enabled"}
        state |= {"NeedDaemonReload": "no", "InactiveExitTimestamp": moment, "StateChangeTimestamp": moment}
        self.states[name] = state | {"FragmentPath": "/usr/lib/systemd/x", "DropInPaths": ""} | properties
        (self.place / "states").write_text(json.dumps(self.states))

    def calls(self) -> list[str]:
        """Commands other than show, in order."""
        log = self.place / "calls"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def systemd(tmp_path: Path) -> Systemd:
    return Systemd(tmp_path)


@pytest.fixture
def settle(run_module: Run, systemd: Systemd) -> Run:
    path = f"{systemd.place}:{os.environ['PATH']}"

    def run(*units: dict[str, Any], check: bool = False) -> dict[str, Any]:
        return run_module("longhouse_units", units=list(units), check=check, environment={"PATH": path})

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration file that was just written."""
    path = tmp_path / "daemon.conf"
    path.write_text("x")
    return path


def test_a_unit_that_is_as_wanted_is_left_alone(systemd: Systemd, settle: Run, file: Path) -> None:
    os.utime(file, (time.time() - 120,) * 2)
    systemd.add("a.service")
    unit = {"name": "a.service", "enabled": True, "restart_on": [str(file)], "reload_on": [str(file)]}
    assert settle(unit)["changed"] is False
    assert systemd.calls() == []


def test_a_file_newer_than_the_start_restarts(systemd: Systemd, settle: Run, file: Path) -> None:
    systemd.add("a.service")
    assert settle({"name": "a.service", "restart_on": [str(file)], "reload_on": [str(file)]})["changed"] is True
    assert systemd.calls() == ["restart a.service"]


def test_a_file_newer_than_the_reload_reloads(systemd: Systemd, settle: Run, file: Path) -> None:
    systemd.add("a.service")
    settle({"name": "a.service", "reload_on": [str(file)]})
    assert systemd.calls() == ["reload a.service"]


def lhctl(systemd: Systemd, script: str) -> None:
    """What `lhctl` does on this host, as a line of shell."""
    program = systemd.place / "lhctl"
    program.write_text(f"#!/bin/sh\necho lhctl $* >> {systemd.place}/calls\n{script}\n")
    program.chmod(0o755)


GENTLY = "lhctl hold --seconds 40 -- systemctl restart a.service"


@pytest.mark.parametrize(
    ("script", "calls"),
    [
        pytest.param("exit 0", [GENTLY], id="requests wait"),
        pytest.param("exit 1", [GENTLY, "restart a.service"], id="they cannot"),
    ],
)
def test_a_gentle_restart_lets_requests_wait_and_comes_anyway(
    systemd: Systemd, settle: Run, file: Path, script: str, calls: list[str]
) -> None:
    lhctl(systemd, script)
    systemd.add("a.service")
    found = settle({"name": "a.service", "restart_on": [str(file)], "gently": True})
    assert found["actions"] == ["restart a.service"]
    assert systemd.calls() == calls


def test_a_host_that_serves_nothing_yet_restarts_at_once(systemd: Systemd, settle: Run, file: Path) -> None:
    systemd.add("a.service")
    settle({"name": "a.service", "restart_on": [str(file)], "gently": True})
    assert systemd.calls() == ["restart a.service"]


def test_a_check_holds_nobody(systemd: Systemd, settle: Run, file: Path) -> None:
    lhctl(systemd, "exit 0")
    systemd.add("a.service")
    settle({"name": "a.service", "restart_on": [str(file)], "gently": True}, check=True)
    assert systemd.calls() == []


def test_a_stopped_unit_is_enabled_and_started_once(systemd: Systemd, settle: Run, file: Path) -> None:
    systemd.add("a.service", ActiveState="inactive", UnitFileState="disabled")
    settle({"name": "a.service", "enabled": True, "restart_on": [str(file)]})
    assert systemd.calls() == ["enable a.service", "start a.service"]


def test_an_unwanted_unit_is_disabled_and_stopped(systemd: Systemd, settle: Run) -> None:
    systemd.add("a.service")
    settle({"name": "a.service", "state": "stopped", "enabled": False})
    assert systemd.calls() == ["disable a.service", "stop a.service"]


def test_changed_definitions_are_read_first(systemd: Systemd, settle: Run) -> None:
    systemd.add("a.service", ActiveState="inactive", NeedDaemonReload="yes")
    settle({"name": "a.service"})
    assert systemd.calls() == ["daemon-reload", "start a.service"]


def test_a_check_says_what_would_be_done_and_does_nothing(systemd: Systemd, settle: Run, file: Path) -> None:
    systemd.add("a.service")
    assert settle({"name": "a.service", "restart_on": [str(file)]}, check=True)["actions"] == ["restart a.service"]
    assert systemd.calls() == []


def test_a_missing_unit_is_an_error_unless_it_is_to_be_stopped(systemd: Systemd, settle: Run) -> None:
    systemd.add("gone.service", LoadState="not-found", ActiveState="inactive")
    assert "package installed" in settle({"name": "gone.service"})["msg"]
    assert settle({"name": "gone.service", "state": "stopped", "enabled": False})["changed"] is False


@pytest.mark.parametrize(
    ("restarts", "files"), [(True, ["/a", "/etc/systemd/system/a.service.d/b.conf"]), (False, ["/a"])]
)
def test_a_unit_that_is_not_restarted_for_its_own_files_still_is_for_others(restarts: bool, files: list[str]) -> None:
    module = runpy.run_path(str(ROOT / "roles/catalogue/library/longhouse_units.py"))
    state = {"FragmentPath": "/usr/lib/systemd/a", "DropInPaths": "/etc/systemd/system/a.service.d/b.conf"}
    assert module["restarting_files"]({"restart_on": ["/a"], "restart_for_unit": restarts}, state) == files
