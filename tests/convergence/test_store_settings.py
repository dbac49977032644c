"""A store that must restart does so while requests wait, and a backup on its way begins anew."""

from __future__ import annotations

import json

from tests.convergence.site import SandboxHost, play
from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.traffic import Traffic
from tests.e2e.waiting import eventually

STORES = ("postgresql@17-main.service", "redis-server@state.service")
BACKUP = "longhouse-backup@full.service"
RECORD = "/var/lib/longhouse/backup/record.json"
CHANGED = {"postgresql_max_connections": 201, "redis_state_memory": "65mb"}


def test_no_request_fails_while_stores_get_new_settings(customer: Client, host: SandboxHost, sandbox: Sandbox) -> None:
    before = host.main_pids(*STORES)
    with Traffic(sandbox, customer.tokens["access_token"]) as traffic:
        changed = play(host, "--extra-vars", json.dumps(CHANGED), playbook="playbooks/data.yml")
        between = host.main_pids(*STORES)
        restored = play(host, playbook="playbooks/data.yml")
    assert (changed.status, restored.status) == (0, 0), changed.output + restored.output
    assert [unit for unit in STORES if between[unit] in {0, before[unit]}] == []
    assert traffic.failures == []
    assert traffic.answers[201] > 50


def test_a_backup_under_which_the_database_restarts_begins_anew(host: SandboxHost) -> None:
    def runs(program: str) -> str:
        return host.run(f"pgrep -f '^{program}' || true").strip()

    def state() -> str:
        return host.run(f"systemctl show -P ActiveState,Result {BACKUP}").strip()

    before = host.run(f"date -u +%s; systemctl start --no-block {BACKUP}")
    first = eventually(lambda: runs("pgbackrest backup .* --repo=1"), within=30, what="backup on its way")
    host.run("systemctl restart postgresql@17-main.service")
    again = eventually(lambda: runs("pgbackrest backup .* --repo=1"), within=90, what="backup begun anew")
    assert again != first
    eventually(lambda: state() == "success\ninactive", within=180, what="end of the backup")
    succeeded = json.loads(host.run(f"cat {RECORD}"))["backups"]["1/full"]["succeeded"]
    assert succeeded > int(before)
