"""A sandbox host with the echo services, reached as its contract file says."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.waiting import eventually
from tests.releases.clients import Clients

HERE = Path(__file__).parent
# A setting that changes nothing but the configuration.
HARMLESS = "ECHO_ROUND"
ENVIRONMENT = "/etc/longhouse/echo/env"
STOP = "/run/echo-traffic-stops"
# The host may be at its nightly upgrades.
WAIT = "--wait 300"
# Time for the traffic to have seen both before and after.
MARGIN_SECONDS = 1


class EchoHost:
    """Commands on the host."""

    def __init__(self, ssh: list[str]) -> None:
        self.ssh = ssh
        self.faulty = False
        self.lives_with_a_fault = False

    def run(self, command: str, stdin: str = "", *, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a shell command as root; `ok=False` leaves its status to the caller."""
        result = subprocess.run([*self.ssh, command], input=stdin, capture_output=True, text=True, check=False)
        assert not ok or result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
        return result

    def script(self, name: str, *arguments: object) -> str:
        """Run a Python file of this folder there."""
        words = " ".join(str(argument) for argument in arguments)
        return self.run(f"python3 - {words}", (HERE / name).read_text()).stdout.strip()

    def converge(self, *, ok: bool = True) -> dict[str, Any]:
        """`lhctl converge` for echo; its result."""
        result = dict(json.loads(self.run("lhctl converge --only echo --json --wait 60", ok=ok).stdout))
        self.lives_with_a_fault = self.faulty and not result["failed"]
        return result

    def deploy(self, version: str, how: str = "", *, ok: bool = True) -> dict[str, Any]:
        """Release the same code under another version name; its result."""
        self.copy(version)
        return self.release(version, how, ok=ok)

    def release(self, version: str, how: str = "", *, ok: bool = True) -> dict[str, Any]:
        """Release a version that is there; its result."""
        command = f"lhctl deploy echo --version {version} --force --json {WAIT} {how}"
        return dict(json.loads(self.run(command, ok=ok).stdout))

    def go_back(self) -> dict[str, Any]:
        return dict(json.loads(self.run(f"lhctl rollback echo --json {WAIT}").stdout))

    def begin(self, version: str, how: str) -> subprocess.Popen[str]:
        """Begin what `deploy` does and leave it to itself."""
        self.copy(version)
        command = [*self.ssh, f"lhctl deploy echo --version {version} --force {how}"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)

    def copy(self, version: str) -> None:
        """The serving release once more, under another version name."""
        copy = f"cp -al $(readlink -f /opt/longhouse/echo/{self.status()['active']}) {version} && cd {version}"
        mark = f"rm release.env && echo RELEASE={version} > release.env"
        self.run(f"cd /opt/longhouse/echo/releases && rm -rf {version} && {copy} && {mark}")

    def events(self, since: float) -> list[dict[str, Any]]:
        """What lhctl recorded of echo after `since` (seconds since the epoch, as the host sees them)."""
        lines = self.run("tail -n 5000 /var/lib/longhouse/releases.jsonl").stdout.splitlines()
        found = [event for event in map(json.loads, lines) if event["service"] == "echo"]
        return [event for event in found if datetime.fromisoformat(event["time"]).timestamp() > since]

    def await_share(self, count: int) -> None:
        """Wait until a canary has `count` links."""
        eventually(lambda: count in self.status()["weights"].values(), within=60, what=f"canary of {count} links")

    def configure(self, **settings: object) -> None:
        """Change the environment of echo: a change that every release takes up. Earlier changes go."""
        self.faulty = any(key != HARMLESS for key in settings)
        lines = "".join(f'{key}="{value}"\n' for key, value in settings.items())
        self.run(f"cp -n {ENVIRONMENT} /root/echo.env; cat /root/echo.env - > {ENVIRONMENT}", lines)

    def sql(self, query: str) -> str:
        """Ask echo's database as its owner."""
        return self.run(
            f"runuser -u postgres -- psql -qAt longhouse_echo -c 'SET ROLE owner_echo' -c \"{query}\""
        ).stdout

    def status(self) -> dict[str, Any]:
        services = json.loads(self.run("lhctl status --json").stdout)["services"]
        return next(service for service in services if service["name"] == "echo")

    @contextmanager
    def traffic(self) -> Iterator[dict[str, Any]]:
        """Requests through the links during the block and a little before and after; the result is there afterwards."""
        result: dict[str, Any] = {}
        self.run(f"rm -f {STOP}")
        with subprocess.Popen(
            [*self.ssh, f"python3 - {STOP}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            process.stdin.write((HERE / "traffic.py").read_text())
            process.stdin.close()
            time.sleep(MARGIN_SECONDS)
            try:
                yield result
                time.sleep(MARGIN_SECONDS)
            finally:
                self.run(f"touch {STOP}")
            assert process.stdout is not None
            result.update(json.loads(process.stdout.read()))


@pytest.fixture(scope="session")
def host() -> EchoHost:
    """LONGHOUSE_HOST names a sandbox host that was provisioned with tests/fixtures/echo-catalogue.yml."""
    found = EchoHost(_contract()["ssh"])
    # An earlier session may have ended with a fault, or after a rollback, which holds the version it left.
    found.run(f"! grep -q ECHO_ {ENVIRONMENT} || cp /root/echo.env {ENVIRONMENT}")
    found.run("lhctl deploy echo --force --wait 60")
    return found


def _contract() -> dict[str, Any]:
    state = Path(os.environ.get("LONGHOUSE_STATE", ".longhouse"))
    return dict(json.loads((state / "hosts" / f"{os.environ['LONGHOUSE_HOST']}.json").read_text()))


@pytest.fixture
def clients() -> Clients:
    """Through the edge; a `with` block of it is under load."""
    contract = _contract()
    return Clients(contract["base_url"], contract["ca_file"])


@pytest.fixture(autouse=True)
def _as_found(host: EchoHost) -> Iterator[None]:
    """Each test leaves echo live and without a fault; which release and which round it is matters to none."""
    yield
    if host.faulty:
        host.configure()
    if host.lives_with_a_fault:
        assert host.converge()["failed"] == []
