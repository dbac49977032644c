"""New passwords and keys that no client notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.convergence.secret_values import derived
from tests.convergence.site import SandboxHost, play
from tests.e2e.client import PASSWORD, Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.tokens import unpacked
from tests.e2e.traffic import Traffic
from tests.unit.plugins import filters


def key_id(token: str) -> str:
    return str(unpacked(token.partition(".")[0])["kid"])


def redis_lets_in(sandbox: Sandbox, password: str) -> bool:
    said = sandbox.run(f"printf 'AUTH order {password}\\n' | redis-cli -s /run/redis-cache/redis.sock")
    return said.strip() == "OK"


def broker_hashes(sandbox: Sandbox) -> dict[str, str]:
    exported = json.loads(sandbox.run("rabbitmqctl -q export_definitions - < /dev/null"))
    return {user["name"]: user["password_hash"] for user in exported["users"]}


def test_no_request_fails_while_every_secret_is_rotated(
    customer: Client, host: SandboxHost, sandbox: Sandbox, new_client: Callable[[], Client]
) -> None:
    before = derived(Path(sandbox.inventory))
    token = customer.tokens["access_token"]
    with Traffic(sandbox, token) as traffic:
        run = play(host, playbook="playbooks/rotate_secrets.yml", patience=1800)
    assert run.status == 0, run.output[-8000:]
    after = derived(Path(sandbox.inventory))
    Path(sandbox.admin_password_file).write_text(after["user/admin_password"] + "\n")

    assert traffic.failures == []
    assert traffic.answers[201] > 100

    unchanged = {name for name in before if before[name] == after[name]}
    assert unchanged == {
        "backup/cipher_password", "backup/snapshot_password", "grafana/admin_password", "grafana/secret_key", "master",
    }  # fmt: skip
    # Whoever reads a secret only when it starts was started again.
    for instance in ("cache", "state"):
        target = f"http://127.0.0.1:9121/scrape?target=unix:///run/redis-{instance}/redis.sock"
        assert "\nredis_up 1\n" in sandbox.run(f"curl -s '{target}'")
    sandbox.run("systemctl start longhouse-snapshot")
    assert redis_lets_in(sandbox, after["order/redis_password"])
    assert not redis_lets_in(sandbox, before["order/redis_password"])
    expected = filters("rabbitmq")["rabbitmq_password_hash"]("order", after["order/broker_password"])
    assert broker_hashes(sandbox)["order"] == expected
    # Whoever was logged in still is; who logs in now gets a token of the new key.
    assert customer.get("/api/orders").status_code == 200
    assert customer.log_in(customer.email, PASSWORD).status_code == 200
    assert key_id(customer.tokens["access_token"]) != key_id(token)
    assert new_client().log_in(sandbox.admin_email, after["user/admin_password"]).status_code == 200
    assert new_client().log_in(sandbox.admin_email, before["user/admin_password"]).status_code == 401
    # And events find their way with the new passwords.
    late = new_client()
    late.register()
    assert late.order().status_code == 201
    sandbox.email(late.email, "Your order over")
