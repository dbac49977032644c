"""The wanted topology against a broker's definitions: exactly what is missing, and nothing of other people's."""

from __future__ import annotations

import copy
from types import ModuleType
from typing import Any

import pytest

from tests.unit.sources import load

ADMIN = {"configure": ".*", "write": ".*", "read": ".*"}
RIGHTS = {"configure": "^$", "write": "^(events)$", "read": "^$"}
KEYS = {"write": r"^(order\..*)$", "read": "^$"}
WANTED = {
    "vhost": "longhouse",
    "users": {"order": "hash"},
    "permissions": {"order": RIGHTS},
    "topics": {"order": {"events": KEYS}},
    "exchanges": {"events": "topic"},
    "queues": {"order.events": {"x-queue-type": "quorum"}},
    "bindings": [["events", "order.events", "user.#"]],
    "keep": ["gone"],
    "own_vhosts": [],
}
HERE = {"vhost": "longhouse"}
PRESENT = {
    "vhosts": [{"name": "longhouse"}],
    "users": [
        {"name": "longhouse", "password_hash": "x", "tags": ["administrator"]},
        {"name": "order", "password_hash": "hash", "tags": ["longhouse"]},
    ],
    "permissions": [HERE | {"user": "order"} | RIGHTS, HERE | {"user": "longhouse"} | ADMIN],
    "topic_permissions": [HERE | {"user": "order", "exchange": "events"} | KEYS],
    "exchanges": [HERE | {"name": "events", "type": "topic"}],
    "queues": [HERE | {"name": "order.events", "durable": True, "arguments": {"x-queue-type": "quorum"}}],
    "bindings": [
        HERE
        | {"source": "events", "destination": "order.events", "destination_type": "queue", "routing_key": "user.#"},
    ],
}


@pytest.fixture(scope="module")
def broker() -> ModuleType:
    return load("roles/rabbitmq/module_utils/rabbitmq_topology.py")


@pytest.fixture
def present() -> dict[str, Any]:
    return copy.deepcopy(PRESENT)


def changes(broker: ModuleType, present: dict[str, Any]) -> list[tuple[str, str]]:
    topology = broker.Topology(WANTED, "longhouse")
    return [(change.method, change.path) for change in broker.changes_between(topology, present)]


def test_a_broker_that_is_right_needs_nothing(broker: ModuleType, present: dict[str, Any]) -> None:
    assert changes(broker, present) == []


def test_a_new_broker_gets_everything_in_order(broker: ModuleType) -> None:
    kinds = ("vhosts", "users", "permissions", "permissions", "exchanges", "topic-permissions", "queues", "bindings")
    found = changes(broker, {kind.replace("-", "_"): [] for kind in kinds})
    assert [path.split("/")[2] for _, path in found] == list(kinds)


@pytest.mark.parametrize("other", [{"password_hash": "other"}, {"tags": ["longhouse", "administrator"]}])
def test_another_password_or_tag_is_written_again(
    broker: ModuleType, present: dict[str, Any], other: dict[str, Any]
) -> None:
    present["users"][1] |= other
    assert changes(broker, present) == [("PUT", "/api/users/order")]


def test_guest_and_users_nobody_wants_go_and_other_people_s_stay(broker: ModuleType, present: dict[str, Any]) -> None:
    for name, tags in (("guest", ["administrator"]), ("bygone", ["longhouse"]), ("person", ["monitoring"])):
        present["users"].append({"name": name, "password_hash": "x", "tags": tags})
    assert changes(broker, present) == [("DELETE", "/api/users/guest"), ("DELETE", "/api/users/bygone")]


def test_wider_rights_are_narrowed(broker: ModuleType, present: dict[str, Any]) -> None:
    present["permissions"][0]["configure"] = ".*"
    assert changes(broker, present) == [("PUT", "/api/permissions/longhouse/order")]


def test_a_wider_voice_is_narrowed(broker: ModuleType, present: dict[str, Any]) -> None:
    present["topic_permissions"][0]["write"] = ".*"
    assert changes(broker, present) == [("PUT", "/api/topic-permissions/longhouse/order")]


def test_a_binding_nobody_wants_is_removed(broker: ModuleType, present: dict[str, Any]) -> None:
    present["bindings"].append(present["bindings"][0] | {"routing_key": "order.#"})
    assert changes(broker, present) == [("DELETE", "/api/bindings/longhouse/e/events/q/order.events/order.%23")]


def test_other_virtual_hosts_are_not_ours(broker: ModuleType, present: dict[str, Any]) -> None:
    foreign = {"vhost": "other", "name": "x", "durable": True, "arguments": {}}
    present["queues"].append(foreign)
    assert changes(broker, present) == []
    assert broker.Topology(WANTED, "longhouse").unwanted_queues(present) == []


def test_other_arguments_are_an_error_with_the_way_out(broker: ModuleType, present: dict[str, Any]) -> None:
    present["queues"][0]["arguments"] = {"x-queue-type": "classic"}
    (text,) = broker.Topology(WANTED, "longhouse").conflicts(present)
    assert "x-queue-type is classic, wanted quorum" in text
    assert "delete_queue order.events" in text


def test_another_exchange_type_is_an_error(broker: ModuleType, present: dict[str, Any]) -> None:
    present["exchanges"][0]["type"] = "fanout"
    assert "events is fanout, wanted topic" in broker.Topology(WANTED, "longhouse").conflicts(present)[0]


def test_queues_of_retired_services_are_kept(broker: ModuleType, present: dict[str, Any]) -> None:
    for name in ("gone.events", "bygone.events"):
        present["queues"].append(HERE | {"name": name, "durable": True, "arguments": {}})
    assert broker.Topology(WANTED, "longhouse").unwanted_queues(present) == ["bygone.events"]


def test_a_virtual_host_of_its_own_is_made_once_and_holds_its_service_alone(
    broker: ModuleType, present: dict[str, Any]
) -> None:
    topology = broker.Topology({**WANTED, "own_vhosts": ["blog"]}, "longhouse")
    found = list(broker.changes_between(topology, present))
    assert [(change.method, change.path) for change in found] == [
        ("PUT", "/api/vhosts/blog"), ("PUT", "/api/permissions/blog/blog"), ("PUT", "/api/permissions/blog/longhouse"),
    ]  # fmt: skip
    present["vhosts"].append({"name": "blog"})
    present["permissions"] += [
        {"vhost": "blog", "user": change.path.rpartition("/")[2]} | ADMIN for change in found[1:]
    ]
    assert list(broker.changes_between(topology, present)) == []


def test_a_service_that_moved_to_a_virtual_host_of_its_own_keeps_nothing_in_ours(
    broker: ModuleType, present: dict[str, Any]
) -> None:
    wanted = {**WANTED, "permissions": {}, "topics": {}, "own_vhosts": ["order"]}
    present["vhosts"].append({"name": "order"})
    present["permissions"] += [{"vhost": "order", "user": user} | ADMIN for user in ("order", "longhouse")]
    found = list(broker.changes_between(broker.Topology(wanted, "longhouse"), present))
    assert [(change.method, change.path) for change in found] == [
        ("DELETE", "/api/permissions/longhouse/order"), ("DELETE", "/api/topic-permissions/longhouse/order"),
    ]  # fmt: skip


def test_a_voice_in_an_exchange_nobody_wants_is_taken_with_the_others_and_these_given_again(
    broker: ModuleType, present: dict[str, Any]
) -> None:
    present["topic_permissions"].append(present["topic_permissions"][0] | {"exchange": "bygone"})
    path = "/api/topic-permissions/longhouse/order"
    assert changes(broker, present) == [("DELETE", path), ("PUT", path)]


def test_rights_of_people_stay(broker: ModuleType, present: dict[str, Any]) -> None:
    present["users"].append({"name": "person", "password_hash": "x", "tags": ["monitoring"]})
    present["permissions"].append(HERE | {"user": "person"} | ADMIN)
    present["topic_permissions"].append(HERE | {"user": "person", "exchange": "events"} | KEYS)
    assert changes(broker, present) == []
