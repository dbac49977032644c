"""A store that must restart for new settings does so while requests wait."""

from __future__ import annotations

import json

from tests.convergence.site import SandboxHost, play
from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.traffic import Traffic

STORES = ("postgresql@17-main.service", "redis-server@state.service")
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
