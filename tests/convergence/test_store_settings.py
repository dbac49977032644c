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
CONNECTED = "SELECT 'yes' FROM pg_stat_activity WHERE application_name ILIKE 'pgbackrest [backup]%'"
# A small backup would be over before: it is held, once it is connected, while the server restarts.
# Says the process ids of its two tries.
RESTART_UNDER_A_BACKUP = f"""
try_of() {{ until pgrep -of '^pgbackrest backup .*--repo=1' | grep -vxF "$1"; do sleep 0.05; done; }}
connected() {{ until runuser -u postgres -- psql -XqAtc "{CONNECTED}" | grep -q yes; do sleep 0.05; done; }}
export -f try_of connected
systemctl start --no-block {BACKUP}
timeout 30 bash -c connected
first=$(timeout 30 bash -c 'try_of none')
kill -STOP $first
systemctl restart postgresql@17-main.service
kill -CONT $first
echo $first $(timeout 60 bash -c "try_of $first")
"""
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
    before = host.run("date -u +%s")
    first, again = host.run(RESTART_UNDER_A_BACKUP).split()
    assert again != first
    state = f"systemctl show -P ActiveState,Result {BACKUP}"
    eventually(lambda: host.run(state).strip() == "success\ninactive", within=180, what="end of the backup")
    succeeded = json.loads(host.run(f"cat {RECORD}"))["backups"]["1/full"]["succeeded"]
    assert succeeded > int(before)
