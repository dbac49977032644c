"""Check of the edge's process: does it run with what is on disk?"""

from __future__ import annotations

import os
from pathlib import Path

from ansible.module_utils.longhouse_findings import Finding

PID_FILE = Path("/run/nginx.pid")
SETTINGS = Path("/etc/nginx/conf.d")
# The kernel tells start times in ticks since a boot time that is only exact to the second.
SLACK_SECONDS = 2


def edge_current() -> Finding:
    """Nginx's workers are younger than its files: a reload that failed keeps the old workers and says nothing."""
    ask = "nginx -t; journalctl -u nginx -t nginx -n 20"
    try:
        master = PID_FILE.read_text(encoding="ascii").strip()
        workers = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
        youngest = max(started(worker) for worker in workers)
    except (OSError, ValueError) as error:
        return Finding("edge-current", "nginx", False, f"does not run: {error}", "systemctl status nginx")
    written = max(path.stat().st_mtime for path in (SETTINGS, *SETTINGS.glob("longhouse-*")))
    passed = written < youngest + SLACK_SECONDS
    detail = "runs with the files on disk" if passed else "did not take the files on disk at its last reload"
    return Finding("edge-current", "nginx", passed, detail, ask)


def started(process: str) -> float:
    """Seconds since the epoch at which a process was started."""
    # The name in field 2 may hold spaces; the 22nd field is the 20th after it.
    ticks = int(Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
    return boot_time() + ticks / os.sysconf("SC_CLK_TCK")


def boot_time() -> float:
    """Seconds since the epoch at which the kernel's ticks began."""
    lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("btime")))
