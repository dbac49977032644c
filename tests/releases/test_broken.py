"""A release that cannot serve never gets a request, says why, and leaves everything as it was."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.releases.conftest import EchoHost


@pytest.fixture
def _impatient(host: EchoHost) -> Iterator[None]:
    """A shorter wait for readiness, by a drop-in of the operator; it counts as configuration like the unit itself."""
    folder = "/etc/systemd/system/longhouse-echo@.service.d"
    wait = "[Service]\\nExecStartPost=\\nExecStartPost=/usr/local/bin/lhctl await-ready --seconds 3\\n"
    host.run(f"mkdir -p {folder} && printf '{wait}' > {folder}/impatient.conf")
    yield
    host.run(f"rm -r {folder}")


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    ("fault", "step"), [("import", "preflight"), ("migration", "migrate"), ("unready", "start")]
)  # fmt: skip
def test_a_broken_release_is_never_live(host: EchoHost, fault: str, step: str) -> None:
    before = host.status()
    host.configure(ECHO_FAULT=fault)
    with host.traffic() as traffic:
        result = host.deploy(f"broken-{fault}", ok=False)
    assert result["failed"] == ["echo"]
    failure = next(service["failure"] for service in result["services"] if service["service"] == "echo")
    assert failure["step"] == step
    assert failure["log"], "the unit's own lines are missing"
    assert traffic["failures"] == []
    after = host.status()
    assert (after["active"], after["releases"][after["active"]]["main_pid"]) == (
        before["active"], before["releases"][before["active"]]["main_pid"],
    )  # fmt: skip
    assert after["unfinished"] is None


def test_a_program_that_keeps_dying_fails_the_fleet(host: EchoHost) -> None:
    """It lives long enough to be called running each time, and still the unit fails in the end."""
    host.configure(ECHO_TICK_SECONDS=4)
    host.converge()
    unit = f"longhouse-echo-fleet@{host.status()['active']}.service"
    deadline = time.monotonic() + 60
    wanted = ("tick ended 5 times", "Failed with result 'exit-code'")
    while not all(text in host.run(f"journalctl -u {unit} -n 60 -o cat").stdout for text in wanted):
        assert time.monotonic() < deadline, "the fleet still pretends to be well"
        time.sleep(1)


def test_a_fleet_that_cannot_start_stops_the_release(host: EchoHost) -> None:
    before = host.status()["active"]
    host.configure(ECHO_TICK_SECONDS=0.1)
    result = host.converge(ok=False)
    failure = next(service["failure"] for service in result["services"] if service["service"] == "echo")
    assert failure["unit"].startswith("longhouse-echo-fleet@")
    assert host.status()["active"] == before
