"""Settings that their daemon would refuse stop the play, are named, and leave what serves as it is."""

from __future__ import annotations

import json

from tests.convergence.site import SandboxHost, play

# A setting as an inventory gives it, and the word its daemon names it by.
BAD = (
    ({"postgresql_settings": {"work_mem": "lots"}}, "work_mem"),
    ({"redis_state_settings": {"maxclients": "many"}}, "maxclients"),
    ({"rabbitmq_settings": {"heartbeat": "soon"}}, "heartbeat"),
)
UNITS = ("postgresql@17-main.service", "redis-server@state.service", "rabbitmq-server.service")


def test_a_bad_setting_is_refused_before_a_daemon_meets_it(host: SandboxHost) -> None:
    before = host.main_pids(*UNITS)
    for setting, named in BAD:
        refused = play(host, "--extra-vars", json.dumps(setting), playbook="playbooks/data.yml")
        assert refused.status != 0, setting
        assert "refuse" in refused.output, setting
        assert named in refused.output, setting
    again = play(host, playbook="playbooks/data.yml")
    assert (again.status, again.changed) == (0, [])
    assert host.main_pids(*UNITS) == before
