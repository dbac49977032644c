"""The Units port on systemctl, journalctl and systemd-run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence

from lhctl.errors import StepFailedError
from lhctl.ports import UnitState

_PROPERTIES = "Id,ActiveState,SubState,Result,MainPID,NRestarts,UnitFileState,NeedDaemonReload"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program; its status is for the caller to judge."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Systemd:
    """Implements lhctl.ports.Units."""

    def reload(self) -> None:
        self._must("daemon-reload")

    def start(self, *units: str) -> None:
        # A unit that waits to be restarted, or gave up, would make start wait or refuse; this try begins anew.
        run("systemctl", "reset-failed", *units)
        begun = time.time()
        if run("systemctl", "start", *units).returncode == 0:
            return
        states = self.states(*units)
        failed = next((unit for unit in units if not _succeeded(states[unit])), units[0])
        state = states[failed]
        raise StepFailedError(
            f"{failed} did not start ({state.active}, {state.result})", unit=failed, log=self.log(failed, since=begun)
        )

    def stop(self, *units: str) -> None:
        result = run("systemctl", "stop", *units)
        # systemctl objects to units it has no file for; what counts is that nothing runs.
        running = [unit for unit, state in self.states(*units).items() if state.active not in {"inactive", "failed"}]
        if running:
            raise StepFailedError(f"{running[0]} did not stop: {result.stderr.strip()}", unit=running[0])

    def enable(self, *units: str) -> None:
        # Without the reload: the links count at the next boot, and reloads are slow on a busy host.
        self._must("enable", "--no-reload", "--quiet", *units)

    def disable(self, *units: str) -> None:
        # One by one: a unit that has no file any more must not keep the others enabled.
        for unit in units:
            run("systemctl", "disable", "--no-reload", "--quiet", unit)

    def states(self, *units: str) -> Mapping[str, UnitState]:
        blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in self._show(units)]
        # Blocks come in the order asked for; Id differs from it only for aliases, which ours never are.
        return {unit: _state(block) for unit, block in zip(units, blocks, strict=True)}

    def stale(self, *units: str) -> bool:
        return any("NeedDaemonReload=yes" in block for block in self._show(units))

    def log(self, unit: str, lines: int = 15, since: float = 0.0) -> list[str]:
        # What the unit said a moment ago may still be on its way to the file.
        run("journalctl", "--sync")
        result = run(
            "journalctl", "--unit", unit, "--lines", str(lines), "--since", f"@{int(since)}", "--no-pager", "--quiet",
            "--output", "short-iso",
        )  # fmt: skip
        return result.stdout.splitlines()

    def make_runtime_folders(self) -> None:
        result = run("systemd-tmpfiles", "--create", "longhouse-services.conf")
        if result.returncode:
            raise StepFailedError(f"systemd-tmpfiles: {result.stderr.strip()}")

    def later(self, name: str, seconds: int, command: Sequence[str]) -> None:
        run("systemctl", "stop", f"{name}.timer")
        result = run("systemd-run", "--quiet", "--collect", f"--unit={name}", f"--on-active={seconds}", *command)
        if result.returncode:
            raise StepFailedError(f"{name}.timer could not be set: {result.stderr.strip()}")

    def _show(self, units: Sequence[str]) -> list[str]:
        return run("systemctl", "show", f"--property={_PROPERTIES}", *units).stdout.strip().split("\n\n")

    def _must(self, verb: str, *arguments: str) -> None:
        result = run("systemctl", verb, *arguments)
        if result.returncode:
            raise StepFailedError(f"systemctl {verb}: {result.stderr.strip()}", unit=next(iter(arguments), ""))


def _succeeded(state: UnitState) -> bool:
    one_shot_done = state.active == "inactive" and state.result == "success"
    return state.running or one_shot_done


def _state(properties: Mapping[str, str]) -> UnitState:
    return UnitState(
        active=properties.get("ActiveState", "inactive"),
        sub=properties.get("SubState", "dead"),
        result=properties.get("Result", "success"),
        main_pid=int(properties.get("MainPID") or 0),
        restarts=int(properties.get("NRestarts") or 0),
        enabled=properties.get("UnitFileState") == "enabled",
    )
