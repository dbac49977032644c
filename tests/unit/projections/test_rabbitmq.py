"""The broker's topology, seen from the catalogue, and against what the services' own tests declare."""

from __future__ import annotations

import base64
import hashlib
from types import ModuleType
from typing import Any

import pytest

from tests.unit.plugins import filters
from tests.unit.sources import load

topology = filters("rabbitmq")["catalogue_topology"]
password_hash = filters("rabbitmq")["rabbitmq_password_hash"]


def service(name: str, **fields: Any) -> dict[str, Any]:
    record = {"name": name, "state": "live", "events": {"publishes": [], "subscribes": []}, "queues": []}
    return record | {"vhost": "longhouse"} | fields


def of(*services: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = topology(list(services), {f"{one['name']}/broker_password": "secret" for one in services})
    return found


def subscriber(name: str, *patterns: str, **fields: Any) -> dict[str, Any]:
    return service(name, events={"publishes": [], "subscribes": list(patterns)}, **fields)


@pytest.fixture(scope="module")
def declared() -> ModuleType:
    """The names and arguments that the services' own tests declare."""
    return load("services/chassis/src/chassis/messaging/topology.py")


def test_queues_have_the_arguments_that_services_test_against(declared: ModuleType) -> None:
    queues = of(subscriber("order", "user.*"))["queues"]
    assert queues["order.events"] == declared.subscriber_arguments("order.events")
    assert queues["order.events.dead"] == declared.dead_arguments()
    assert queues["events.stream"] == declared.stream_arguments()


def test_patterns_are_bound_as_services_test_against(declared: ModuleType) -> None:
    bindings = of(subscriber("order", "user.*", "order.paid.v1"))["bindings"]
    for pattern in ("user.*", "order.paid.v1"):
        assert ["events", "order.events", declared.binding_key(pattern)] in bindings


def test_every_queue_gives_up_to_a_bound_dead_queue() -> None:
    found = of(subscriber("notification", "order.*", queues=["notification.email"]))
    for name, arguments in found["queues"].items():
        if name != "events.stream" and not name.endswith(".dead"):
            assert arguments["x-dead-letter-routing-key"] == name
            assert ["dead", f"{name}.dead", name] in found["bindings"]


def test_events_keep_their_order_and_tasks_share_their_work() -> None:
    queues = of(subscriber("notification", "order.*", queues=["notification.email"]))["queues"]
    assert queues["notification.events"]["x-single-active-consumer"] is True
    assert "x-single-active-consumer" not in queues["notification.email"]


def test_every_event_reaches_the_stream() -> None:
    assert ["events", "events.stream", "#"] in of()["bindings"]


def test_services_configure_nothing_read_their_own_and_write_where_they_have_business() -> None:
    publisher = service("user", events={"publishes": ["user.*"], "subscribes": []})
    consumer = subscriber("notification", "user.*", queues=["notification.email"])
    rights = of(publisher, consumer, service("idle"))["permissions"]
    assert rights["user"] == {"configure": "^$", "write": "^(events)$", "read": "^$"}
    assert rights["notification"] == {"configure": "^$", "write": "^(dead|tasks)$", "read": r"^notification\."}
    assert rights["idle"]["write"] == "^$"


def test_an_application_of_others_is_by_itself() -> None:
    found = of(service("blog", vhost="blog", queues=["blog.mail"]), service("user"))
    assert found["own_vhosts"] == ["blog"]
    assert sorted(found["users"]) == ["blog", "user"]
    assert list(found["permissions"]) == ["user"], "it would have rights where the platform's events are"
    assert list(found["queues"]) == ["events.stream"]


def test_services_speak_in_no_other_name() -> None:
    publisher = service("user", events={"publishes": ["user.*", "audit.entry.v1"], "subscribes": []})
    topics = of(publisher, subscriber("notification", "user.*", queues=["notification.email"]))["topics"]
    assert topics["user"]["events"] == {"write": r"^(user\..*|audit\.entry\.v1)$", "read": "^$"}
    assert topics["notification"] == {
        "events": {"write": "^()$", "read": "^$"},
        "tasks": {"write": r"^(notification\.email)$", "read": "^$"},
    }


def test_a_retired_service_keeps_its_queues_and_has_no_user() -> None:
    found = of(subscriber("gone", "user.*", state="retired"), service("user"))
    assert list(found["users"]) == ["user"]
    assert found["keep"] == ["gone"]
    assert list(found["queues"]) == ["events.stream"]


def test_a_password_becomes_the_hash_rabbitmq_would_accept() -> None:
    raw = base64.b64decode(password_hash("order", "secret"))
    assert raw[4:] == hashlib.sha256(raw[:4] + b"secret").digest()
    assert password_hash("order", "secret") != password_hash("user", "secret")
