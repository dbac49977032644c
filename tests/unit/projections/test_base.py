"""Accounts of the services, seen from the catalogue."""

from __future__ import annotations

from typing import Any

from tests.unit.plugins import filters

accounts = filters("base")["catalogue_accounts"]


def service(name: str, **fields: Any) -> dict[str, Any]:
    record = {"name": name, "state": "live", "user": f"longhouse_{name}", "migrator": f"migrate_{name}"}
    return record | {"database": {"pool": 5}, "redis": []} | fields


def test_a_service_gets_the_groups_of_its_instances_and_of_what_all_share() -> None:
    order, notification = accounts([service("order", redis=["cache"]), service("notification")])
    assert order["groups"] == ["longhouse-redis-cache", "longhouse-redis-state"]
    assert notification["groups"] == ["longhouse-redis-state"]


def test_a_migrator_is_for_services_with_a_database() -> None:
    found = accounts([service("a"), service("b", database=None)])
    assert [account["migrator"] for account in found] == ["migrate_a", ""]


def test_planned_services_are_provisioned_and_retired_ones_are_not() -> None:
    found = accounts([service("soon", state="planned"), service("gone", state="retired")])
    assert [account["service"] for account in found] == ["soon"]


def test_no_group_can_be_the_group_of_a_service() -> None:
    (account,) = accounts([service("redis_cache", redis=["cache", "state"])])
    assert account["user"] not in account["groups"]
    assert all("_" not in group for group in account["groups"])
