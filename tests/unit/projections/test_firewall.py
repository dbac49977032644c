"""Who may leave the host, seen from the catalogue."""

from __future__ import annotations

from typing import Any

from tests.unit.plugins import filters

reach_of = filters("firewall")["catalogue_firewall"]


def service(name: str, **fields: Any) -> dict[str, Any]:
    record = {"name": name, "state": "live", "user": f"longhouse_{name}", "migrator": f"migrate_{name}"}
    ports = {"ports": {"blue": 8081, "green": 8181}, "metrics_ports": {"blue": 9081, "green": 9181}}
    return record | ports | {"database": {"pool": 5}, "supplied": [], "calls": []} | fields


def test_only_services_with_a_supplied_secret_may_leave_and_migrations_never() -> None:
    reach = reach_of([service("order"), service("notification", supplied=["smtp_password"])])
    assert reach["inside"] == ["longhouse_order", "migrate_notification", "migrate_order"]
    assert reach["outside"] == ["longhouse_notification"]


def test_a_retired_service_has_no_users_left_to_name() -> None:
    reach = reach_of([service("order", state="retired"), service("user", database=None)])
    assert (reach["inside"], reach["outside"]) == (["longhouse_user"], [])
    assert [near["user"] for near in reach["loopback"]] == ["longhouse_user"]


def test_on_loopback_a_service_reaches_itself_and_the_broker_and_whom_it_calls_through_the_edge() -> None:
    reach = reach_of([service("user"), service("order", calls=["user"])])
    own = [5672, 8081, 8181, 9081, 9181]
    assert reach["loopback"] == [
        {"user": "longhouse_order", "ports": sorted([*own, 8080])},
        {"user": "longhouse_user", "ports": own},
    ]
