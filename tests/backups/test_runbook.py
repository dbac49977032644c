"""docs/operations/restore.md to the letter: its commands are read from the page and run."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime

from tests.backups.ground import Ground
from tests.convergence.site import Run
from tests.e2e.client import PASSWORD, Client
from tests.e2e.sandbox import ROOT
from tests.e2e.waiting import eventually

PAGE = ROOT / "docs" / "operations" / "restore.md"
BLOCKS = [block.strip().splitlines() for block in re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.DOTALL)]
EXAMPLE_TIME = "2026-11-21 10:00:00+00"


def command(*marks: str) -> list[str]:
    """Playbook and arguments of the page's one command that holds all marks."""
    lines = [line for block in BLOCKS for line in block if line.startswith("$ ")]
    (line,) = [line for line in lines if all(mark in line for mark in marks)]
    words = shlex.split(line.removeprefix("$ "))
    assert words[:3] == ["ansible-playbook", "-i", "inventories/production"]
    return words[3:]


def follow(ground: Ground, words: list[str], moment: str = "", timeline: str = "") -> Run:
    """What a person types who read the page, with a moment and a timeline of this host."""
    words = [word.replace(EXAMPLE_TIME, moment).replace("timeline=1", f"timeline={timeline}") for word in words]
    return ground.play(*words, "-e", "confirm=yes")


def order_of(client: Client) -> str:
    answer = client.order()
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def status_of(client: Client, order: str) -> int:
    return client.get(f"/api/orders/{order}").status_code


def serves(customer: Client) -> None:
    """Connections that a restore closed are met once by each worker; sessions may be of a time that was left."""

    def logged_in() -> bool:
        return customer.log_in(customer.email, PASSWORD).status_code == 200

    eventually(logged_in, within=60, what="login")
    eventually(lambda: customer.get("/api/orders").status_code == 200, within=60, what="orders")


def test_into_the_past_and_back(ground: Ground, customer: Client) -> None:
    early = order_of(customer)
    moment = datetime.now(UTC).isoformat(sep=" ")
    late = order_of(customer)
    ground.await_archived()
    refused = ground.play_anyway("playbooks/restore.yml", "-e", "confirm=yes", "-e", json.dumps({"target": moment}))
    assert refused.status != 0
    assert "newer than the target" in refused.output
    assert status_of(customer, late) == 200

    done = follow(ground, command("discard_newer", "target"), moment)
    serves(customer)
    assert (status_of(customer, early), status_of(customer, late)) == (200, 404)

    left = re.search(r"left_timeline\D+(\d+)", done.output)
    assert left is not None, done.output[-2000:]
    follow(ground, command("timeline=1"), timeline=left[1])
    serves(customer)
    assert (status_of(customer, early), status_of(customer, late)) == (200, 200)


def test_one_database_while_the_others_serve(ground: Ground, customer: Client) -> None:
    ground.run("systemctl start longhouse-backup@full")
    early = order_of(customer)
    moment = datetime.now(UTC).isoformat(sep=" ")
    late = order_of(customer)
    users = ground.sql("longhouse_user", "SELECT count(*) FROM users")
    processes = ground.run("systemctl show -P MainPID postgresql@17-main 'longhouse-user@*'")
    ground.await_archived()

    follow(ground, command("database=longhouse_order"), moment)

    eventually(lambda: status_of(customer, early) == 200, within=60, what="the early order")
    assert status_of(customer, late) == 404
    assert ground.sql("longhouse_user", "SELECT count(*) FROM users") == users
    assert ground.run("systemctl show -P MainPID postgresql@17-main 'longhouse-user@*'") == processes
    kept = ground.sql("postgres", "SELECT max(datname) FROM pg_database WHERE datname LIKE 'longhouse_order_before%'")
    assert ground.sql(kept, f"SELECT count(*) FROM orders WHERE id = '{late}'") == "1"  # noqa: S608


def test_redis_state_of_a_snapshot(ground: Ground, customer: Client) -> None:
    (block,) = [block for block in BLOCKS if "redis-server@state" in "\n".join(block)]
    asked = "REDISCLI_AUTH=$(cat /etc/redis/longhouse-admin) redis-cli --user longhouse -s /run/redis-state/redis.sock"
    ground.run(
        f"{asked} set shared:drill before && systemctl start longhouse-snapshot && {asked} set shared:drill after"
    )
    ground.run("set -e; " + "; ".join(line.removeprefix("# ") for line in block))
    assert ground.run(f"{asked} get shared:drill").strip() == "before"
    ground.run(f"{asked} del shared:drill; rm -r /root/back")
    serves(customer)


def test_all_sessions_end(ground: Ground, customer: Client) -> None:
    (block,) = [block for block in BLOCKS if "user:session" in "\n".join(block)]
    ground.run("set -e; " + "; ".join(line.removeprefix("# ") for line in block))
    refreshed = customer.post("/api/auth/refresh", json={"refresh_token": customer.tokens["refresh_token"]})
    assert refreshed.status_code == 401
    serves(customer)
