"""Runs on the host: starts `lhctl converge` and kills it with SIGKILL while it is in the step named as argument."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

EVENTS = Path("/var/lib/longhouse/releases.jsonl")
STATE = Path("/var/lib/longhouse/echo.json")
DEADLINE_SECONDS = 60


def main() -> None:
    """Print `killed` or, when the step never came, `missed`."""
    step = sys.argv[1]
    run = subprocess.Popen(
        ["/usr/local/bin/lhctl", "converge", "--only", "echo", "--foreground"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + DEADLINE_SECONDS
    while run.poll() is None and time.monotonic() < end:
        unfinished = json.loads(STATE.read_text()).get("unfinished") or {}
        if unfinished.get("current") == step:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            sys.stdout.write("killed\n")
            return
    run.wait()
    sys.stdout.write("missed\n")


if __name__ == "__main__":
    main()
