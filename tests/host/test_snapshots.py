"""What role snapshots promises: timers run, archives can be read, and passwords are nowhere in clear."""

from __future__ import annotations

import json
import time
from typing import Any


def test_its_timers_run_and_start_at_boot(host: Any) -> None:
    for name in ("snapshot", "snapshot-archive", "snapshot-proof"):
        timer = host.service(f"longhouse-{name}.timer")
        assert timer.is_running, name
        assert timer.is_enabled, name


def test_what_it_takes_has_what_a_new_host_needs(host: Any) -> None:
    plan = json.loads(host.file("/etc/longhouse/snapshots.json").content_string)
    assert {"/etc/longhouse", "/opt/longhouse/artifacts", "/var/lib/systemd/credential.secret"} <= set(plan["paths"])
    assert plan["stores"]


def test_an_archive_can_be_asked_for_its_lines(host: Any) -> None:
    word, folder = f"archived-{time.time_ns()}", "/root/archive-of-a-test"
    assert host.run(f"logger -t archive {word}; journalctl --sync; systemctl start longhouse-snapshot-archive").rc == 0
    try:
        restored = host.run(f"longhouse-snapshot restore {folder} --archive")
        assert restored.rc == 0, restored.stderr
        found = host.run(f"journalctl --directory {folder}/var/log/journal/* -t archive -o cat --grep {word}")
        assert found.stdout.strip() == word
    finally:
        host.run(f"rm -rf {folder}")


def test_passwords_are_nowhere_in_clear(host: Any) -> None:
    folder = "/etc/longhouse/snapshots/restic"
    password = host.run(f"systemd-creds decrypt {folder}/password -").stdout.strip()
    assert len(password) >= 32
    found = host.run(f"grep -rlF -- {password} /etc /run/systemd /usr/local/lib/longhouse")
    assert found.stdout == ""
    assert host.file(folder).mode == 0o700
