"""What role firewall promises: nothing comes in that is not named, and services without a reason do not go out."""

from __future__ import annotations

import json
from typing import Any

# A documentation address: nobody answers there, so "refused" can only be our own rule.
ELSEWHERE = "192.0.2.77"


def test_the_rules_are_loaded_and_drop_by_default(host: Any) -> None:
    table = json.loads(host.check_output("nft -j list table inet longhouse"))["nftables"]
    chains = {item["chain"]["name"]: item["chain"] for item in table if "chain" in item}
    assert chains["incoming"]["policy"] == "drop"
    assert "established" in host.check_output("nft list chain inet longhouse incoming")


def test_they_are_loaded_again_at_every_start(host: Any) -> None:
    assert host.service("longhouse-firewall").is_enabled


def test_a_service_without_a_supplied_secret_is_refused_at_once(host: Any) -> None:
    users = [line.split(":")[0] for line in host.check_output("getent passwd").splitlines()]
    for user in users:
        if user in {"longhouse_user", "longhouse_order", "migrate_user", "migrate_order", "migrate_notification"}:
            probe = f"import socket; socket.create_connection(('{ELSEWHERE}', 443), 5)"
            answer = host.run(f'runuser -u {user} -- python3 -c "{probe}"')
            assert "Connection refused" in answer.stderr, (user, answer.stderr)
