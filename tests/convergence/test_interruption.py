"""A run that was killed is continued by the next one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.convergence.site import ROOT, SandboxHost, command, environment, play

KILLS = 3
CONTROL = [sys.executable, "-m", "control"]


@pytest.fixture
def bare_host() -> Iterator[SandboxHost]:
    name = "interrupted"
    subprocess.run([*CONTROL, "down", "--host", name], cwd=ROOT, check=True, capture_output=True)
    subprocess.run([*CONTROL, "boot", "--host", name], cwd=ROOT, check=True, capture_output=True)
    yield SandboxHost.read(name)
    subprocess.run([*CONTROL, "down", "--host", name], cwd=ROOT, check=True, capture_output=True)


def kill_after(host: SandboxHost, seconds: float) -> None:
    """Start the site and kill Ansible, with everything it started on this side, in the middle of whatever it does."""
    running = subprocess.Popen(
        command(host),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def test_a_killed_run_is_continued(bare_host: SandboxHost) -> None:
    seed = int(os.environ.get("LONGHOUSE_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed} (LONGHOUSE_SEED={seed} repeats it)")
    moments = random.Random(seed)
    for _ in range(KILLS):
        kill_after(bare_host, moments.uniform(5, 60))

    run = play(bare_host)
    assert run.status == 0, run.output[-6000:]
    again = play(bare_host)
    assert again.status == 0, again.output[-6000:]
    assert again.changed == []
