"""What role backup promises: WAL is archived, timers run, passwords stay with the database's account."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.waiting import eventually

TIMERS = ("backup-canary", "backup-full", "backup-diff", "backup-incr", "restore-drill")


def test_the_server_archives(host: Any) -> None:
    result = host.run("runuser -u postgres -- psql -XqAtc 'SHOW archive_mode'")
    assert result.stdout.strip() == "on"


def test_what_is_written_after_a_restart_is_archived_within_two_minutes(host: Any) -> None:
    ask = "runuser -u postgres -- psql -XqAtc"
    host.check_output("systemctl restart postgresql@17-main")
    written = host.check_output(f"{ask} 'SELECT pg_walfile_name(pg_current_wal_lsn())'")
    archived = "SELECT last_archived_wal FROM pg_stat_archiver"
    eventually(
        lambda: host.check_output(f"{ask} '{archived}'") >= written, within=120, what=f"{written} in the archive"
    )


def test_every_timer_runs_and_starts_at_boot(host: Any) -> None:
    for name in TIMERS:
        timer = host.service(f"longhouse-{name}.timer")
        assert timer.is_running, name
        assert timer.is_enabled, name


def test_a_reload_of_systemd_is_no_reason_for_a_backup(host: Any) -> None:
    host.check_output("systemctl daemon-reload")
    names = " ".join(f"longhouse-{name}.timer" for name in TIMERS)
    # When it fires counted from anything but the calendar.
    soon = host.check_output(f"systemctl show -P NextElapseUSecMonotonic {names}").split()
    assert set(soon) <= {"0", "infinity"}


def test_the_first_backup_is_taken_as_soon_as_it_can_be(host: Any) -> None:
    # Not at the next full hour: once for each boot, or at once where it is set up later.
    assert "OnBootUSec=5s" in host.check_output("systemctl show -P TimersMonotonic longhouse-backup-incr.timer")
    record = json.loads(host.file("/var/lib/longhouse/backup/record.json").content_string)
    assert record["backups"]["1/full"]["succeeded"]


def test_passwords_are_read_by_the_database_s_account_only(host: Any) -> None:
    secrets = host.file("/etc/pgbackrest/conf.d/longhouse-secrets.conf")
    assert (secrets.user, secrets.group, secrets.mode) == ("root", "postgres", 0o640)
    password = next(line.partition("=")[2] for line in secrets.content_string.splitlines() if "cipher-pass" in line)
    assert password not in host.file("/etc/pgbackrest/pgbackrest.conf").content_string


def test_the_plan_names_every_database_of_a_service(host: Any) -> None:
    plan = json.loads(host.file("/etc/longhouse/backup.json").content_string)
    assert set(plan["databases"]) == {"longhouse_user", "longhouse_order", "longhouse_notification"}
    assert plan["databases"]["longhouse_order"]
