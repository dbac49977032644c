"""A change that Nginx must be reloaded for costs no client a request, not even on a connection it kept."""

from __future__ import annotations

import json
import time

from tests.convergence.site import SandboxHost, play
from tests.e2e.kept_connections import KEEPING, SLOWEST_SECONDS, Clients
from tests.e2e.sandbox import Sandbox

CHANGED = {"edge_connections_per_client": 99}
RELOAD = "edge : serve | Serve with what is on disk"


def test_no_request_fails_while_routes_change(host: SandboxHost, sandbox: Sandbox) -> None:
    before = host.main_pids("nginx.service")
    with Clients(sandbox.address) as clients:
        changed = play(host, "--extra-vars", json.dumps(CHANGED), playbook="playbooks/edge.yml")
        restored = play(host, playbook="playbooks/edge.yml")
        time.sleep(SLOWEST_SECONDS)
    assert (changed.status, restored.status) == (0, 0), changed.output + restored.output
    assert RELOAD in changed.changed
    assert RELOAD in restored.changed
    assert host.main_pids("nginx.service") == before
    print(f"{clients.answers} answers on {clients.connections} connections")
    assert clients.failures == []
    assert clients.answers > clients.connections > KEEPING
