"""Who may leave the host, seen from the catalogue."""

from __future__ import annotations

from typing import Any

from tests.unit.plugins import filters

reach_of = filters("firewall")["catalogue_firewall"]


def service(name: str, **fields: Any) -> dict[str, Any]:
    record = {"name": name, "state": "live", "user": f"longhouse_{name}", "migrator": f"migrate_{name}"}
    return record | {"database": {"pool": 5}, "supplied": []} | fields


def test_only_services_with_a_supplied_secret_may_leave_and_migrations_never() -> None:
    reach = reach_of([service("order"), service("notification", supplied=["smtp_password"])])
    assert reach == {
        "inside": ["longhouse_order", "migrate_notification", "migrate_order"],
        "outside": ["longhouse_notification"],
    }


def test_a_retired_service_has_no_users_left_to_name() -> None:
    reach = reach_of([service("order", state="retired"), service("user", database=None)])
    assert reach == {"inside": ["longhouse_user"], "outside": []}
