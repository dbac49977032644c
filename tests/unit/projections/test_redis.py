"""Who may do what in which Redis instance, seen from the catalogue."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.unit.plugins import filters

users = filters("redis")["catalogue_redis_users"]
EXPORTER = "longhouse-exporter"


def service(name: str, *redis: str, state: str = "live") -> dict[str, Any]:
    return {"name": name, "state": state, "redis": list(redis)}


def rules(*services: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    secrets = {f"{one['name']}/redis_password": f"password of {one['name']}" for one in services}
    found = users(list(services), secrets | {"redis/exporter_password": "password of the exporter"})
    return {instance: {name: line.split() for name, line in who.items()} for instance, who in found.items()}


def test_a_service_is_in_the_instances_it_lists_and_reads_what_is_shared() -> None:
    found = rules(service("order", "cache"), service("user", "cache", "state"), service("notification"))
    assert set(found["cache"]) == {EXPORTER, "order", "user"}
    assert set(found["state"]) == {EXPORTER, "order", "user", "notification"}


def test_keys_are_one_s_own() -> None:
    order = rules(service("order", "cache"))["cache"]["order"]
    assert [word for word in order if "~" in word] == ["~order:*"]
    assert [word for word in order if word.startswith("&")] == ["&order:*"]


def test_shared_keys_are_written_by_those_who_list_state_only() -> None:
    state = rules(service("order", "cache"), service("user", "state"))["state"]
    assert [word for word in state["user"] if "~" in word] == ["~user:*", "~shared:*"]
    assert [word for word in state["order"] if "~" in word] == ["%R~shared:*"]
    assert "+@write" not in state["order"]


def test_rights_are_taken_before_they_are_given_and_dangerous_ones_taken_last() -> None:
    line = rules(service("order", "cache"))["cache"]["order"]
    assert line.index("-@all") < line.index("+@read") < line.index("-@dangerous") < line.index("-scan")


def test_during_a_rotation_the_password_before_is_accepted_too() -> None:
    secrets = {"order/redis_password": "new", "redis/exporter_password": "new"}
    older = {"order/redis_password": ["old"], "redis/exporter_password": ["old"]}
    found = users([service("order", "cache")], secrets | {"previous": json.dumps(older)})
    for who in ("order", EXPORTER):
        words = found["cache"][who].split()
        assert ["#" + hashlib.sha256(password).hexdigest() for password in (b"new", b"old")] == words[1:3]


def test_passwords_travel_as_hashes() -> None:
    line = rules(service("order", "cache"))["cache"]["order"]
    assert "#" + hashlib.sha256(b"password of order").hexdigest() in line
    assert not any(word.startswith(">") for word in line)


def test_a_retired_service_has_no_user() -> None:
    found = rules(service("gone", "cache", "state", state="retired"))
    assert [set(who) for who in found.values()] == [{EXPORTER}, {EXPORTER}]


def test_the_exporter_sees_numbers_and_no_key() -> None:
    for who in rules().values():
        granted = {word for word in who[EXPORTER] if word[0] in "+~%&"}
        assert granted == {"+ping", "+info", "+slowlog|len", "+latency|latest"}
