"""The host itself goes down."""

from __future__ import annotations

from tests.faults.fault import Fault

_ALL_WELL = """python3 -c "import urllib.request as edge; edge.urlopen(\\"http://127.0.0.1:8080/health\\")" """.strip()
REBOOT = Fault(
    # No unit is asked to stop and nothing is written back first. In a moment, so that the shell that asks can leave.
    "reboot without warning",
    "systemd-run -q --no-block sh -c 'sleep 0.3; systemctl reboot --force --force'",
    # Not `is-system-running`, which also waits for what nobody here needs.
    f"timeout 60 sh -c 'until {_ALL_WELL} 2>/dev/null; do sleep 0.3; done'; true",
    seconds=(2.0, 3.0),
    weight=1,
)
