"""A release run that is killed at any step leaves the site serving, and the next run goes on or takes back."""

from __future__ import annotations

import os
import time

import pytest

from tests.releases.conftest import EchoHost

EVERY_STEP = (
    "install", "assign", "preflight", "migrate", "setup", "start", "smoke", "enable", "switch", "verify", "watch",
    "drain", "handover", "settle", "finish",
)  # fmt: skip
# Those during which most is half done; LONGHOUSE_RELEASES=<number> asks for the long form, with all of them.
STEPS = EVERY_STEP if os.environ.get("LONGHOUSE_RELEASES") else ("preflight", "start", "watch", "handover")
# Too short to be hit from outside every time (a change of configuration migrates nothing); the unit tests cut them off
# exactly.
INSTANT = {"install", "migrate", "enable", "switch", "finish"}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(host: EchoHost, step: str) -> None:
    before = host.status()
    host.configure(ECHO_ROUND=time.time())
    with host.traffic() as traffic:
        outcome = host.script("kill_at.py", step)
        assert outcome == "killed" or step in INSTANT
        if outcome == "killed":
            assert host.status()["unfinished"] == step
        result = host.converge()
    assert result["failed"] == []
    assert traffic["failures"] == []
    after = host.status()
    assert (after["state"], after["unfinished"]) == ("live", None)
    assert after["active"] != before["active"], "the change was not released"
    assert sum(after["weights"].values()) == 20
    assert host.converge()["changed"] == []


def test_both_colours_after_a_kill_do_not_both_run_beat(host: EchoHost) -> None:
    """Killed before the hand-over, two fleets run; the lock still lets one scheduler work at a time."""
    lock = "/run/longhouse/echo/beat.lock"
    holder = f"runuser -u longhouse_echo -- flock --no-fork {lock} sleep 3 & sleep 0.5; "
    second = host.run(holder + f"runuser -u longhouse_echo -- flock --nonblock --no-fork {lock} true", ok=False)
    assert second.returncode == 1
