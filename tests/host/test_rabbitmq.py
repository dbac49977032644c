"""What role rabbitmq promises: a loopback broker without guest, quorum queues, dead letters, services within bounds."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

VHOST = "longhouse"
OURS = {"events", "dead", "tasks"}


def listed(host: Any, what: str, *columns: str) -> list[dict[str, Any]]:
    """A list of the broker's own command line tool."""
    place = "" if what == "users" else f"-p {VHOST}"
    found = host.check_output(f"rabbitmqctl -q {place} list_{what} {' '.join(columns)} --formatter json")
    rows: list[dict[str, Any]] = json.loads(found)
    return rows


@pytest.fixture(scope="module")
def queues(host: Any) -> dict[str, dict[str, Any]]:
    """Arguments by queue."""
    rows = listed(host, "queues", "name", "type", "durable", "arguments")
    return {row["name"]: row | {"arguments": {a[0]: a[-1] for a in row["arguments"]}} for row in rows}


def listeners(host: Any) -> dict[int, set[str]]:
    """Addresses by port on which the broker and its name service listen."""
    found: dict[int, set[str]] = {}
    for line in host.check_output("ss -Hltnp").splitlines():
        if "beam.smp" in line or "epmd" in line:
            address, _, port = line.split()[3].rpartition(":")
            found.setdefault(int(port), set()).add(address)
    return found


def test_it_listens_on_loopback_only(host: Any) -> None:
    found = listeners(host)
    assert {5672, 15672, 25672, 4369} <= set(found)
    for port in (5672, 15672, 25672, 4369):
        assert found[port] == {"127.0.0.1"}, port


def test_guest_is_gone_and_services_are_nobody_s_administrators(host: Any) -> None:
    tags = {row["user"]: row["tags"] for row in listed(host, "users")}
    assert "guest" not in tags
    assert tags.pop("longhouse") == ["administrator"]
    assert tags
    assert all("administrator" not in held for held in tags.values())


def test_a_wrong_password_is_refused(host: Any) -> None:
    probe = "import urllib.request as r; r.urlopen('http://longhouse@127.0.0.1:15672/api/whoami')"
    assert host.run(f'python3 -c "{probe}"').rc != 0
    users = [row["user"] for row in listed(host, "users")]
    refused = host.run(f"rabbitmqctl -q authenticate_user {users[0]} not-the-password")
    assert refused.rc != 0


def test_services_configure_nothing_and_read_only_their_own(host: Any) -> None:
    rights = {row["user"]: row for row in listed(host, "permissions") if row["user"] != "longhouse"}
    assert rights
    for user, row in rights.items():
        assert row["configure"] == "^$", user
        assert row["read"] in {"^$", rf"^{user}\."}, user
        assert set(row["write"].removeprefix("^(").removesuffix(")$").split("|")) <= OURS | {""}, user


def test_exchanges_are_there(host: Any) -> None:
    kinds = {row["name"]: row["type"] for row in listed(host, "exchanges", "name", "type")}
    assert {name: kinds.get(name) for name in OURS} == {"events": "topic", "dead": "direct", "tasks": "topic"}


def test_every_queue_survives_a_restart_and_gives_up_to_its_dead_queue(queues: dict[str, dict[str, Any]]) -> None:
    for name, queue in queues.items():
        assert queue["durable"], name
        if name == "events.stream":
            assert queue["type"] == "stream"
        elif not name.endswith(".dead"):
            assert queue["type"] == "quorum", name
            assert queue["arguments"]["x-dead-letter-exchange"] == "dead"
            assert queue["arguments"]["x-dead-letter-strategy"] == "at-least-once"
            assert queue["arguments"]["x-overflow"] == "reject-publish"
            assert f"{name}.dead" in queues


def test_the_stream_and_the_dead_queues_are_bound(host: Any, queues: dict[str, dict[str, Any]]) -> None:
    rows = listed(host, "bindings", "source_name", "destination_name", "routing_key")
    bound = {(row["source_name"], row["destination_name"], row["routing_key"]) for row in rows}
    assert ("events", "events.stream", "#") in bound
    for name in (name for name in queues if name.endswith(".dead")):
        assert ("dead", name, name.removesuffix(".dead")) in bound, name


def test_its_data_does_not_hang_on_the_host_s_name(host: Any) -> None:
    assert host.file("/var/lib/rabbitmq/mnesia/rabbit@localhost").is_directory


def test_it_refuses_rather_than_fills_memory_or_disk(host: Any) -> None:
    ask = "{rabbit_disk_monitor:get_disk_free_limit(), vm_memory_monitor:get_vm_memory_high_watermark()}."
    disk, memory = host.check_output(f"rabbitmqctl -q eval '{ask}'").strip("{}\n").split(",", 1)
    assert int(disk) >= 10**9
    # A share of the host's memory would know nothing of its neighbours.
    assert memory.startswith("{absolute,")


def test_it_is_not_started_without_room(host: Any) -> None:
    """The run itself, on a disk that is full and a broker that is killed, is a fault: tests/faults/disks.py."""
    before_start = host.check_output("systemctl show --property=ExecStartPre rabbitmq-server")
    found = re.search(r"argv\[\]=(/bin/sh \S*has_room.sh) (\S+) (\d+)", before_start)
    assert found, before_start
    check, folder, needed = found.groups()
    assert int(needed) > 0
    host.check_output(f"{check} {folder} {needed}")
    refused = host.run(f"{check} {folder} 99999999")
    assert refused.rc == 1
    assert re.search(rf"\d+ MiB free for {folder}, 99999999 MiB needed", refused.stdout)
