"""What role snapshots promises: timers run, and passwords are nowhere in clear."""

from __future__ import annotations

import json
from typing import Any


def test_its_timers_run_and_start_at_boot(host: Any) -> None:
    for name in ("snapshot", "snapshot-proof"):
        timer = host.service(f"longhouse-{name}.timer")
        assert timer.is_running, name
        assert timer.is_enabled, name


def test_what_it_takes_has_what_a_new_host_needs(host: Any) -> None:
    plan = json.loads(host.file("/etc/longhouse/snapshots.json").content_string)
    assert {"/etc/longhouse", "/opt/longhouse/artifacts", "/var/lib/systemd/credential.secret"} <= set(plan["paths"])
    assert plan["stores"]


def test_passwords_are_nowhere_in_clear(host: Any) -> None:
    folder = "/etc/longhouse/snapshots/restic"
    password = host.run(f"systemd-creds decrypt {folder}/password -").stdout.strip()
    assert len(password) >= 32
    found = host.run(f"grep -rlF -- {password} /etc /run/systemd /usr/local/lib/longhouse")
    assert found.stdout == ""
    assert host.file(folder).mode == 0o700
